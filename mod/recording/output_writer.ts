/**
 * The writer of a session whose payload goes to stdout: takes it from the queue at the pace of the program that reads.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../report/format.ts";
import { ERRNO, OsError } from "../os/libc.ts";
import { AbandonedError, DiskCalls } from "./disk_calls.ts";
import type { WriterOptions } from "./recording_writer.ts";
import { explainDiskError, SinkError } from "./sink_error.ts";
import { TapFeed } from "./tap_feed.ts";

/** Where the payload goes. */
export interface Output {
  /** Writes the beginning of `bytes` and returns how many bytes. @throws {OsError} */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
}

/** Runs from its construction to its end. Does not own its output. */
export class OutputWriter {
  readonly #output: Output;
  readonly #options: WriterOptions;
  readonly #calls: DiskCalls;
  readonly #feed: TapFeed;
  #writtenBytes = 0;
  #failure: SinkError | null = null;
  #isFinishing = false;
  #wake: () => void = () => {};
  /** Settles when all is written. Rejects for our own bugs only. */
  readonly done: Promise<void>;
  /** Settles at once: nothing has to be opened. */
  readonly opened: Promise<void> = Promise.resolve();
  /** There is no file. */
  readonly files: readonly string[] = [];
  /** There is nothing that could be removed. */
  readonly gone = null;

  constructor(output: Output, options: WriterOptions) {
    this.#output = output;
    this.#options = options;
    this.#calls = new DiskCalls(options.now);
    this.#feed = new TapFeed(options.taps);
    this.done = this.#run();
  }

  /** Bytes that the output has. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** The failure that ended writing, or null. */
  get failure(): SinkError | null {
    return this.#failure;
  }

  /** Null: a write that waits for the reader is usual. How long payload waits shows in the queue. */
  get busySinceMs(): null {
    return null;
  }

  /** Payload waits in the queue. */
  wake(): void {
    this.#wake();
  }

  /** Does nothing: what was written cannot be made safer. */
  tick(): void {}

  /** Nothing more comes: writes what waits and ends. */
  finish(): void {
    this.#isFinishing = true;
    this.#wake();
  }

  /** Stops waiting for the reader, and describes what it has not got. */
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

  /** The writer's life, and the one place that catches the errors of the output. */
  async #run(): Promise<void> {
    try {
      while (await this.#step());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Writes what waits, or waits for more. Returns false at the end. */
  async #step(): Promise<boolean> {
    const { queue } = this.#options;
    const bytes = queue.peek();
    if (bytes === null) {
      if (this.#isFinishing) return false;
      await new Promise<void>((resolve) => this.#wake = resolve);
      return true;
    }
    // in pieces, but all of it before the queue is asked again: the queue counts the wait from when it was asked
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
      : explainDiskError(null, error);
    onEvent({ kind: "failed", error: this.#failure });
  }
}
