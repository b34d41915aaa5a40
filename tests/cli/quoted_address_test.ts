import assert from "node:assert/strict";

import { parseCommandLine } from "../../mod/cli/command_line.ts";
import { quotedAddress, quotedPart, quotedValue } from "../../mod/cli/quoted_address.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { usageErrorOf } from "./thrown_by.ts";
import { SOURCES } from "./sources.ts";

for (
  const [text, quoted] of [
    ["srt://192.0.2.9:9000", "srt://192.0.2.9:9000"],
    ["srt://192.0.2.9:9000/", "srt://192.0.2.9:9000/"],
    ["srt://[2001:db8::1]:9000?latency=x", "srt://[2001:db8::1]:9000..."],
    ["srt://auth-cam:9000?latency=x", "srt://auth-cam:9000..."],
    ["srt://host", "srt://host"],
    ["srt://host:hush", "srt://host..."],
    ["srt://anna:hush@host:9000", "srt://***@host:9000"],
    ["192.0.2.9:9000x", "192.0.2.9..."],
    ["192.0.2.9:9000:hush", "192.0.2.9:9000..."],
    ["::1:9000", "::1:9000"],
  ] as const
) {
  Deno.test(`quotedAddress quotes ${text} as ${quoted}`, () => {
    assert.strictEqual(quotedAddress(text), JSON.stringify(quoted));
  });
}

Deno.test("quotedPart and quotedValue quote a plain word, and mask what may be a secret", () => {
  assert.deepStrictEqual(["rcvbuf", "500ms;hush", "PASSPHRASE%3dhush", "passphrase:hush"].map(quotedPart), [
    '"rcvbuf"',
    '"500ms..."',
    '"PASSPHRASE..."',
    '"passphrase:***"',
  ]);
  assert.deepStrictEqual(["pbkeylen=a b", "srt://h:1?hush", "h:1?PassPhrase%3dhush"].map(quotedValue), [
    '"pbkeylen=a b"',
    '"srt://h:1..."',
    '"h:1?PassPhrase=***"',
  ]);
});

/** What follows the port of an address in which the parameter of a passphrase is mistyped. */
const MISTYPED = [
  ";passphrase=hush",
  ",passphrase=hush",
  "/passphrase=hush",
  "#passphrase=hush",
  "?#passphrase=hush",
  "?PASSPHRASE%3dhush",
  "?passphrase%20=hush",
  "?passphrase =hush",
  "?passphrase:hush",
  "?pass=hush",
  "?pwd=hush",
  "?mode=caller;passphrase=hush",
  "?mode=listener;passphrase=hush",
  "?latency=5;passphrase=hush",
  "?transtype=live/passphrase=hush",
  "?lossmaxttl=4;passphrase=hush",
  "?streamid=a;passphrase=hush&x=hush",
  " passphrase=hush",
  "passphrase=hush",
] as const;

/** Commands with an address, which ends with `rest`. */
const COMMANDS: Readonly<Record<string, (rest: string) => readonly string[]>> = {
  "record": (rest) => ["record", `srt://192.0.2.9:9000${rest}`],
  "record without a scheme": (rest) => ["record", `192.0.2.9:9000${rest}`],
  "send": (rest) => ["send", "a.ts", `srt://192.0.2.9:9000${rest}`],
  "--forward": (rest) => ["listen", "--forward", `srt://192.0.2.9:9000${rest}`],
  "--udp": (rest) => ["listen", "--udp", `192.0.2.9:9000${rest}`],
  "--web": (rest) => ["listen", `--web=192.0.2.9:9000${rest}`],
  "--webhook": (rest) => ["listen", "--webhook", `srt://192.0.2.9:9000${rest}`],
  "listen": (rest) => ["listen", `srt://127.0.0.1:9000${rest}`],
  "no command": (rest) => [`srt://127.0.0.1:9000${rest}`],
};

for (const [name, argvOf] of Object.entries(COMMANDS)) {
  Deno.test(`no error about an address repeats a mistyped passphrase (${name})`, () => {
    for (const rest of MISTYPED) {
      const { text } = errorOf(argvOf(rest)) ?? { text: "" };
      assert.ok(!text.includes("hush"), `${rest}: ${text}`);
    }
  });
}

Deno.test("no error of check about the address in a [[pull]] table repeats a mistyped passphrase", () => {
  using folder = new TemporaryFolder();
  const config = folder.file("splitter.toml");
  for (const rest of MISTYPED) {
    Deno.writeTextFileSync(config, `[[pull]]\nurl = "srt://192.0.2.9:9000${rest}"\nname = "cam1"\n`);
    const { text } = errorOf(["check", "--config", config]) ?? { text: "" };
    assert.ok(!text.includes("hush"), `${rest}: ${text}`);
  }
});

/** Returns the error of a command line; null if it is valid, for example because the passphrase is a part of its stream ID. */
function errorOf(argv: readonly string[]): { readonly text: string } | null {
  try {
    parseCommandLine(argv, SOURCES);
    return null;
  } catch {
    return usageErrorOf(() => parseCommandLine(argv, SOURCES));
  }
}

Deno.test("a passphrase in an address is refused under every usual name", () => {
  for (const rest of ["?passphrase=hush", "?PassPhrase=hush", "?pass=hush", "?#passphrase=hush", "?passphrase =hush"]) {
    const { message } = usageErrorOf(() => parseCommandLine(["record", `srt://192.0.2.9:9000${rest}`], SOURCES));
    assert.match(message, /^cannot use a passphrase in the address/, rest);
  }
});
