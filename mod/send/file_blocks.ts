/**
 * Reads a file in blocks, once or repeatedly.
 *
 * @module
 */

import { ProblemError } from "../report/problem.ts";

/** 56 SRT messages of 1316 bytes. Our choice: some ms of a fast stream, and a small buffer. */
const BLOCK_BYTES = 56 * 1316;

/** There is nothing to send. */
export class EmptyFileError extends ProblemError {
  override readonly name = "EmptyFileError";
}

/**
 * Reads `file` to its end `rounds` times: first from its current position, then from its beginning.
 *
 * @param rounds 1 or more; `Infinity`: until the consumer stops. More than 1 needs a regular file.
 * @throws {EmptyFileError}
 */
export async function* fileBlocks(file: Deno.FsFile, rounds: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) await file.seek(0, Deno.SeekMode.Start);
    let empty = true;
    for (;;) {
      const block = new Uint8Array(BLOCK_BYTES);
      const length = await file.read(block);
      if (length === null) break;
      empty = false;
      yield block.subarray(0, length);
    }
    if (empty) throw new EmptyFileError("cannot send the file: it is empty", { hint: null });
  }
}
