/**
 * The files of a recording, put together.
 *
 * @module
 */

/** The bytes of all files, one after the other. */
export function readAll(files: readonly string[]): Uint8Array<ArrayBuffer> {
  const parts = files.map((file) => Deno.readFileSync(file));
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
