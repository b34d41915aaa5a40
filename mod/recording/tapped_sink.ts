/**
 * A sink that shows what it kept to others: the analysis of the stream, the checksum of the file.
 *
 * @module
 */

import type { Tap } from "./recording_writer.ts";
import type { Sink } from "./sink.ts";

export type { Tap };

/** Owns the sink within. */
export class TappedSink implements Sink {
  readonly #inner: Sink;
  readonly #taps: readonly Tap[];

  constructor(inner: Sink, taps: readonly Tap[]) {
    this.#inner = inner;
    this.#taps = taps;
  }

  /** As the sink within. */
  get file(): string | null {
    return this.#inner.file;
  }

  /** As the sink within. */
  get bytes(): number {
    return this.#inner.bytes;
  }

  /** As the sink within. */
  gone(): string | null {
    return this.#inner.gone();
  }

  /** Writes, then shows what of `payload` was kept. */
  write(payload: Uint8Array<ArrayBuffer>): void {
    const before = this.#inner.bytes;
    try {
      this.#inner.write(payload);
    } finally {
      const kept = payload.subarray(0, this.#inner.bytes - before);
      for (const tap of this.#taps) tap(kept);
    }
  }

  /** As the sink within. */
  close(): Promise<void> {
    return this.#inner.close();
  }
}
