/**
 * Tests whether a folder can be written to, by writing to it. Nothing else detects an exceeded quota, or a full storage pool
 * below a disk that reports free space.
 *
 * @module
 */

import { createNewFile } from "../os/new_file.ts";
import { explainDiskError, type SinkError } from "./sink_error.ts";

/**
 * Our choice. It is small, so that running recordings keep their space. It is more than a failed session frees at its end (the
 * unused part of the room for its sidecar): otherwise the trial could succeed in that space, although the disk is still full.
 */
const TRIAL_BYTES = 1_048_576;
/** Maximum bytes that one call of `crypto.getRandomValues` fills. */
const BLOCK_BYTES = 65_536;

/**
 * Writes to the disk, into a file whose name is removed before, so that nothing that was written is left behind. Returns why that
 * fails, or null.
 */
export async function tryToWrite(folder: string): Promise<SinkError | null> {
  const path = `${folder}/.srt-splitter-trial-${crypto.randomUUID()}`;
  try {
    await using file = await createNewFile(path);
    await Deno.remove(path);
    const block = new Uint8Array(BLOCK_BYTES);
    for (let bytes = 0; bytes < TRIAL_BYTES;) {
      bytes += await file.write(crypto.getRandomValues(block)); // zeros take no room on a disk that compresses
    }
    await file.syncData(); // a network disk reports only in this call that it is full
    return null;
  } catch (error) {
    return explainDiskError(`cannot write to ${folder}`, error);
  }
}
