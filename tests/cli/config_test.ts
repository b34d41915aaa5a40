import assert from "node:assert/strict";

import { parseCommandLine } from "../../mod/cli/command_line.ts";
import { makePolicy } from "../../mod/cli/make_policy.ts";
import type { ListenSettings } from "../../mod/cli/listen_settings.ts";
import type { UsageError } from "../../mod/cli/usage_error.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { usageErrorOf } from "./thrown_by.ts";
import { SOURCES } from "./sources.ts";

/** The settings of `listen` with these arguments and a configuration file with this text. */
function settingsOf(text: string | Uint8Array, args: readonly string[] = []): ListenSettings {
  using folder = new TemporaryFolder();
  const file = folder.file("splitter.toml");
  Deno.writeFileSync(file, typeof text === "string" ? new TextEncoder().encode(text) : text);
  const line = parseCommandLine(["listen", ...args, "--config", file], SOURCES);
  assert.ok(line.command === "listen", `not listen but ${line.command}`);
  return line.settings;
}

function problemOf(text: string | Uint8Array, args: readonly string[] = []): UsageError {
  return usageErrorOf(() => settingsOf(text, args));
}

for (const name of ["sidecar", "analyze"] as const) {
  Deno.test(`no-${name} = true in a file has the effect of the option`, () => {
    assert.strictEqual(settingsOf(`no-${name} = true\n`)[name], false);
  });

  Deno.test(`no-${name} = false in a file changes nothing`, () => {
    assert.strictEqual(settingsOf(`no-${name} = false\n`)[name], true);
  });

  for (const value of ['"true"', '"x"', "1", "[true]"]) {
    Deno.test(`no-${name} = ${value} in a file is refused with line and key`, () => {
      const { message, hint } = problemOf(`utc = true\nno-${name} = ${value}\n`);
      assert.match(message, new RegExp(`^cannot use "no-${name}" on line 2 of .*: it is neither true nor false$`));
      assert.strictEqual(hint, `write no-${name} = true`);
    });
  }
}

/** A command line, a file, and the values that apply. */
const TOGETHER: readonly {
  readonly args: readonly string[];
  readonly file: string;
  readonly expected: Partial<ListenSettings>;
}[] = [
  { args: ["--quiet"], file: "verbose = true", expected: { verbosity: "quiet" } },
  { args: ["--verbose"], file: "quiet = true", expected: { verbosity: "verbose" } },
  {
    args: ["--no-sidecar"],
    file: 'out = "rec"\nchecksum = "sha256"',
    expected: { sidecar: false, checksum: null },
  },
  {
    args: ["--checksum", "sha256"],
    file: 'out = "rec"\nno-sidecar = true',
    expected: { sidecar: true, checksum: "sha256" },
  },
  { args: ["--out", "rec"], file: 'checksum = "sha256"', expected: { out: "rec", checksum: "sha256" } },
  { args: ["srt://:9001?latency=700ms"], file: 'latency = "200ms"', expected: { port: 9001, latencyMs: 700 } },
  { args: ["srt://:9001"], file: 'latency = "200ms"', expected: { port: 9001, latencyMs: 200 } },
  { args: ["--latency", "300ms"], file: 'address = "srt://:9001?latency=700ms"', expected: { latencyMs: 300 } },
  {
    args: ["srt://:9001?latency=700ms", "--latency", "300ms"],
    file: 'latency = "200ms"',
    expected: { latencyMs: 300 },
  },
  { args: [":9002"], file: 'address = "srt://:9001?latency=700ms"', expected: { port: 9002, latencyMs: null } },
];

for (const { args, file, expected } of TOGETHER) {
  Deno.test(`${args.join(" ")} with ${JSON.stringify(file)} in the file gives ${JSON.stringify(expected)}`, () => {
    const settings = settingsOf(`${file}\n`, args);
    const names = Object.keys(expected) as (keyof ListenSettings)[];
    assert.deepStrictEqual(Object.fromEntries(names.map((name) => [name, settings[name]])), expected);
  });
}

