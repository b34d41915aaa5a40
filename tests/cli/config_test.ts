import assert from "node:assert/strict";

import { parseCommandLine } from "../../mod/cli/command_line.ts";
import { makePolicy } from "../../mod/cli/make_policy.ts";
import type { ListenSettings } from "../../mod/cli/listen_settings.ts";
import type { UsageError } from "../../mod/cli/usage_error.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { usageErrorOf } from "./usage_error_of.ts";

/** What `listen` makes of these arguments and a configuration file with this text. */
function settingsOf(text: string, args: readonly string[] = []): ListenSettings {
  using folder = new TemporaryFolder();
  const file = folder.file("splitter.toml");
  Deno.writeTextFileSync(file, text);
  const line = parseCommandLine(["listen", ...args, "--config", file], {});
  assert.ok(line.command === "listen", `not listen but ${line.command}`);
  return line.settings;
}

function problemOf(text: string, args: readonly string[] = []): UsageError {
  return usageErrorOf(() => settingsOf(text, args));
}

for (const name of ["sidecar", "analyze"] as const) {
  Deno.test(`no-${name} = true in a file does what the option does`, () => {
    assert.strictEqual(settingsOf(`no-${name} = true\n`)[name], false);
  });

  Deno.test(`no-${name} = false in a file changes nothing`, () => {
    assert.strictEqual(settingsOf(`no-${name} = false\n`)[name], true);
  });

  for (const value of ['"true"', '"x"', "1", "[true]"]) {
    Deno.test(`no-${name} = ${value} in a file is refused with line and key`, () => {
      const { message, hint } = problemOf(`utc = true\nno-${name} = ${value}\n`);
      assert.match(message, new RegExp(`^cannot use "no-${name}" in line 2 of .*: it is neither true nor false$`));
      assert.strictEqual(hint, `Write no-${name} = true`);
    });
  }
}

/** What stands on the command line, in the file, and what counts. */
const WINS: readonly {
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

for (const { args, file, expected } of WINS) {
  Deno.test(`${args.join(" ")} wins over ${JSON.stringify(file)} in the file`, () => {
    const settings = settingsOf(`${file}\n`, args);
    const names = Object.keys(expected) as (keyof ListenSettings)[];
    assert.deepStrictEqual(Object.fromEntries(names.map((name) => [name, settings[name]])), expected);
  });
}

/** Contradictions within a file, and how they are told. */
const CONTRADICTIONS: readonly (readonly [string, RegExp])[] = [
  ["quiet = true\nverbose = true\n", /^cannot use "verbose" in line 2 of .*--quiet and --verbose at once$/],
  ['no-sidecar = true\nchecksum = "sha256"\n', /^cannot use "checksum" in line 2 of .*--checksum with --no-sidecar/],
  ['checksum = "sha256"\nno-sidecar = true\n', /^cannot use "no-sidecar" in line 2 of .*--checksum with --no-sidecar/],
];

for (const [text, message] of CONTRADICTIONS) {
  Deno.test(`${JSON.stringify(text)} in one file is refused with line and key`, () => {
    assert.match(problemOf(text).message, message);
  });
}

Deno.test("--checksum with --no-sidecar is refused, whatever the file says", () => {
  const error = problemOf('out = "rec"\n', ["--checksum", "sha256", "--no-sidecar"]);
  assert.match(error.message, /^cannot have --checksum with --no-sidecar/);
});

Deno.test("a value in a table is refused with line and key where the file's name is in its message", () => {
  using folder = new TemporaryFolder();
  const before = Deno.cwd();
  Deno.chdir(folder.path);
  try {
    Deno.writeTextFileSync("s", '[[stream]]\nname = "cam1"\nidle = "5"\n');
    const { message } = usageErrorOf(() => parseCommandLine(["listen", "--config", "s"], {}));
    assert.strictEqual(message, 'cannot use "idle" in line 3 of "s": cannot use --idle "5"');
  } finally {
    Deno.chdir(before);
  }
});

Deno.test("the place of an entry of a table is told once", () => {
  const { message } = problemOf('[[stream]]\nname = ["cam1"]\n');
  assert.match(message, /^cannot use "name" in line 2 of "[^"]*": it is neither text nor a whole number$/);
});

Deno.test("a file with a byte order mark, as editors on Windows write it, is read", () => {
  assert.strictEqual(settingsOf("\uFEFFutc = true\n").utc, true);
});

Deno.test("a byte order mark does not move the lines of a file", () => {
  assert.match(problemOf("\uFEFFutc = true\nutcc = true\n").message, /^cannot use "utcc" in line 2 of/);
});

/** Two tables that contradict each other, and how it is told; `{file}` is the path of the file. */
const TWINS: readonly (readonly [string, string])[] = [
  [
    '[[user]]\nname = "anna"\npassphrase-file = "a"\n[[user]]\nname = "anna"\npassphrase-file = "b"\n',
    'cannot use "user" in line 4 of "{file}": [[user]] in line 1 of {file} is of the user "anna" already',
  ],
  [
    '[[stream]]\nname = "cam*"\n\n[[stream]]\nname = "cam*"\nlatency = "1s"\n',
    'cannot use "stream" in line 4 of "{file}": [[stream]] in line 1 of {file} has the name "cam*" already',
  ],
  [
    '[[stream]]\nname = "a"\nfrom = ["::1", "192.0.2.7"]\n[[stream]]\nname = "a"\nfrom = ["192.0.2.7", "::1"]\n',
    'cannot use "stream" in line 4 of "{file}": [[stream]] in line 1 of {file} has the name "a" for the same addresses ' +
    "already",
  ],
];

for (const [text, message] of TWINS) {
  Deno.test(`${JSON.stringify(text)} is refused with both lines`, () => {
    const error = problemOf(text);
    const [, file = ""] = / of "([^"]*)": /.exec(error.message) ?? [];
    assert.strictEqual(error.message, message.replaceAll("{file}", file));
  });
}

