/**
 * Runs a program of the build to its end.
 *
 * @module
 */

/** Something cannot be built. The message has what failed and, if it is known, why or what to do. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}

/**
 * Runs a program and returns its stdout.
 *
 * @param command The program, found through PATH, and its arguments
 * @param action Its purpose for messages, such as `link libsrt`
 * @param options `cwd`: the folder to run it in, if it is not the current one; `deadlineMs`: how long it may run
 * @throws {CompileError} The program is missing, fails, or takes too long
 */
export async function runTool(
  command: readonly [string, ...string[]],
  action: string,
  { cwd, deadlineMs = null }: { readonly cwd?: string; readonly deadlineMs?: number | null } = {},
): Promise<string> {
  const [program, ...args] = command;
  const deadline = deadlineMs === null ? null : AbortSignal.timeout(deadlineMs);
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, {
      args,
      stdin: "null",
      // callers parse the output, so it must be English, and without colors; no package needs the passphrase of the program
      env: { LC_ALL: "C", NO_COLOR: "1", SRT_SPLITTER_PASSPHRASE: "" },
      ...(cwd === undefined ? {} : { cwd }),
      ...(deadline === null ? {} : { signal: deadline }),
    }).output();
  } catch (cause) {
    // Deno allows only programs that it found when it started
    if (!(cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new CompileError(
      `cannot ${action}: there is no ${program}\nhint: install it (on Debian and Ubuntu: deno task setup compile)`,
      { cause },
    );
  }
  const decoder = new TextDecoder();
  if (!output.success && deadlineMs !== null && deadline?.aborted) {
    throw new CompileError(`cannot ${action}: it took longer than ${deadlineMs / 1000} s`);
  }
  if (!output.success) {
    const messages = (decoder.decode(output.stderr) + decoder.decode(output.stdout)).trim();
    throw new CompileError(`cannot ${action}: ${program} ended with code ${output.code}\n${messages}`);
  }
  return decoder.decode(output.stdout);
}
