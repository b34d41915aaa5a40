/**
 * Payload that waits for the disk: a queue with a limit, whose memory grows only as it fills.
 *
 * @module
 */

/** Our choice: what a round of 60 ms brings at 35 Mbit/s, so that a round is one write. */
const CHUNK_BYTES = 262_144;
/** Our choice: what a round of 60 ms brings at 130 Mbit/s is received without new memory. */
const MOST_SPARES = 4;

/** A piece of the queue's memory; what waits in it stands between `start` and `end`. */
interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  start: number;
  end: number;
  /** When the oldest of it was taken, in ms. */
  sinceMs: number;
}

/** First in, first out. */
export class PayloadQueue {
  readonly #limitBytes: number;
  readonly #now: () => number;
  readonly #chunks: Chunk[] = [];
  readonly #spares: Chunk[] = [];
  #waitingBytes = 0;
  #readMs = 0;

  /** @param now A clock in ms that never goes back. */
  constructor(limitBytes: number, now: () => number) {
    this.#limitBytes = limitBytes;
    this.#now = now;
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** When the oldest byte that waits was taken, in ms of the clock; null if none waits. */
  get oldestMs(): number | null {
    return this.#chunks[0]?.sinceMs ?? null;
  }

  /** Copies all of `payload`, or nothing and returns false if that would exceed the limit. */
  push(payload: Uint8Array): boolean {
    if (this.#waitingBytes + payload.length > this.#limitBytes) return false;
    for (let taken = 0; taken < payload.length;) {
      const chunk = this.#chunkWithRoom();
      const piece = payload.subarray(taken, taken + CHUNK_BYTES - chunk.end);
      chunk.bytes.set(piece, chunk.end);
      chunk.end += piece.length;
      taken += piece.length;
    }
    this.#waitingBytes += payload.length;
    return true;
  }

  /** The oldest bytes, as many as lie together; null if none wait. They stay valid until they are {@linkcode drop}ped. */
  peek(): Uint8Array<ArrayBuffer> | null {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return null;
    this.#readMs = this.#now();
    return chunk.bytes.subarray(chunk.start, chunk.end);
  }

  /** Drops the first `length` bytes of what {@linkcode peek} returned last. */
  drop(length: number): void {
    const chunk = this.#chunks[0];
    if (chunk === undefined || length > chunk.end - chunk.start) throw new RangeError("cannot drop more than waits");
    chunk.start += length;
    this.#waitingBytes -= length;
    if (chunk.start < chunk.end) {
      chunk.sinceMs = this.#readMs;
      return;
    }
    this.#chunks.shift();
    if (this.#spares.length < MOST_SPARES) this.#spares.push(chunk);
  }

  /** Drops everything, and its memory. */
  clear(): void {
    this.#chunks.length = 0;
    this.#spares.length = 0;
    this.#waitingBytes = 0;
  }

  #chunkWithRoom(): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.end < CHUNK_BYTES) return last;
    const chunk = this.#spares.pop() ?? { bytes: new Uint8Array(CHUNK_BYTES), start: 0, end: 0, sinceMs: 0 };
    chunk.start = 0;
    chunk.end = 0;
    chunk.sinceMs = this.#now();
    this.#chunks.push(chunk);
    return chunk;
  }
}
