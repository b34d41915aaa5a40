import assert from "node:assert/strict";

import { parseCommandLine } from "../../mod/cli/command_line.ts";
import type { ListenSettings } from "../../mod/cli/listen_settings.ts";
import { usageErrorOf } from "./usage_error_of.ts";

function settingsOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ListenSettings {
  const line = parseCommandLine(argv, env);
  assert.ok(line.command === "listen", `not listen but ${line.command}`);
  return line.settings;
}

function helpOf(argv: readonly string[]): string {
  const line = parseCommandLine(argv, {});
  assert.ok(line.command === "help", `not help but ${line.command}`);
  return line.text;
}

const NO_SCRIPTING: ListenSettings["scripting"] = {
  stop: { sessions: null, forMs: null, waitMs: null, idleExitMs: null },
  expectations: [],
  junit: null,
  summary: null,
  readyFile: null,
};

Deno.test("parseCommandLine gives listen its defaults", () => {
  assert.deepEqual(settingsOf(["listen"]), {
    host: null,
    family: null,
    port: 9000,
    out: null,
    latencyMs: null,
    config: null,
    passphrases: [],
    statsIntervalMs: 5000,
    format: "text",
    verbosity: "normal",
    libsrt: null,
    utc: false,
    maxSessions: null,
    maxPerAddress: null,
    maxPerStream: null,
    idleMs: null,
    onReturn: null,
    names: [],
    addresses: [],
    streams: [],
    users: [],
    analyze: true,
    sidecar: true,
    checksum: null,
    warnings: [],
    scripting: NO_SCRIPTING,
  });
});

Deno.test("parseCommandLine reads every option of listen", () => {
  const argv = [
    "listen",
    "[::1]:9001",
    "--out",
    "rec",
    "--latency",
    "2s",
    "--passphrase-file",
    "p.txt",
    "--stats",
    "10s",
  ];
  argv.push("--json", "--quiet", "--libsrt", "/lib/x.so", "--utc", "--max-sessions", "8");
  argv.push("--no-analyze", "--checksum", "sha256");
  assert.deepEqual(settingsOf(argv), {
    host: "::1",
    family: "IPv6",
    port: 9001,
    out: "rec",
    latencyMs: 2000,
    config: null,
    passphrases: [{ kind: "file", file: "p.txt" }],
    statsIntervalMs: 10_000,
    format: "json",
    verbosity: "quiet",
    libsrt: "/lib/x.so",
    utc: true,
    maxSessions: 8,
    maxPerAddress: null,
    maxPerStream: null,
    idleMs: null,
    onReturn: null,
    names: [],
    addresses: [],
    streams: [],
    users: [],
    analyze: false,
    sidecar: true,
    checksum: "sha256",
    warnings: [],
    scripting: NO_SCRIPTING,
  });
});

Deno.test("parseCommandLine reads every option for scripts", () => {
  const argv = ["listen", "--sessions", "2", "--for", "1h", "--wait", "30s", "--idle-exit", "500ms", ":9000"];
  argv.push("--expect", "sessions=2", "--expect", "stream=cam1");
  argv.push("--junit", "j.xml", "--summary", "s.json", "--ready-file", "r.json");
  assert.deepStrictEqual(settingsOf(argv).scripting, {
    stop: { sessions: 2, forMs: 3_600_000, waitMs: 30_000, idleExitMs: 500 },
    expectations: [
      { text: "sessions=2", quantity: "sessions", operator: "=", value: 2 },
      { text: "stream=cam1", quantity: "stream", operator: "=", value: "cam1" },
    ],
    junit: "j.xml",
    summary: "s.json",
    readyFile: "r.json",
  });
});

for (const option of ["--junit", "--summary", "--ready-file"]) {
  Deno.test(`parseCommandLine refuses an empty ${option}`, () => {
    assert.match(usageErrorOf(() => parseCommandLine(["listen", option, ""], {})).message, /cannot use an empty/);
  });
}

