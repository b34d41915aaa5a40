import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { parseCommandLine } from "../../mod/cli/command_line.ts";
import { parseWebAddress, readWebToken } from "../../mod/cli/web_option.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { usageErrorOf } from "./thrown_by.ts";
import { SOURCES } from "./sources.ts";

for (
  const [text, host, port, isLoopback] of [
    ["127.0.0.1", "127.0.0.1", 9080, true],
    ["127.0.0.2:80", "127.0.0.2", 80, true],
    ["localhost:0", "127.0.0.1", 0, true],
    ["[::1]", "::1", 9080, true],
    ["[::1]:1", "::1", 1, true],
    [":9081", "::", 9081, false],
    ["9081", "::", 9081, false],
    ["0.0.0.0:9081", "0.0.0.0", 9081, false],
    ["192.0.2.7", "192.0.2.7", 9080, false],
    ["[2001:db8::1]:7", "2001:db8::1", 7, false],
  ] as const
) {
  Deno.test(`parseWebAddress reads ${text}`, () => {
    deepStrictEqual(parseWebAddress(text), { host, port, isLoopback });
  });
}

for (const text of ["example.com", "http://127.0.0.1:9080", "srt://:9080", "127.0.0.1:99999", "::1"]) {
  Deno.test(`web refuses the address ${text}`, () => {
    match(
      usageErrorOf(() => parseCommandLine(["web", text], SOURCES)).message,
      /^cannot use address ".*": it is not an address$/,
    );
  });
}

for (const args of [["web", ":9080"], ["listen", "--web", "192.0.2.7:9080"]]) {
  Deno.test(`${args.join(" ")} is refused without a token`, () => {
    const { message, hint } = usageErrorOf(() => parseCommandLine(args, SOURCES));
    match(message, /without --web-token-file: other machines could read recordings and stop sessions$/);
    match(hint, /^add --web-token-file FILE/);
    parseCommandLine([...args, "--web-token-file", "token.txt"], SOURCES);
  });
}

Deno.test("listen --web without an address serves 127.0.0.1:9080", () => {
  const line = parseCommandLine(["listen", ":9000", "--web"], SOURCES);
  const web = line.command === "listen" ? line.settings.web : null;
  deepStrictEqual(web, { host: "127.0.0.1", port: 9080, isLoopback: true });
});

Deno.test("listen refuses --web-token-file without --web", () => {
  const { message } = usageErrorOf(() => parseCommandLine(["listen", "--web-token-file", "a"], SOURCES));
  strictEqual(message, "cannot use --web-token-file without --web");
});

Deno.test("readWebToken returns the first line", () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("token"), "0123456789abcdef\r\nmore\n");
  strictEqual(readWebToken(folder.file("token")), "0123456789abcdef");
});

for (
  const [text, problem] of [
    ["", "its first line is empty"],
    ["0123456789abcde", "its first line is too short"],
    ["a".repeat(1025), "its first line is too long"],
    ["0123456789 abcdef", "it has a character that cannot be in a bearer token"],
    ["0123456789abcdefü", "it has a character that cannot be in a bearer token"],
  ] as const
) {
  Deno.test(`readWebToken refuses a token of ${text.length} characters: ${problem}`, () => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(folder.file("token"), `${text}\n`);
    const { message } = usageErrorOf(() => readWebToken(folder.file("token")));
    strictEqual(message, `cannot use the web token file ${JSON.stringify(folder.file("token"))}: ${problem}`);
  });
}