/** Contradictions within a file, and their messages. */
const CONTRADICTIONS: readonly (readonly [string, RegExp])[] = [
  ["quiet = true\nverbose = true\n", /^cannot use "verbose" on line 2 of .*: it contradicts --quiet$/],
  ['no-sidecar = true\nchecksum = "sha256"\n', /^cannot use "checksum" on line 2 of .*: it contradicts --no-sidecar$/],
  ['checksum = "sha256"\nno-sidecar = true\n', /^cannot use "no-sidecar" on line 2 of .*: it contradicts --checksum$/],
];

for (const [text, message] of CONTRADICTIONS) {
  Deno.test(`${JSON.stringify(text)} in one file is refused with line and key`, () => {
    assert.match(problemOf(text).message, message);
  });
}

Deno.test("--checksum with --no-sidecar is refused, whatever the file sets", () => {
  const error = problemOf('out = "rec"\n', ["--checksum", "sha256", "--no-sidecar"]);
  assert.match(error.message, /^cannot use --no-sidecar: it contradicts --checksum$/);
});

Deno.test("a value in a table is refused with line and key, even if the message contains the name of the file", () => {
  using folder = new TemporaryFolder();
  const before = Deno.cwd();
  Deno.chdir(folder.path);
  try {
    Deno.writeTextFileSync("s", '[[stream]]\nname = "cam1"\nidle = "5"\n');
    const { message } = usageErrorOf(() => parseCommandLine(["listen", "--config", "s"], SOURCES));
    assert.strictEqual(message, 'cannot use idle = "5" on line 3 of "s": it needs a unit');
  } finally {
    Deno.chdir(before);
  }
});

Deno.test("an error of a table names its place once", () => {
  const { message } = problemOf('[[stream]]\nname = ["cam1"]\n');
  assert.match(message, /^cannot use "name" on line 2 of "[^"]*": it is neither text nor a whole number$/);
});

Deno.test("a byte order mark, which editors on Windows write, is skipped", () => {
  assert.strictEqual(settingsOf("\uFEFFutc = true\n").utc, true);
});

Deno.test("a byte order mark does not change line numbers", () => {
  assert.match(problemOf("\uFEFFutc = true\nutcc = true\n").message, /^cannot use "utcc" on line 2 of/);
});

/** Texts that other encodings write, and the line that is not UTF-8. */
const OTHER_ENCODINGS: readonly (readonly [what: string, bytes: Uint8Array, line: number])[] = [
  ["Latin-1", latin1('utc = true\n# \ndeny = "K\xfcche"\nquiet = true\n'), 3],
  ["Latin-1 in a comment", latin1("# f\xfcr\nutc = true\n"), 1],
  ["Latin-1 at the end", latin1("utc = true\r\n# \xc3"), 2],
  ["UTF-16 of Windows", latin1("\xff\xfeu\0t\0c\0"), 1],
];

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

for (const [what, bytes, line] of OTHER_ENCODINGS) {
  Deno.test(`a file in ${what} is refused with the line that is not UTF-8`, () => {
    const { message, hint } = problemOf(bytes);
    assert.match(message, new RegExp(`^cannot read line ${line} of ".*splitter.toml": it is not UTF-8 text$`));
    assert.strictEqual(hint, "save the file as plain text in UTF-8");
  });
}

Deno.test("a file in UTF-8 is read with all its characters", () => {
  const { names } = settingsOf('deny = ["K\u00fcche", "\u{1F3A5}", "\uFFFD"]\n');
  assert.deepStrictEqual(names.map(({ test }) => test.text), ["K\u00fcche", "\u{1F3A5}", "\uFFFD"]);
});

