/**
 * Makes sure that recordings can be written to the folder of `--out`.
 *
 * Called by: workers/listen, before anything is started.
 * Fails: {@linkcode UsageError} where it cannot be made, is no folder, or may not be written to.
 *
 * @module
 */

import { UsageError } from "./usage_error.ts";

/**
 * Makes the folder where it is missing and returns its absolute path, symbolic links resolved.
 *
 * @param path As it was typed; relative to the working folder.
 */
export function prepareOutputFolder(path: string): string {
  const quoted = JSON.stringify(path);
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists || cause instanceof Deno.errors.NotADirectory) {
      throw new UsageError(`cannot record into ${quoted}: it is not a folder`, {
        advice: "Name a folder after --out; it is made where it is missing.",
        cause,
      });
    }
    throw new UsageError(`cannot make the folder ${quoted}: ${describe(cause)}`, {
      advice: "Name a folder that this user may write to.",
      cause,
    });
  }
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: path, prefix: ".srt-splitter-" }));
  } catch (cause) {
    throw new UsageError(`cannot record into ${quoted}: ${describe(cause)}`, {
      advice: "Name a folder that this user may write to, or change its permissions (chmod u+rwx).",
      cause,
    });
  }
  return Deno.realPathSync(path);
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
