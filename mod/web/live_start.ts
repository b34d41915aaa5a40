/**
 * Finds where a viewer of a growing recording begins: at the tables (PAT, PMT) before its last random-access point.
 *
 * @module
 */

import { CutFinder } from "../ts/cut_finder.ts";

/** Bytes at the end of the file that are searched first. Doubled as long as nothing is found. */
const FIRST_BYTES = 1_048_576;
/** Maximum number of bytes that are searched. Our choice: 10 s between two random-access points at 25 Mbit/s. */
const MAX_BYTES = 33_554_432;
/** Bytes that are read at a time. */
const CHUNK_BYTES = 262_144;

/**
 * Returns the offset in the file. If there is no random-access point near its end, the offset of the last PAT there; in payload
 * that is not TS, an offset near its end. Afterwards, the read position of `file` is undefined.
 */
export async function liveStart(file: Deno.FsFile): Promise<number> {
  const { size } = await file.stat();
  for (let bytes = FIRST_BYTES;; bytes *= 2) {
    const from = Math.max(0, size - bytes);
    const cut = await lastCut(file, { from, to: size });
    if (cut.isFound || from === 0 || bytes >= MAX_BYTES) return cut.offset;
  }
}

/** Searches a part of the file. If no cut is found, `offset` is that of a PAT, or of a place between two packets. */
async function lastCut(
  file: Deno.FsFile,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<{ readonly offset: number; readonly isFound: boolean }> {
  const finder = new CutFinder("last");
  const chunk = new Uint8Array(CHUNK_BYTES);
  await file.seek(from, Deno.SeekMode.Start);
  for (let left = to - from; left > 0;) {
    const count = await file.read(chunk.subarray(0, Math.min(CHUNK_BYTES, left)));
    if (count === null) break;
    finder.push(chunk.subarray(0, count));
    left -= count;
  }
  return { offset: from + finder.decidedBytes, isFound: finder.cut !== null };
}