/** Settings that cannot be used together with others, or without them, and the message. */
const CONFLICTS: readonly (readonly [text: string, message: RegExp])[] = [
  ["utc = true\npipe-restart = true", /^cannot use "pipe-restart" on line 2 of ".*" without --pipe$/],
  ['rejoin = "30s"', /^cannot use "rejoin" on line 1 of ".*" without --out: nothing is recorded$/],
  [
    'out = "r"\nno-sidecar = true\nrejoin = "30s"',
    /^cannot use "rejoin" on line 3 of ".*" with --no-sidecar: only a recording with a sidecar is continued$/,
  ],
  ['checksum = "sha256"', /^cannot use "checksum" on line 1 of ".*" without --out: nothing is recorded$/],
  ['name = "{stream}"', /^cannot use "name" on line 1 of ".*" without --out: nothing is recorded$/],
  ['segment-at = ["00:00"]', /^cannot use "segment-at" on line 1 of ".*" without --out: nothing is recorded$/],
  ['out = "r"\nsegment-align = true', /^cannot use "segment-align" on line 2 of ".*" without --segment$/],
  ['out = "r"\non-full = "stop"', /^cannot use "on-full" on line 2 of ".*" without --min-free$/],
  [
    'out = "r"\nmin-free = "1GB"\non-full = "oldest"\nno-sidecar = true',
    /^cannot use on-full = "oldest" on line 3 of ".*" with --no-sidecar: only recordings with a sidecar are deleted$/,
  ],
  ['out = "-"\nkeep = "7d"', /^cannot use "keep" on line 2 of ".*" with --out -: /],
  ['out = "-"\nsessions = 2', /^cannot use "sessions" on line 2 of ".*" with --out -: /],
  ['webhook-secret-file = "s"', /^cannot use "webhook-secret-file" on line 1 of ".*" without --webhook$/],
  ['web-token-file = "t"', /^cannot use "web-token-file" on line 1 of ".*" without --web$/],
  ['web = "0.0.0.0:9080"', /^cannot use "web" on line 1 of ".*" at 0\.0\.0\.0:9080 without --web-token-file: other/],
];

for (const [text, message] of CONFLICTS) {
  Deno.test(`${JSON.stringify(text)} is refused with line and key`, () => {
    assert.match(problemOf(`${text}\n`).message, message);
  });
}

/** Addresses with a parameter that cannot be used, and the message. */
const PARAMETERS: readonly (readonly [text: string, message: RegExp])[] = [
  [
    '[[pull]]\nurl = "srt://h:1?latency=foo"',
    /^cannot use "url" on line 2 of ".*": cannot use latency="foo": it is not a time$/,
  ],
  [
    'forward = "srt://h:1?latency=foo"',
    /^cannot use "forward" on line 1 of ".*": cannot use latency="foo": it is not a time$/,
  ],
  [
    'address = "srt://:9000?latency=foo"',
    /^cannot use "address" on line 1 of ".*": cannot use latency="foo": it is not a time$/,
  ],
  [
    'address = "srt://:9000?fc=1"',
    /^cannot use "address" on line 1 of ".*": cannot use "srt:\/\/:9000\.\.\." with "fc"/,
  ],
];

for (const [text, message] of PARAMETERS) {
  Deno.test(`${JSON.stringify(text)} is refused with line and key`, () => {
    assert.match(problemOf(`${text}\n`).message, message);
  });
}

for (
  const [text, key] of [
    ["on = []", "on"],
    ["passphrase-file = []", "passphrase-file"],
    ['[[stream]]\nname = "a"\nfrom = []', "from"],
    ["srt = []", "srt"],
  ] as const
) {
  Deno.test(`${JSON.stringify(text)} is refused because the list is empty`, () => {
    assert.match(
      problemOf(`${text}\n`).message,
      new RegExp(`^cannot use "${key}" on line \\d of .*: the list is empty$`),
    );
  });
}

/** Two tables that contradict each other, and the message; `{file}` is the path of the file. */
const CONFLICTING_TABLES: readonly (readonly [string, string])[] = [
  [
    '[[user]]\nname = "anna"\npassphrase-file = "a"\n[[user]]\nname = "anna"\npassphrase-file = "b"\n',
    'cannot use "user" on line 4 of "{file}": [[user]] on line 1 of {file} has the user "anna" already',
  ],
  [
    '[[stream]]\nname = "cam*"\n\n[[stream]]\nname = "cam*"\nlatency = "1s"\n',
    'cannot use "stream" on line 4 of "{file}": [[stream]] on line 1 of {file} has this name already',
  ],
  [
    '[[stream]]\nname = "a"\nfrom = ["::1", "192.0.2.7"]\n[[stream]]\nname = "a"\nfrom = ["192.0.2.7", "::1"]\n',
    'cannot use "stream" on line 4 of "{file}": [[stream]] on line 1 of {file} has this name for the same addresses ' +
    "already",
  ],
];

