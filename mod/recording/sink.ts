/**
 * Where a session's payload goes.
 *
 * @module
 */

export { SinkError } from "./sink_error.ts";

/** Takes payload in order. */
export interface Sink {
  /** Absolute path, or null where nothing is kept. After {@linkcode close} null also where no such file is there. */
  readonly file: string | null;
  /** Bytes taken and written. */
  readonly bytes: number;
  /**
   * What became of the file where somebody took it away, in words; null where it is at its path, and where there is none. After
   * {@linkcode close}: what was so then.
   */
  gone(): string | null;
  /** Takes all of `payload` before it returns; the caller may reuse it then. @throws {SinkError} */
  write(payload: Uint8Array<ArrayBuffer>): void;
  /** All that was written is on disk when this settles. Idempotent. @throws {SinkError} */
  close(): Promise<void>;
}

/** A sink that only counts. */
export class NullSink implements Sink {
  readonly file = null;
  #bytes = 0;

  /** Bytes taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** There is no file. */
  gone(): null {
    return null;
  }

  /** Counts. */
  write(payload: Uint8Array<ArrayBuffer>): void {
    this.#bytes += payload.length;
  }

  /** Nothing to do. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
