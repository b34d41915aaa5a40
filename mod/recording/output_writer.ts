/**
 * The writer of a session whose payload goes to stdout: takes payload from the queue at the rate of the program that reads stdout.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../report/format.ts";
import { ERRNO, OsError } from "../os/libc.ts";
import { AbandonedError, DiskCalls } from "./disk_calls.ts";
import type { WriterOptions } from "./recording_writer.ts";
import { DISK_ERRNO, explainDiskError, SinkError } from "./sink_error.ts";
import { TapFeed } from "./tap_feed.ts";

/** What to do if stdout fails with these errors; for other errors, it is the same as for a file. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [ERRNO.EBADF, "open stdout for writing, for example with > FILE"],
  [DISK_ERRNO.ENOSPC, "make room on the disk of the file to which stdout goes"],
]);

/** Where the payload goes. */
export interface Output {
  /** Writes the beginning of `bytes` and returns the number of bytes written. @throws {OsError} */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
}

/** Writes from its construction until {@linkcode OutputWriter.done}. Does not close its output. */
export class OutputWriter {
  readonly #output: Output;
  readonly #options: WriterOptions;
  readonly #calls: DiskCalls;
  readonly #feed: TapFeed;
  #writtenBytes = 0;
  #failure: SinkError | null = null;
  #isFinishing = false;
  #wake: () => void = () => {};
  /** Settles when all is written, or has failed. Rejects only if this program has an error. */
  readonly done: Promise<void>;
  /** Settles at once: there is nothing to open. */
  readonly opened: Promise<void> = Promise.resolve();
  /** Empty: there is no file. */
  readonly files: readonly string[] = [];
  /** Null: there is no file that could be removed. */
  readonly gone = null;

  constructor(output: Output, options: WriterOptions) {
    this.#output = output;
    this.#options = options;
    this.#calls = new DiskCalls(options.now);
    this.#feed = new TapFeed(options.taps);
    this.done = this.#run();
  }

  /** Bytes that the output has accepted. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** The failure that ended writing, or null. */
  get failure(): SinkError | null {
    return this.#failure;
  }

  /** Null: it is normal that a write waits for the reader. The queue shows how long payload waits. */
  get busySinceMs(): null {
    return null;
  }

  /** Makes the writer check the queue, if it is waiting for payload. */
  wake(): void {
    this.#wake();
  }

  /** Does nothing: there is no file to check. */
  tick(): void {}

  /** Writes what still waits in the queue, and ends. */
  finish(): void {
    this.#isFinishing = true;
    this.#wake();
  }

  /** Stops waiting for the reader, and describes what the reader has not received. */
  abandon(): string {
    this.#calls.abandon();
    const { queue, now } = this.#options;
    const waitMs = now() - (queue.oldestMs ?? now());
    return `${
      formatBytes(queue.waitingBytes)
    } are not written: the program that reads stdout is too slow, and payload has ` +
      `waited for ${formatDuration(waitMs)}`;
  }

  /** Does nothing: there are no folders. */
  removeEmptyFolders(): Promise<void> {
    return Promise.resolve();
  }

  /** Writes to the end. The only place that catches errors of the output. */
  async #run(): Promise<void> {
    try {
      while (await this.#step());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Writes the waiting payload, or waits for more. Returns false at the end. */
  async #step(): Promise<boolean> {
    const { queue } = this.#options;
    const bytes = queue.peek();
    if (bytes === null) {
      if (this.#isFinishing) return false;
      await new Promise<void>((resolve) => this.#wake = resolve);
      return true;
    }
    // `peek` is not called again for the rest, because the queue would then treat the rest as payload that was just added
    for (let rest = bytes; rest.length > 0;) {
      const written = await this.#calls.run(() => this.#output.write(rest));
      this.#writtenBytes += written;
      this.#feed.push(rest.subarray(0, written));
      queue.drop(written);
      rest = rest.subarray(written);
    }
    return true;
  }

  #fail(error: unknown): void {
    if (error instanceof AbandonedError) return;
    if (!(error instanceof OsError)) throw error;
    const { queue, onEvent } = this.#options;
    queue.clear();
    const isClosed = error.errno === ERRNO.EPIPE || error.errno === ERRNO.ECONNRESET;
    this.#failure = isClosed
      ? new SinkError("the program that reads stdout has closed it", {
        reason: "output-closed",
        hint: "",
        cause: error,
      })
      : explainDiskError(null, error, { hint: HINTS.get(error.errno) });
    onEvent({ kind: "failed", error: this.#failure });
  }
}