for (const [text, message] of CONFLICTING_TABLES) {
  Deno.test(`${JSON.stringify(text)} is refused with both lines`, () => {
    const error = problemOf(text);
    const [, file = ""] = / of "([^"]*)": /.exec(error.message) ?? [];
    assert.strictEqual(error.message, message.replaceAll("{file}", file));
  });
}

Deno.test("two tables of one user are refused with a hint on several passphrases", () => {
  assert.match(problemOf(CONFLICTING_TABLES[0]?.[0] ?? "").hint, /passphrase-file = \["new\.txt", "old\.txt"\]/);
});

/** Names and ranges of two tables, and whether the second can never apply: the first one whose name matches applies. */
const IN_ORDER: readonly (readonly [first: string, second: string, never: boolean])[] = [
  ['name = "*"', 'name = "cam1"', true],
  ['name = "cam1"\nfrom = "192.0.2.7"', 'name = "cam1"', true],
  ['name = "cam1"\nfrom = "192.0.2.7"', 'name = "cam1"\nfrom = "192.0.2.8"', true],
  ['name = "cam1"', 'name = "*"', false],
  ['name = "cam*"', 'name = "cam1"', false],
];

for (const [first, second, never] of IN_ORDER) {
  const what = never ? "is reported as one that never applies" : "is not reported";
  Deno.test(`a [[stream]] with ${JSON.stringify(second)} after ${JSON.stringify(first)} ${what}`, () => {
    const { warnings } = settingsOf(`[[stream]]\n${first}\n[[stream]]\n${second}\n`);
    assert.strictEqual(warnings.length, never ? 1 : 0);
    if (never) {
      assert.match(warnings.join(), /^\[\[stream\]\] on line \d of .* never applies: \[\[stream\]\] on line 1 of/);
    }
  });
}

Deno.test("[[hook]] tables are added to the hooks of the command line", () => {
  const text = '[[hook]]\non = ["no-data", "missing"]\ncommand = "alarm.sh \'{stream}!\'"\ntimeout = "5s"\n';
  assert.deepStrictEqual(settingsOf(text, ["--on", "refused=log.sh"]).hooks, [
    { events: ["refused"], command: [["log.sh"]], timeoutMs: null },
    { events: ["no-data", "missing"], command: [["alarm.sh"], [{ field: "stream" }, "!"]], timeoutMs: 5000 },
  ]);
});

for (
  const [text, message] of [
    ['[[hook]]\ncommand = "x"\n', /^cannot use "hook" on line 1 of .*: it has no "on"$/],
    ['[[hook]]\non = "refused"\n', /^cannot use "hook" on line 1 of .*: it has no "command"$/],
    ['[[hook]]\non = "refuse"\ncommand = "x"\n', /^cannot use on = "refuse" on line 2 of .*: there is no such event/],
    ['[[hook]]\non = "refused"\ncommand = "x {secret}"\n', /^cannot use "command" on line 3 of .*: it has an unknown/],
  ] as const
) {
  Deno.test(`${JSON.stringify(text)} is refused with its line`, () => assert.match(problemOf(text).message, message));
}

/** Mistyped keys, and the one that was meant. */
const NEAR_KEYS: readonly (readonly [string, string])[] = [
  ['[[stream]]\nnmae = "cam1"', "name"],
  ['[[user]]\nnaem = "anna"', "name"],
  ['pasphrase = "secret.txt"', "passphrase-file"],
  ['allow-form = "::1"', "allow-from"],
  ["utcc = true", "utc"],
];

