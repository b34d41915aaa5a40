/**
 * Whether a path leads to a file that can be read again and again, and at once.
 *
 * @module
 */

/** What a path leads to, symbolic links followed, in words; null: a regular file. Nothing is opened, so nothing waits. */
export function notRegular(path: string): string | null {
  const { isFile, isDirectory, isFifo } = Deno.statSync(path);
  if (isFile) return null;
  if (isDirectory) return "it is a folder";
  return isFifo ? "it is a pipe, not a regular file" : "it is no regular file";
}
