import assert from "node:assert/strict";

import { parseCommandLine } from "../../mod/cli/command_line.ts";
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
      const { message, advice } = problemOf(`utc = true\nno-${name} = ${value}\n`);
      assert.match(message, new RegExp(`^cannot use "no-${name}" in line 2 of .*: it is neither true nor false$`));
      assert.strictEqual(advice, `Write no-${name} = true`);
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