for (const [text, key] of NEAR_KEYS) {
  Deno.test(`${JSON.stringify(text)} in a file gets the suggestion ${key}`, () => {
    assert.ok(problemOf(`${text}\n`).hint.startsWith(`did you mean ${key}? `), problemOf(`${text}\n`).hint);
  });
}

Deno.test("a key that resembles no other gets no suggestion", () => {
  assert.match(problemOf("colour = 1\n").hint, /^keys: /);
});

Deno.test("an error of a rule names its place once", () => {
  const { message } = problemOf('utc = true\nallow = ["cam*", ""]\n');
  assert.match(message, /^cannot use allow = "" on line 2 of "[^"]*": a pattern cannot be empty$/);
  assert.strictEqual(message.split("line 2").length, 2);
});

Deno.test("an error of a rule of the command line names its option", () => {
  const { message } = problemOf("", ["--deny-from", "300.1.1.1"]);
  assert.match(message, /^cannot use --deny-from "300\.1\.1\.1": /);
});

/** Files with a passphrase-file, and the line of that key. */
const PASSPHRASE_PLACES: readonly (readonly [string, number])[] = [
  ['utc = true\npassphrase-file = ["none.txt"]\n', 2],
  ['[[stream]]\nname = "cam1"\npassphrase-file = "none.txt"\n', 3],
  ['[[user]]\nname = "anna"\n\npassphrase-file = "none.txt"\n', 4],
];

for (const [text, line] of PASSPHRASE_PLACES) {
  Deno.test(`a passphrase file of ${JSON.stringify(text)} that is missing is reported with line and key`, () => {
    const { message } = usageErrorOf(() => makePolicy(settingsOf(text)));
    assert.match(message, new RegExp(`^cannot use "passphrase-file" on line ${line} of .*: there is no such file$`));
  });

  Deno.test(`more passphrase files than the limit, in ${JSON.stringify(text)}, are refused with line and key`, () => {
    const many = JSON.stringify(Array.from({ length: 9 }, (_, index) => `${index}.txt`));
    const { message } = problemOf(text.replace(/\[?"none\.txt"\]?/, many));
    assert.match(
      message,
      new RegExp(`^cannot use "passphrase-file" on line ${line} of .*: 9 are given, and 8 is the limit$`),
    );
  });
}

Deno.test("an empty SRT_SPLITTER_PASSPHRASE is ignored if the file has a passphrase-file", () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("s.toml"), 'passphrase-file = "p.txt"\n');
  const argv = ["listen", "--config", folder.file("s.toml")];
  const line = parseCommandLine(argv, { ...SOURCES, env: { SRT_SPLITTER_PASSPHRASE: "" } });
  assert.ok(line.command === "listen");
  assert.deepStrictEqual(line.settings.passphrases.map(({ kind }) => kind), ["file"]);
});

/** Two definitions of one key or table. */
const DUPLICATES: readonly (readonly [string, number])[] = [
  ['allow = "a"\nallow = "b"\n', 2],
  ["utc = true\n\nutc = true\n", 3],
  ["[stream]\n[stream]\n", 2],
  ["user.a = 1\nuser = [\n  1,\n]\n", 2],
  ["user = { a = 1, a = 2 }\n", 1],
];

for (const [text, line] of DUPLICATES) {
  Deno.test(`${JSON.stringify(text)} is refused as a duplicate`, () => {
    const { message, hint } = problemOf(text);
    assert.match(
      message,
      new RegExp(`^cannot use line ${line} of "[^"]*": it defines a key or table a second time$`),
    );
    assert.match(hint, /^keep one of the two/);
  });
}

for (
  const text of ['allow = ["cam*"\nout = "x"\n', 'user = { name = "a"\nout = "x"\n', 'allow = [\n  "a"\n[stream]\n']
) {
  Deno.test(`the bracket that is not closed in ${JSON.stringify(text)} is not taken for a duplicate`, () => {
    const { message, hint } = problemOf(text);
    assert.match(message, /^cannot read line [23] of "[^"]*": it is not TOML/);
    assert.match(hint, /close each bracket/);
  });
}