Deno.test("parseCommandLine reads every option of send", () => {
  const argv = ["send", "a.ts", "srt://a:1?streamid=x", "--rate", "8Mbps", "--loop", "-q", "--libsrt", "/lib/x.so"];
  const line = parseCommandLine([...argv, "--passphrase-file", "p.txt"], {});
  assert.ok(line.command === "send");
  const { address, ...settings } = line.settings;
  assert.deepStrictEqual([address.host, address.streamId], ["a", "x"]);
  assert.deepStrictEqual(settings, {
    file: "a.ts",
    bitsPerSecond: 8_000_000,
    rounds: Infinity,
    passphrase: { kind: "file", file: "p.txt" },
    quiet: true,
    libsrt: "/lib/x.so",
    warnings: [],
  });
});

Deno.test("parseCommandLine refuses an option before send", () => {
  const argv = ["--libsrt", "x.so", "send", "a.ts", "srt://a:1"];
  assert.match(usageErrorOf(() => parseCommandLine(argv, {})).text, /Write srt-splitter send --libsrt FILE/);
});

Deno.test("parseCommandLine gives no statistics with --out unless asked", () => {
  assert.equal(settingsOf(["listen", "--out", "rec"]).statsIntervalMs, null);
});

Deno.test("parseCommandLine gives no statistics with --stats 0", () => {
  assert.equal(settingsOf(["listen", "--stats", "0"]).statsIntervalMs, null);
});

Deno.test("parseCommandLine takes --verbose", () => {
  assert.equal(settingsOf(["listen", "-v"]).verbosity, "verbose");
});

Deno.test("parseCommandLine takes passphrase and libsrt out of the environment", () => {
  const { passphrases, libsrt } = settingsOf(["listen"], {
    SRT_SPLITTER_PASSPHRASE: "correcthorse",
    SRT_SPLITTER_LIBSRT: "/x",
  });
  assert.deepEqual({ passphrases, libsrt }, {
    passphrases: [{ kind: "environment", value: "correcthorse" }],
    libsrt: "/x",
  });
});

Deno.test("parseCommandLine prefers the options to the environment", () => {
  const argv = ["listen", "--passphrase-file", "p.txt", "--libsrt", "/y"];
  const { passphrases, libsrt } = settingsOf(argv, {
    SRT_SPLITTER_PASSPHRASE: "correcthorse",
    SRT_SPLITTER_LIBSRT: "/x",
  });
  assert.deepEqual({ passphrases, libsrt }, { passphrases: [{ kind: "file", file: "p.txt" }], libsrt: "/y" });
});

Deno.test("parseCommandLine takes an empty SRT_SPLITTER_LIBSRT for an unset one", () => {
  assert.equal(settingsOf(["listen"], { SRT_SPLITTER_LIBSRT: "" }).libsrt, null);
});

for (const argv of [["listen"], ["send", "a.ts", "srt://a:1"]]) {
  Deno.test(`parseCommandLine refuses an empty SRT_SPLITTER_PASSPHRASE for ${argv[0]} and says to unset it`, () => {
    const error = usageErrorOf(() => parseCommandLine(argv, { SRT_SPLITTER_PASSPHRASE: "" }));
    assert.strictEqual(error.message, "cannot use SRT_SPLITTER_PASSPHRASE: it is set, but empty");
    assert.match(error.hint, /unset SRT_SPLITTER_PASSPHRASE/);
  });
}

Deno.test("parseCommandLine does not look at an empty SRT_SPLITTER_PASSPHRASE beside --passphrase-file", () => {
  const { passphrases } = settingsOf(["listen", "--passphrase-file", "p.txt"], { SRT_SPLITTER_PASSPHRASE: "" });
  assert.deepEqual(passphrases, [{ kind: "file", file: "p.txt" }]);
});

function withPassphraseFiles(amount: number): readonly string[] {
  return ["listen", ...Array.from({ length: amount }, (_, index) => ["--passphrase-file", `p${index}.txt`]).flat()];
}

Deno.test("parseCommandLine takes as many passphrase files as are tried", () => {
  assert.strictEqual(settingsOf(withPassphraseFiles(8)).passphrases.length, 8);
});

