/**
 * Runs a program of the build to its end.
 *
 * @module
 */

import { CompileError } from "./compile_error.ts";

/**
 * Runs it and returns its stdout.
 *
 * @param command The program, found through PATH, and its arguments
 * @param action What it is for, such as `link libsrt`
 * @throws {CompileError}
 */
export async function runTool(command: readonly [string, ...string[]], action: string): Promise<string> {
  const [program, ...args] = command;
  let output: Deno.CommandOutput;
  try {
    // English, as its words are read here
    output = await new Deno.Command(program, { args, stdin: "null", env: { LC_ALL: "C" } }).output();
  } catch (cause) {
    // what is not there when Deno starts is not among the programs that it may run
    if (!(cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new CompileError(
      `cannot ${action}: there is no ${program}\nInstall it (on Debian and Ubuntu: deno task setup compile)`,
      { cause },
    );
  }
  const decoder = new TextDecoder();
  if (!output.success) {
    const words = (decoder.decode(output.stderr) + decoder.decode(output.stdout)).trim();
    throw new CompileError(`cannot ${action}: ${program} ended with code ${output.code}\n${words}`);
  }
  return decoder.decode(output.stdout);
}