Deno.test("two tables of one user are refused with the way to have several passphrases", () => {
  assert.match(problemOf(TWINS[0]?.[0] ?? "").hint, /passphrase-file = \["new\.txt", "old\.txt"\]/);
});

/** Names and ranges of two tables, and whether the second can never count. */
const IN_ORDER: readonly (readonly [first: string, second: string, never: boolean])[] = [
  ['name = "*"', 'name = "cam1"', true],
  ['name = "cam1"\nfrom = "192.0.2.7"', 'name = "cam1"', true],
  ['name = "cam1"\nfrom = "192.0.2.7"', 'name = "cam1"\nfrom = "192.0.2.8"', true],
  ['name = "cam1"', 'name = "*"', false],
  ['name = "cam*"', 'name = "cam1"', false],
];

for (const [first, second, never] of IN_ORDER) {
  const what = never ? "is warned of as one that never counts" : "is not warned of";
  Deno.test(`a [[stream]] with ${JSON.stringify(second)} after ${JSON.stringify(first)} ${what}`, () => {
    const { warnings } = settingsOf(`[[stream]]\n${first}\n[[stream]]\n${second}\n`);
    assert.strictEqual(warnings.length, never ? 1 : 0);
    if (never) {
      assert.match(warnings.join(), /^\[\[stream\]\] in line \d of .* never counts: \[\[stream\]\] in line 1 of/);
    }
  });
}

/** Keys with a slip of the fingers, and the one that was meant. */
const NEAR_KEYS: readonly (readonly [string, string])[] = [
  ['[[stream]]\nnmae = "cam1"', "name"],
  ['[[user]]\nnaem = "anna"', "name"],
  ['pasphrase = "secret.txt"', "passphrase-file"],
  ['allow-form = "::1"', "allow-from"],
  ["utcc = true", "utc"],
];

for (const [text, key] of NEAR_KEYS) {
  Deno.test(`${JSON.stringify(text)} in a file gets the suggestion ${key}`, () => {
    assert.ok(problemOf(`${text}\n`).hint.startsWith(`Did you mean ${key}? `), problemOf(`${text}\n`).hint);
  });
}

Deno.test("a key that is like no other gets no suggestion", () => {
  assert.match(problemOf("colour = 1\n").hint, /^Keys here: /);
});

Deno.test("the place of a rule that cannot be used is told once", () => {
  const { message } = problemOf('utc = true\nallow = ["cam*", ""]\n');
  assert.match(message, /^cannot use "allow" in line 2 of "[^"]*": cannot use "": a pattern cannot be empty/);
  assert.strictEqual(message.split("line 2").length, 2);
});

Deno.test("a rule of the command line that cannot be used is told with its option", () => {
  const { message } = problemOf("", ["--deny-from", "300.1.1.1"]);
  assert.match(message, /^cannot use --deny-from "300\.1\.1\.1": /);
});

/** Where passphrase files stand, and the line of the key that a missing one is told with. */
const PASSPHRASE_PLACES: readonly (readonly [string, number])[] = [
  ['utc = true\npassphrase-file = ["none.txt"]\n', 2],
  ['[[stream]]\nname = "cam1"\npassphrase-file = "none.txt"\n', 3],
  ['[[user]]\nname = "anna"\n\npassphrase-file = "none.txt"\n', 4],
];

for (const [text, line] of PASSPHRASE_PLACES) {
  Deno.test(`a passphrase file of ${JSON.stringify(text)} that is missing is told with line and key`, () => {
    const { message } = usageErrorOf(() => makePolicy(settingsOf(text)));
    assert.match(message, new RegExp(`^cannot use "passphrase-file" in line ${line} of .*: there is no such file$`));
  });

  Deno.test(`more passphrase files than are tried, in ${JSON.stringify(text)}, are told with line and key`, () => {
    const many = JSON.stringify(Array.from({ length: 9 }, (_, index) => `${index}.txt`));
    const { message } = problemOf(text.replace(/\[?"none\.txt"\]?/, many));
    assert.match(
      message,
      new RegExp(`^cannot use "passphrase-file" in line ${line} of .*: cannot use 9 passphrase files`),
    );
  });
}

Deno.test("an empty SRT_SPLITTER_PASSPHRASE does not count beside a passphrase-file of the file", () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("s.toml"), 'passphrase-file = "p.txt"\n');
  const argv = ["listen", "--config", folder.file("s.toml")];
  const line = parseCommandLine(argv, { SRT_SPLITTER_PASSPHRASE: "" });
  assert.ok(line.command === "listen");
  assert.deepStrictEqual(line.settings.passphrases.map(({ kind }) => kind), ["file"]);
});
