/**
 * Runs `deno compile`, and explains how to get its base (`denort`) if that is missing.
 *
 * @module
 */

import { SELF } from "../mod/handoff/child_command.ts";
import { exists } from "./files.ts";
import { isFor, readSharedObject } from "./shared_object.ts";
import { CompileError } from "./run_tool.ts";

/** Input of the compiler. */
export interface Compilation {
  /** Folder of the program; the main module is `main.js`. */
  readonly project: string;
  /** Deno's cache (`DENO_DIR`). */
  readonly denoDir: string;
  /** Folders and files that the program reads, from `project`. */
  readonly include: readonly string[];
  /** Absolute path of the executable. */
  readonly output: string;
  readonly target: string;
  /** Options of `deno run` to build into the executable, including `-q`. */
  readonly options: readonly string[];
  /** Base of the compiler (`DENORT_BIN`), or null to let it download one. */
  readonly base: string | null;
  /** A copy of `base` with libsrt at its end, to use in its place; null: none. */
  readonly baseWithLibsrt: string | null;
}

/** Runs the compiler. @throws {CompileError} */
export async function runCompiler(compilation: Compilation): Promise<void> {
  const { project, denoDir, include, output, target, options, base, baseWithLibsrt } = compilation;
  if (base !== null && exists(base)) await checkMachine(base, target); // the compiler reports a missing one
  const { success, stderr } = await new Deno.Command(SELF, {
    args: [
      "compile",
      // a code cache would be a file with a guessable name in the temporary folder that is read back as code, for no gain
      "--no-code-cache",
      "--no-check", // the gate checks the sources
      ...options,
      `--target=${target}`,
      ...include.map((path) => `--include=${path}`),
      `--output=${output}`,
      "main.js",
    ],
    cwd: project,
    clearEnv: true,
    env: environment(denoDir, baseWithLibsrt ?? base),
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) return;
  const message = new TextDecoder().decode(stderr).replace(/\n*Stack backtrace:[\s\S]*/, "").trim();
  if (!/denort/.test(message)) throw new CompileError(`cannot compile:\n${message}`);
  throw new CompileError(explainMissingBase(message, { target, base }));
}

/** Checks that the base is for the machine of `target`. The compiler accepts any base, also one for another machine. */
async function checkMachine(base: string, target: string): Promise<void> {
  const object = await readSharedObject(base);
  if (isFor(object, target)) return;
  throw new CompileError(
    `cannot compile for ${target}: DENORT_BIN=${base} is for ${object.machine}\n` +
      `hint: name a base of Deno ${Deno.version.deno} for that machine, or unset DENORT_BIN to download one`,
  );
}

/**
 * Returns our environment with the compiler's own variables. An empty DENORT_BIN is left out, because the compiler would take it
 * for a path.
 */
function environment(denoDir: string, base: string | null): Record<string, string> {
  const { DENORT_BIN: _, ...ours } = Deno.env.toObject();
  return { ...ours, DENO_DIR: denoDir, NO_COLOR: "1", ...(base === null ? {} : { DENORT_BIN: base }) };
}

/** Explains how to get a base. `message` is the compiler's. */
function explainMissingBase(
  message: string,
  { target, base }: { readonly target: string; readonly base: string | null },
): string {
  const version = Deno.version.deno;
  const tried = base === null
    ? `tried: to download it (DENORT_BIN is not set)\n${indent(message)}`
    : `tried: DENORT_BIN=${base}\n${indent(message)}`;
  return [
    `cannot compile: there is no base ("denort") of Deno ${version} for ${target}`,
    tried,
    "hint: use one of these:",
    `  once with access to Deno's downloads: deno task compile (the base stays in Deno's cache)`,
    `  with a base of version ${version} in a file: DENORT_BIN=/path/to/denort deno task compile`,
    "  with a base of version 2.6.10 (x86_64), which Deno 2.6.8 can use: DENORT_BIN=/path/to/denort npx -y deno@2.6.8 task compile",
    "hint: recording from source needs no base: deno task listen :9000 --out recordings",
  ].join("\n");
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}
