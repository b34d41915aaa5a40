/**
 * Runs a program of the build to its end.
 *
 * @module
 */

/** The executable cannot be built. The message has what failed and, if it is known, why or what to do. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}

/**
 * Runs a program and returns its stdout.
 *
 * @param command The program, found through PATH, and its arguments
 * @param action Its purpose for messages, such as `link libsrt`
 * @param options `cwd`: the folder to run it in, if it is not the current one
 * @throws {CompileError} The program is missing or fails
 */
export async function runTool(
  command: readonly [string, ...string[]],
  action: string,
  options: Pick<Deno.CommandOptions, "cwd"> = {},
): Promise<string> {
  const [program, ...args] = command;
  let output: Deno.CommandOutput;
  try {
    // callers parse the output, so it must be English
    output = await new Deno.Command(program, { ...options, args, stdin: "null", env: { LC_ALL: "C" } }).output();
  } catch (cause) {
    // Deno allows only programs that it found when it started
    if (!(cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new CompileError(
      `cannot ${action}: there is no ${program}\nhint: install it (on Debian and Ubuntu: deno task setup compile)`,
      { cause },
    );
  }
  const decoder = new TextDecoder();
  if (!output.success) {
    const messages = (decoder.decode(output.stderr) + decoder.decode(output.stdout)).trim();
    throw new CompileError(`cannot ${action}: ${program} ended with code ${output.code}\n${messages}`);
  }
  return decoder.decode(output.stdout);
}