Deno.test("text without quotes is refused with an example", () => {
  const { message, hint } = problemOf("out = recordings\n");
  assert.match(message, /^cannot read line 1 of "[^"]*": it is not TOML/);
  assert.match(hint, /^put text in quotes/);
});

Deno.test("a latency in a file over the limit is refused with line and limit", () => {
  const { message } = problemOf('[[stream]]\nname = "a"\nlatency = "61s"\n');
  assert.match(message, /^cannot use latency = "61s" on line 3 of "[^"]*": the limit is 60000 ms/);
});

Deno.test("a limit is named with its place: the option, or line and file", () => {
  const text = 'utc = true\nmax-sessions = 8\non-return = "refuse"\nmax-per-stream = 2\n';
  const { sources } = settingsOf(text, ["--max-per-stream", "1"]);
  assert.match(sources.maxSessions, /^max-sessions = 8 on line 2 of \/.*\/splitter\.toml$/);
  assert.match(sources.onReturn, /^on-return = "refuse" on line 3 of \/.*\/splitter\.toml$/);
  assert.deepStrictEqual([sources.maxPerStream, sources.maxPerAddress], ["--max-per-stream 1", ""]);
});

Deno.test("[[pull]] tables name listeners to call, and their keys replace what is in the address", () => {
  const { pulls, listens } = settingsOf(
    '[[pull]]\nurl = "srt://192.0.2.9:9000?streamid=cam1&latency=1s"\n' +
      '[[pull]]\nurl = "srt://192.0.2.9:9001?streamid=key"\nname = "cam2"\nlatency = "2s"\npassphrase-file = "p.txt"\n',
  );
  assert.deepStrictEqual(pulls.map(({ name, port, latencyMs }) => [name, port, latencyMs]), [
    ["cam1", 9000, 1000],
    ["cam2", 9001, 2000],
  ]);
  assert.strictEqual(pulls[0]?.passphrase, null);
  assert.match(pulls[1]?.passphrase?.kind === "file" ? pulls[1].passphrase.file : "", /p\.txt$/);
  assert.strictEqual(listens, true);
});

for (
  const [text, problem] of [
    ['[[pull]]\nname = "a"\n', /^cannot use "pull" on line 1 of .*: it has no "url"$/],
    [
      '[[pull]]\nurl = "http://a"\n',
      /^cannot use "url" on line 2 of .*: cannot call .*: it is not an srt:\/\/ address$/,
    ],
    ['[[pull]]\nurl = "srt://a:1"\npassphrase = "hush"\n', /"passphrase" on line 3 .*: a passphrase must not be in a/],
    [
      '[[pull]]\nurl = "srt://a:1"\n[[pull]]\nurl = "srt://a:1"\n',
      /line 3 of .*: another .* has the name "a_1" already$/,
    ],
  ] as const
) {
  Deno.test(`a [[pull]] table with an error is refused with its line: ${text.replaceAll("\n", " ")}`, () => {
    const { message } = usageErrorOf(() => settingsOf(text));
    assert.match(message, problem);
    assert.ok(!message.includes("hush"), message);
  });
}

for (
  const [form, text] of [
    ["a table", 'srt = { lossmaxttl = 40, nakreport = false, minversion = "1.4.2" }'],
    ["dotted keys", 'srt.lossmaxttl = 40\nsrt.nakreport = false\nsrt.minversion = "1.4.2"'],
    ["a table of its own", '[srt]\nlossmaxttl = 40\nnakreport = false\nminversion = "1.4.2"'],
    ["a table after others", '[[stream]]\nname = "a"\n[srt]\nlossmaxttl = 40\nnakreport = 0\nminversion = "1.4.2"'],
    ["a list", 'srt = ["lossmaxttl=40", "nakreport=0", "minversion=1.4.2"]'],
  ] as const
) {
  Deno.test(`srt accepts ${form}`, () => {
    assert.deepStrictEqual(makePolicy(settingsOf(`${text}\n`)).policy.terms.srt, {
      lossmaxttl: 40,
      nakreport: false,
      minversion: 0x010402,
    });
  });
}

