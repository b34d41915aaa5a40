/**
 * Writes lines in order to a stream that may be slow or broken, without ever waiting for it.
 *
 * @module
 */

/** Lines kept for a reader that does not read; about 1 MB. */
const WAITING_LINES = 4096;

/** Owns the order of the lines, not the stream. */
export class LineWriter {
  readonly #writeAll: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  #broken = false;

  /** @param writeAll Writes all bytes; rejects once the stream is broken. */
  constructor(writeAll: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>) {
    this.#writeAll = writeAll;
  }

  /**
   * Writes a text as soon as the ones before it are written.
   *
   * @param text Whole lines, the end of line included.
   */
  write(text: string, { canBeMissed = false }: { readonly canBeMissed?: boolean } = {}): void {
    if (this.#broken || (canBeMissed && this.#waiting >= WAITING_LINES)) return;
    const bytes = new TextEncoder().encode(text);
    this.#waiting += 1;
    this.#queue = this.#queue.then(() => this.#broken ? undefined : this.#writeAll(bytes)).catch(() => {
      this.#broken = true;
    }).finally(() => {
      this.#waiting -= 1;
    });
  }

  /** Settled when everything is written, or `deadlineMs` is over. */
  async flush(deadlineMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise((resolve) => timer = setTimeout(resolve, deadlineMs));
    await Promise.race([this.#queue, deadline]);
    clearTimeout(timer);
  }
}
