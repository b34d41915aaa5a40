/**
 * Payload that waits for the disk: a queue with a limit, whose memory grows only as it fills. Payload is received straight into
 * that memory, so that nothing is copied on the way to the file.
 *
 * @module
 */

/**
 * Our choice: the payload of 100 ms at 80 Mbit/s, so that what one round of a session's loop receives fits into one chunk. The
 * system provides the memory only as it fills.
 */
const CHUNK_BYTES = 1_048_576;
/** Chunks that are kept for reuse. Our choice: with one, the payload of 100 ms at 160 Mbit/s needs no new memory. */
const MAX_SPARES = 1;

/** A piece of the queue's memory; payload waits in it between `start` and `end`. */
interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  start: number;
  end: number;
  /** When its oldest byte was added, in ms. Once a part of it was dropped, the time of the last `peek` is used instead. */
  sinceMs: number;
}

/** First in, first out. */
export class PayloadQueue {
  readonly #limitBytes: number;
  readonly #now: () => number;
  /** Every chunk except the last has bytes that wait. */
  readonly #chunks: Chunk[] = [];
  readonly #spares: Chunk[] = [];
  #waitingBytes = 0;
  #peekedMs = 0;

  /** @param now A monotonic clock, in ms. */
  constructor(limitBytes: number, now: () => number) {
    this.#limitBytes = limitBytes;
    this.#now = now;
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** When the oldest byte that waits was added, in ms of the clock; null if none waits. */
  get oldestMs(): number | null {
    return this.#first()?.sinceMs ?? null;
  }

  /**
   * Returns free memory after the last byte that waits. The code that calls this fills it, then calls {@linkcode take}, and
   * owns it until the next call of this method, except for the bytes that {@linkcode take} has added to the queue.
   *
   * @param minBytes At most 1 MiB.
   */
  room(minBytes: number): Uint8Array<ArrayBuffer> {
    const last = this.#chunks.at(-1);
    // what was used last is used again: a slow stream needs little memory
    if (last !== undefined && last.start === last.end) last.start = last.end = 0;
    const chunk = last !== undefined && last.bytes.length - last.end >= minBytes ? last : this.#addChunk();
    return chunk.bytes.subarray(chunk.end);
  }

  /**
   * Adds the first `bytes` of what {@linkcode room} returned last. Adds nothing and returns false if that would exceed the
   * limit.
   */
  take(bytes: number): boolean {
    if (this.#waitingBytes + bytes > this.#limitBytes) return false;
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined || bytes > chunk.bytes.length - chunk.end) {
      throw new RangeError("cannot take more than fits");
    }
    if (chunk.start === chunk.end) chunk.sinceMs = this.#now();
    chunk.end += bytes;
    this.#waitingBytes += bytes;
    return true;
  }

  /**
   * Returns the oldest bytes that are contiguous in memory; null if none wait. They stay valid until they are
   * {@linkcode drop}ped.
   */
  peek(): Uint8Array<ArrayBuffer> | null {
    const chunk = this.#first();
    if (chunk === undefined) return null;
    this.#peekedMs = this.#now();
    return chunk.bytes.subarray(chunk.start, chunk.end);
  }

  /** Drops the first `length` bytes of what {@linkcode peek} returned last. */
  drop(length: number): void {
    const chunk = this.#first();
    if (chunk === undefined || length > chunk.end - chunk.start) throw new RangeError("cannot drop more than waits");
    chunk.start += length;
    this.#waitingBytes -= length;
    if (chunk.start < chunk.end) {
      chunk.sinceMs = this.#peekedMs;
    } else if (this.#chunks.length > 1) {
      this.#chunks.shift();
      if (this.#spares.length < MAX_SPARES) this.#spares.push(chunk);
    }
  }

  /** Drops everything, and its memory. */
  clear(): void {
    this.#chunks.length = 0;
    this.#spares.length = 0;
    this.#waitingBytes = 0;
  }

  /** The first chunk, if it has bytes that wait. */
  #first(): Chunk | undefined {
    return this.#waitingBytes > 0 ? this.#chunks[0] : undefined;
  }

  #addChunk(): Chunk {
    const chunk = this.#spares.pop() ?? { bytes: new Uint8Array(CHUNK_BYTES), start: 0, end: 0, sinceMs: 0 };
    chunk.start = 0;
    chunk.end = 0;
    this.#chunks.push(chunk);
    return chunk;
  }
}
