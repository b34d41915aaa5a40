/**
 * The newest payload of a session in memory, from which viewers begin at a random-access point.
 *
 * @module
 */

import { CutFinder } from "./cut_finder.ts";

/** Payload, and its position: the payload bytes before it. */
interface Chunk {
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Keeps the payload since the second-to-last random-access point, so that a viewer may be that far behind. */
export class LiveRing {
  readonly #maxBytes: number;
  #chunks: Chunk[] = [];
  #end = 0;
  #finder = new CutFinder("last");
  /** Position at which the finder began. */
  #foundFrom = 0;
  #last: number | null = null;
  #lastButOne: number | null = null;

  /** @param maxBytes Maximum number of bytes that are kept, rounded up to whole chunks. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Position at which a viewer begins: the tables before the last random-access point. If the first `maxBytes` of payload since
   * the start or a gap contain none, it is the last PAT, or the beginning of what is kept if that is later. Null: less payload than
   * that has arrived, without a random-access point so far, or the last one is not kept any more.
   */
  get start(): number | null {
    if (this.#last !== null) return this.#last >= this.#begin ? this.#last : null;
    if (this.#end - this.#foundFrom < this.#maxBytes) return null;
    return Math.max(this.#begin, this.#foundFrom + this.#finder.decidedBytes);
  }

  /** Adds payload, which must not change any more. `isAfterGap`: payload before it is missing, so what is kept is dropped. */
  push(bytes: Uint8Array<ArrayBuffer>, isAfterGap: boolean): void {
    if (isAfterGap) {
      this.#chunks = [];
      this.#finder = new CutFinder("last");
      this.#foundFrom = this.#end;
      this.#last = this.#lastButOne = null;
    }
    this.#chunks.push({ at: this.#end, bytes });
    this.#end += bytes.length;
    this.#finder.push(bytes);
    const { cut } = this.#finder;
    const last = cut === null ? null : this.#foundFrom + cut;
    if (last !== this.#last) [this.#lastButOne, this.#last] = [this.#last, last];
    const keptFrom = Math.max(this.#end - this.#maxBytes, this.#lastButOne ?? this.#last ?? 0);
    const kept = this.#chunks.findIndex(({ at, bytes: { length } }) => at + length > keptFrom);
    if (kept > 0) this.#chunks.splice(0, kept);
  }

  /** Returns payload that begins at a position. Null: all was read. `missed`: it is not kept any more. */
  read(position: number): Uint8Array<ArrayBuffer> | null | "missed" {
    if (position >= this.#end) return null;
    if (position < this.#begin) return "missed";
    const chunk = this.#chunks.findLast(({ at }) => at <= position);
    return chunk === undefined ? "missed" : chunk.bytes.subarray(position - chunk.at);
  }

  get #begin(): number {
    return this.#chunks[0]?.at ?? this.#end;
  }
}
