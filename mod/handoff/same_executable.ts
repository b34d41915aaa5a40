/**
 * Whether the executable that this process was started from is still there: a child is started from it, and fails with words
 * that help nobody where it was replaced meanwhile (an upgrade) or removed.
 *
 * @module
 */

/** This program was started from a file that is no longer there. */
export class ExecutableReplacedError extends Error {
  /** Name of the class. */
  override readonly name = "ExecutableReplacedError";

  /** `path`: where the executable was. */
  constructor(path: string, options: ErrorOptions) {
    super(`${path} was replaced or removed after this program was started from it`, options);
  }
}

/** Remembers which file `path` is now; the check throws once it is another one or gone. */
export function checkSameExecutable(path: string): () => void {
  const { dev, ino } = Deno.statSync(path);
  return () => {
    let now: Deno.FileInfo;
    try {
      now = Deno.statSync(path);
    } catch (cause) {
      throw new ExecutableReplacedError(path, { cause });
    }
    if (now.dev !== dev || now.ino !== ino) throw new ExecutableReplacedError(path, { cause: { dev, ino, now } });
  };
}