Deno.test("parseCommandLine refuses more passphrase files than are tried, with both numbers", () => {
  const error = usageErrorOf(() => parseCommandLine(withPassphraseFiles(12), {}));
  assert.strictEqual(error.message, "cannot use 12 passphrase files at once");
  assert.match(error.hint, /^8 at most/);
});

Deno.test("parseCommandLine takes the latency of the address", () => {
  assert.equal(settingsOf(["listen", "srt://:9000?latency=200ms"]).latencyMs, 200);
});

Deno.test("parseCommandLine prefers --latency to the latency of the address", () => {
  assert.equal(settingsOf(["listen", "srt://:9000?latency=200ms", "--latency", "300"]).latencyMs, 300);
});

Deno.test("parseCommandLine carries the warning of a suspicious latency", () => {
  assert.equal(settingsOf(["listen", "--latency", "200000"]).warnings.length, 2);
});

Deno.test("parseCommandLine suggests the nearest option", () => {
  const error = usageErrorOf(() => parseCommandLine(["listen", "--latncy", "5"], {}));
  assert.equal(error.message, 'unknown option "--latncy"');
  assert.match(error.hint, /Did you mean --latency\?/);
});

/** What was typed, and the option that is suggested. */
const NEAR_OPTIONS: readonly (readonly [readonly string[], string])[] = [
  [["listen", "--pasphrase", "correcthorse"], "--passphrase-file"],
  [["listen", "--pasphrase=correcthorse"], "--passphrase-file"],
  [["listen", "--otu", "rec"], "--out"],
  [["send", "a.ts", "srt://a:1", "--lopo"], "--loop"],
  [["check", "--confg", "x.toml"], "--config"],
  [["listen", "--hepl"], "--help"],
  [["--versoin"], "--version"],
];

for (const [argv, option] of NEAR_OPTIONS) {
  Deno.test(`parseCommandLine suggests ${option} for ${JSON.stringify(argv)}`, () => {
    const { hint, text } = usageErrorOf(() => parseCommandLine(argv, {}));
    assert.ok(hint.startsWith(`Did you mean ${option}? `), hint);
    assert.doesNotMatch(text, /correcthorse/);
  });
}

/** Commands with one operand too many, and what each says that it takes. */
const TOO_MUCH: readonly (readonly [readonly string[], RegExp])[] = [
  [["listen", ":1", ":2"], /there is more than one address\nlisten takes one/],
  [["check", "x.toml"], /check takes options alone\nThe file stands after --config/],
  [["check", "-c", "x.toml", "extra"], /check takes options alone\nThe file stands after --config/],
  [["send", "a.ts", "srt://a:1", "b"], /more than a file and an address\nsend takes these two/],
  [["recover", "a", "b"], /more than one folder\nrecover takes one/],
];

for (const [argv, text] of TOO_MUCH) {
  Deno.test(`parseCommandLine refuses ${argv.join(" ")} and says what ${argv[0]} takes`, () => {
    const error = usageErrorOf(() => parseCommandLine(argv, {}));
    assert.match(error.text, text);
    assert.match(error.hint, new RegExp(`srt-splitter ${argv[0]} --help$`));
  });
}

const USAGE_ERRORS: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /no command was given/],
  [[":9000"], /there is no command ":9000"/],
  [["listne"], /there is no command "listne"/],
  [["--bogus"], /unknown option "--bogus"/],
  [["listen", "--out"], /"-o, --out <dir>" argument missing/],
  [["listen", "--out", ""], /empty --out/],
  [["listen", "--libsrt", ""], /empty --libsrt/],
  [["listen", "--passphrase-file", ""], /empty --passphrase-file/],
  [["listen", ":1", ":2"], /more than one address/],
  [["check"], /there is no file to check/],
  [["listen", "--max-sessions", "0"], /cannot use --max-sessions "0"/],
  [["listen", "--max-sessions", "many"], /cannot use --max-sessions "many"/],
  [["listen", "--quiet", "--verbose"], /--quiet and --verbose at once/],
  [["listen", "somewhere:9000"], /host names are not looked up/],
  [["--libsrt", "/x", "listen"], /--libsrt stands before the command/],
];

