/**
 * Runs `deno compile`, and says in words of ours where its base cannot be had.
 *
 * @module
 */

import { SELF } from "../mod/handoff/child_command.ts";
import { CompileError } from "./compile_error.ts";
import { exists } from "./exists.ts";
import { isFor, readSharedObject } from "./shared_object.ts";

/** What is to be compiled. */
export interface Compilation {
  /** Folder that the sources are in; `main.ts` is its entry. */
  readonly project: string;
  /** Deno's cache to use (`DENO_DIR`). */
  readonly denoDir: string;
  /** Folders and files that the program reads, from `project`. */
  readonly include: readonly string[];
  /** Absolute path of the executable. */
  readonly output: string;
  readonly target: string;
  /** Options of `deno run` to build into the executable, with `-q`. */
  readonly options: readonly string[];
  /** The compiler's base (`DENORT_BIN`), or null: it downloads its own. */
  readonly base: string | null;
}

/** Runs it. @throws {CompileError} */
export async function runCompiler(compilation: Compilation): Promise<void> {
  const { project, denoDir, include, output, target, options, base } = compilation;
  if (base !== null && exists(base)) await checkMachine(base, target); // one that is not there is the compiler's to tell
  const { success, stderr } = await new Deno.Command(SELF, {
    args: [
      "compile",
      // a code cache would be a file of a guessable name in the temporary folder, read back as code; it gains nothing here
      "--no-code-cache",
      ...options,
      `--target=${target}`,
      ...include.map((path) => `--include=${path}`),
      `--output=${output}`,
      "main.ts",
    ],
    cwd: project,
    clearEnv: true,
    env: environment(denoDir, base),
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) return;
  const words = new TextDecoder().decode(stderr).replace(/\n*Stack backtrace:[\s\S]*/, "").trim();
  if (!/denort/.test(words)) throw new CompileError(`cannot compile:\n${words}`);
  throw new CompileError(explainMissingBase(words, { target, base }));
}

/** The compiler takes any base, and makes of it what runs on the base's machine. */
async function checkMachine(base: string, target: string): Promise<void> {
  const object = await readSharedObject(base);
  if (isFor(object, target)) return;
  throw new CompileError(
    `cannot compile for ${target}: DENORT_BIN=${base} is for ${object.machine}\n` +
      `Name a base of Deno ${Deno.version.deno} for that machine in DENORT_BIN, or leave it out where Deno's downloads can be reached`,
  );
}

/** Ours, with its own values for what the compiler heeds: it takes an empty DENORT_BIN for a file. */
function environment(denoDir: string, base: string | null): Record<string, string> {
  const { DENORT_BIN: _, ...ours } = Deno.env.toObject();
  return { ...ours, DENO_DIR: denoDir, NO_COLOR: "1", ...(base === null ? {} : { DENORT_BIN: base }) };
}

/** What to say where the compiler has no base; `words` are its own. */
function explainMissingBase(
  words: string,
  { target, base }: { readonly target: string; readonly base: string | null },
): string {
  const version = Deno.version.deno;
  const tried = base === null
    ? `Tried: to download it (DENORT_BIN names no file instead)\n${indent(words)}`
    : `Tried: DENORT_BIN=${base}\n${indent(words)}`;
  return [
    `cannot compile: there is no base ("denort") of Deno ${version} for ${target}`,
    tried,
    "One of these goes on:",
    `  where Deno's downloads can be reached, once: deno task compile (it is kept in Deno's cache)`,
    `  with a base of version ${version} from elsewhere: DENORT_BIN=/path/to/denort deno task compile`,
    "  with a base 2.6.10 (x86_64): DENORT_BIN=/path/to/denort npx -y deno@2.6.8 task compile",
    "Recording from source needs none of this: deno task listen :9000 --out recordings",
  ].join("\n");
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}