Deno.test("an SRT option of the command line replaces the same one of the file, and no other", () => {
  const settings = settingsOf("srt = { lossmaxttl = 40, fc = 9000 }\n", ["--srt", "lossmaxttl=0"]);
  assert.deepStrictEqual(makePolicy(settings).policy.terms.srt, { lossmaxttl: 0, fc: 9000 });
});

Deno.test("SRT options of an address are added to those of the file, and an address on the command line replaces the file's address and its options", () => {
  const file = 'address = "srt://:9001?fc=99&lossmaxttl=1"\nsrt.nakreport = false\n';
  assert.deepStrictEqual(makePolicy(settingsOf(file)).policy.terms.srt, { fc: 99, lossmaxttl: 1, nakreport: false });
  const settings = settingsOf(file, ["srt://:9002?lossmaxttl=40"]);
  assert.deepStrictEqual(makePolicy(settings).policy.terms.srt, { lossmaxttl: 40, nakreport: false });
});

Deno.test("an SRT option that is given both in the address and with --srt is refused", () => {
  const error = usageErrorOf(() => parseCommandLine(["listen", "srt://:9000?fc=99", "--srt", "fc=98"], SOURCES));
  assert.match(error.message, /: fc is given twice$/);
});

for (const own of ["srt = { lossmaxttl = 40 }", "[stream.srt]\nlossmaxttl = 40"]) {
  Deno.test(`a stream table has SRT options of its own: ${own}`, () => {
    const settings = settingsOf(`srt.fc = 9000\n[[stream]]\nname = "cam1"\n${own}\n[[stream]]\nname = "cam2"\n`);
    const { terms, streams } = makePolicy(settings).policy;
    assert.deepStrictEqual([terms.srt, streams.map((stream) => stream.terms.srt)], [
      { fc: 9000 },
      [{ lossmaxttl: 40 }, {}],
    ]);
  });
}

for (
  const [text, problem] of [
    ["[srt]\nallow = 5", /srt\.allow = "allow" on line 2 .*: there is no such SRT option$/],
    ["[[srt]]\nfc = 99", /"srt" on line 1 .*: there is no such table$/],
    ["[stream]\nname = 5", /"stream" on line 1 .*: there is no such table$/],
    ["[user.srt]\nfc = 99", /"user.srt" on line 1 .*: there is no such table$/],
  ] as const
) {
  Deno.test(`${JSON.stringify(text)} is refused with its line and the reason`, () => {
    assert.match(usageErrorOf(() => settingsOf(`${text}\n`)).message, problem);
  });
}

for (
  const [text, problem] of [
    ["srt = { losmaxttl = 40 }", /^cannot use srt = "losmaxttl" on line 1 of .*: there is no such SRT option$/],
    ["srt = { fc = 1 }", /^cannot use srt = "fc=1" on line 1 of .*: it is too small$/],
    ["srt = { fc = [1] }", /^cannot use "srt.fc" on line 1 of .*: it is neither text nor a whole number$/],
    ["srt = 40", /^cannot use "srt" on line 1 of .*: it is not a table$/],
    ['srt = ["fc=99", "fc=98"]', /^cannot use "srt" on line 1 of .*: fc is given twice$/],
    ["srt.fc = 99\nsrt.FC = 98", /^cannot use "srt.FC" on line 2 of .*: fc is given twice$/],
    ["stats.fc = 99", /^cannot use "stats.fc" on line 1 of .*: there is no such key$/],
    [
      '[[stream]]\nname = "a"\nsrt.pbkeylen = 32',
      /line 3 of .*: it is sent to callers before their stream ID is known$/,
    ],
  ] as const
) {
  Deno.test(`${JSON.stringify(text)} is refused with its line`, () => {
    assert.match(problemOf(`${text}\n`).message, problem);
  });
}

Deno.test("an SRT option that is given twice on the command line is refused", () => {
  const error = usageErrorOf(() => parseCommandLine(["listen", "--srt", "fc=99", "--srt", "fc=98"], SOURCES));
  assert.strictEqual(error.message, "cannot use --srt: fc is given twice");
});