for (const [argv, message] of USAGE_ERRORS) {
  Deno.test(`parseCommandLine refuses ${JSON.stringify(argv)} and says what to do`, () => {
    const error = usageErrorOf(() => parseCommandLine(argv, {}));
    assert.match(error.message, message);
    assert.notEqual(error.hint, "");
  });
}

const WITH_SECRETS: readonly (readonly string[])[] = [
  ["listen", "--passphrase", "correcthorse"],
  ["listen", "--passphrase=correcthorse"],
  ["listen", "-passphrase", "correcthorse"],
  ["listen", "--passphras=correcthorse"],
  ["listen", "--passphrase-fil", "correcthorse"],
  ["listen", "--passphrase-fil=correcthorse"],
  ["listen", ":9000", "correcthorse"],
  ["listen", "srt://:9000?passphrase=correcthorse"],
  ["listen", "srt://x:9000?passphrase=correcthorse"],
  ["srt://:9000?passphrase=correcthorse"],
  ["passphrase=correcthorse"],
];

for (const argv of WITH_SECRETS) {
  Deno.test(`parseCommandLine never repeats the passphrase in ${JSON.stringify(argv)}`, () => {
    assert.doesNotMatch(usageErrorOf(() => parseCommandLine(argv, {})).text, /correcthorse/);
  });
}

Deno.test("parseCommandLine names both right ways when a passphrase is an option", () => {
  const { hint } = usageErrorOf(() => parseCommandLine(["listen", "--passphrase", "correcthorse"], {}));
  assert.match(hint, /--passphrase-file FILE.*SRT_SPLITTER_PASSPHRASE/);
});

for (const argv of [["--help"], ["-h"], ["help"]]) {
  Deno.test(`parseCommandLine answers ${argv} with the program's help and examples`, () => {
    assert.match(
      helpOf(argv),
      /^Usage: srt-splitter \[options\] \[command\][^]*Examples:\n {2}srt-splitter listen :9000/,
    );
  });
}

for (const argv of [["listen", "--help"], ["listen", ":1", "-h"], ["help", "listen"]]) {
  Deno.test(`parseCommandLine answers ${argv} with listen's help and examples`, () => {
    assert.match(
      helpOf(argv),
      /^Usage: srt-splitter listen[^]*--max-sessions <n>[^]*Examples:\n {2}srt-splitter listen/,
    );
  });
}

Deno.test("parseCommandLine keeps its help within 80 columns", () => {
  const lines = [...helpOf(["--help"]).split("\n"), ...helpOf(["listen", "--help"]).split("\n")];
  assert.deepEqual(lines.filter((line) => line.length > 80), []);
});

for (const argv of [["--version"], ["-V"]]) {
  Deno.test(`parseCommandLine answers ${argv} with the version of the libsrt that a search finds`, () => {
    assert.deepEqual(parseCommandLine(argv, {}), { command: "version", libsrt: null });
  });
}

Deno.test("parseCommandLine answers --version --libsrt with the version of that libsrt", () => {
  assert.deepEqual(parseCommandLine(["--version", "--libsrt", "/x"], {}), { command: "version", libsrt: "/x" });
});

/** A libsrt as it is named, and as the children, which run in another folder, are told. */
const LIBRARIES: readonly (readonly [string, string])[] = [
  ["./lib/x.so", `${Deno.cwd()}/lib/x.so`],
  ["lib/x.so", `${Deno.cwd()}/lib/x.so`],
  ["/lib/x.so", "/lib/x.so"],
  ["libsrt.so.1.5", "libsrt.so.1.5"],
];

for (const [named, told] of LIBRARIES) {
  Deno.test(`parseCommandLine tells the children of the libsrt ${named} by a name that holds in any folder`, () => {
    assert.strictEqual(settingsOf(["listen", "--libsrt", named]).libsrt, told);
    assert.strictEqual(settingsOf(["listen"], { SRT_SPLITTER_LIBSRT: named }).libsrt, told);
  });
}
