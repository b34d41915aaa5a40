/**
 * The writer of a recording: takes payload from the queue to the files, at the pace of the disk.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../report/format.ts";
import type { PayloadQueue } from "./payload_queue.ts";
import type { RecordingEvent } from "./recording_event.ts";
import { type CreateFile, RecordingFile } from "./recording_file.ts";
import { DISK_ERRNO, errnoOf, explainDiskError, SinkError } from "./sink_error.ts";

/** A file that is full ends at a multiple of this, counted from its start: no TS packet is in two files. */
const TS_PACKET_BYTES = 188;
/** Our choice: a recording goes on in another file only if the limit of a file is larger than this. */
const LEAST_LIMIT_BYTES = 65_536;

/** Called with what is in the files, in order; the array is valid during the call only. */
export type Tap = (payload: Uint8Array<ArrayBuffer>) => void;

/** Where to write, and under which name. */
export interface FileRequest {
  /** Absolute path of an existing folder. */
  readonly directory: string;
  /** The stream's name, unsanitized. */
  readonly name: string;
  /** Time stamp of the name in UTC rather than local time. */
  readonly utc: boolean;
}

/** What the writer needs. */
export interface RecordingWriterOptions {
  readonly queue: PayloadQueue;
  /** Wall clock in ms since the epoch, for names; it must not jump while the recording runs. */
  readonly wallMs: () => number;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
  readonly onEvent: (event: RecordingEvent) => void;
  readonly taps: readonly Tap[];
  readonly createFile: CreateFile | undefined;
}

/** Runs from its construction to its end. Owns the open file. */
export class RecordingWriter {
  readonly #request: FileRequest;
  readonly #options: RecordingWriterOptions;
  readonly #opened = Promise.withResolvers<void>();
  readonly #files: string[] = [];
  #current: RecordingFile | null = null;
  /** The end of a write that the file did not take whole: a part of a TS packet, which taps have not been shown. */
  #held: Uint8Array<ArrayBuffer> | null = null;
  #writtenBytes = 0;
  #failure: SinkError | null = null;
  #gone: string | null = null;
  #isFinishing = false;
  #isAbandoned = false;
  #isSyncDue = false;
  #isPlaceDue = false;
  #busySinceMs: number | null = null;
  #wake: () => void = () => {};
  /** Settles when the last file is closed. Rejects for our own bugs only. */
  readonly done: Promise<void>;

  constructor(request: FileRequest, options: RecordingWriterOptions) {
    this.#request = request;
    this.#options = options;
    this.done = this.#run();
  }

  /** Settles when the first file is open or has failed. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Absolute paths of all files, in order. At the end without those that are not there. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** Bytes in the files. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** What ended recording for good, or null. */
  get failure(): SinkError | null {
    return this.#failure;
  }

  /** How the current file was removed, replaced or moved, or null. */
  get gone(): string | null {
    return this.#gone;
  }

  /** Since when a call to the disk has not returned, in ms of the clock; null if none runs. */
  get busySinceMs(): number | null {
    return this.#busySinceMs;
  }

  /** Payload waits in the queue. */
  wake(): void {
    this.#wake();
  }

  /** The disk has to keep what was written, and `isPlaceDue`: the writer checks that the file is still in place. */
  tick(isPlaceDue: boolean): void {
    this.#isSyncDue = true;
    this.#isPlaceDue ||= isPlaceDue;
    this.#wake();
  }

  /** Nothing more comes: writes what waits and ends. */
  finish(): void {
    this.#isFinishing = true;
    this.#wake();
  }

  /** Gives the disk up, and describes what is not known to be on it. No tap is shown anything and no event comes any more. */
  abandon(): string {
    this.#isAbandoned = true;
    const { queue, now } = this.#options;
    const waiting = queue.waitingBytes === 0 ? [] : [`${formatBytes(queue.waitingBytes)} are not written`];
    const unsynced = this.#current?.unsyncedBytes ?? 0;
    const unsafe = unsynced === 0 ? [] : [`its last ${formatBytes(unsynced)} may not be on the disk`];
    const parts = [...waiting, ...unsafe];
    const what = parts.length > 0 ? parts.join(", ") : "it is not closed";
    const cause = `the disk has not answered for ${formatDuration(now() - (this.#busySinceMs ?? now()))}`;
    return `${this.#current?.path ?? this.#request.directory}: ${what}: ${cause}`;
  }

  /** The writer's life, and the one place that catches the errors of the disk. */
  async #run(): Promise<void> {
    try {
      this.#begin(await this.#createFile());
      this.#opened.resolve();
      while (await this.#step(this.#file())) { /* until it has ended */ }
    } catch (error) {
      this.#fail(error);
    }
    this.#opened.resolve();
    try {
      await this.#end();
    } catch (error) {
      this.#fail(error);
    }
    this.#current?.close();
  }

  /** Does what is due, or waits for it. Returns false at the end. */
  async #step(file: RecordingFile): Promise<boolean> {
    const bytes = this.#options.queue.peek();
    if (bytes !== null) await this.#write(file, bytes);
    if (this.#isSyncDue && file.unsyncedBytes > 0) await this.#sync(file);
    if (this.#isPlaceDue) await this.#checkPlace(file);
    if (bytes !== null) return true;
    if (this.#isFinishing) return false;
    await new Promise<void>((resolve) => this.#wake = resolve);
    return true;
  }

  async #write(file: RecordingFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    let written: number;
    try {
      written = await this.#busy(() => file.write(bytes));
    } catch (error) {
      if (error instanceof AbandonedError) throw error;
      if (errnoOf(error) === DISK_ERRNO.EFBIG && file.bytes > LEAST_LIMIT_BYTES) return await this.#goOn(file);
      const action = file.bytes > 0 ? `cannot write to ${file.path}` : "cannot write anything of the recording";
      throw explainDiskError(action, error);
    }
    this.#writtenBytes += written;
    this.#keep(bytes.subarray(0, written), written < bytes.length ? file.bytes % TS_PACKET_BYTES : 0);
    this.#options.queue.drop(written);
  }

  /** `full` is as large as its file system allows: goes on in the next file, with the TS packet that was cut. */
  async #goOn(full: RecordingFile): Promise<void> {
    const next = await this.#createFile();
    let cut: Uint8Array<ArrayBuffer>;
    try {
      cut = await this.#cutHeld(full);
      await this.#sync(full);
    } catch (error) {
      if (!(error instanceof AbandonedError)) await discard(next);
      throw error;
    }
    full.close();
    this.#begin(next, full);
    for (let rest = cut; rest.length > 0;) {
      const written = await this.#writeRest(next, rest);
      this.#writtenBytes += written;
      this.#show(rest.subarray(0, written));
      rest = rest.subarray(written);
    }
  }

  async #writeRest(file: RecordingFile, rest: Uint8Array<ArrayBuffer>): Promise<number> {
    try {
      return await this.#busy(() => file.write(rest));
    } catch (error) {
      if (error instanceof AbandonedError) throw error;
      throw explainDiskError(`cannot write to ${file.path}`, error);
    }
  }

  /** Cuts off what taps have not been shown, and returns it; nothing if the file cannot be cut. */
  async #cutHeld(file: RecordingFile): Promise<Uint8Array<ArrayBuffer>> {
    const held = this.#held;
    if (held === null) return new Uint8Array();
    try {
      await this.#busy(() => file.cut(held.length));
    } catch (error) {
      if (error instanceof AbandonedError) throw error;
      this.#release();
      return new Uint8Array();
    }
    this.#held = null;
    this.#writtenBytes -= held.length;
    return held;
  }

  #begin(file: RecordingFile, full: RecordingFile | null = null): void {
    this.#current = file;
    this.#files.push(file.path);
    this.#options.onEvent(
      full === null ? { kind: "opened", file: file.path } : {
        kind: "next-file",
        file: file.path,
        previous: full.path,
        previousBytes: full.bytes,
        cause: "size-limit",
        text: `${full.path} has reached the size limit of its file system (${formatBytes(full.bytes)}): ` +
          `the recording goes on in ${file.path}`,
      },
    );
  }

  async #createFile(): Promise<RecordingFile> {
    const { directory, name, utc } = this.#request;
    const naming = { directory, name, time: { startMs: this.#options.wallMs(), utc } };
    return await this.#busy(async () => {
      const file = await RecordingFile.create(naming, this.#options.createFile);
      if (this.#isAbandoned) file.close();
      return file;
    });
  }

  async #sync(file: RecordingFile): Promise<void> {
    this.#isSyncDue = false;
    try {
      await this.#busy(() => file.sync());
    } catch (error) {
      if (error instanceof AbandonedError) throw error;
      throw explainDiskError(`cannot write ${file.path} to the disk`, error);
    }
  }

  async #checkPlace(file: RecordingFile): Promise<void> {
    this.#isPlaceDue = false;
    const gone = await this.#busy(() => file.lost());
    const isNew = this.#gone === null && gone !== null && file.bytes > 0;
    this.#gone = gone;
    if (isNew) this.#options.onEvent({ kind: "gone", text: gone });
  }

  /** The last steps, also after a failure: brings what fitted to the disk, and removes the file if it is empty. */
  async #end(): Promise<void> {
    const file = this.#current;
    if (file === null) return;
    this.#release();
    if (file.unsyncedBytes > 0) await this.#sync(file);
    await this.#checkPlace(file);
    if (this.#gone !== null || (file.bytes === 0 && await this.#busy(() => isRemoved(file.path)))) this.#files.pop();
    if (file.bytes === 0) this.#gone = null;
  }

  #fail(error: unknown): void {
    if (error instanceof AbandonedError) return;
    if (!(error instanceof SinkError)) throw error;
    this.#options.queue.clear();
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#options.onEvent({ kind: "failed", error });
  }

  #file(): RecordingFile {
    if (this.#current === null) throw new TypeError("no file is open");
    return this.#current;
  }

  /** Runs a call to the disk, and remembers since when it runs. @throws {AbandonedError} The disk was given up meanwhile. */
  async #busy<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#isAbandoned) throw new AbandonedError();
    this.#busySinceMs = this.#options.now();
    const outcome = await call().then((result) => ({ result }), (error: unknown) => ({ error }));
    this.#busySinceMs = null;
    if (this.#isAbandoned) throw new AbandonedError();
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  }

  /** Shows the taps what was written, but for its last `rest` bytes, which may have to go to the next file. */
  #keep(kept: Uint8Array<ArrayBuffer>, rest: number): void {
    this.#release();
    const shown = Math.max(0, kept.length - rest);
    this.#show(kept.subarray(0, shown));
    if (rest > 0) this.#held = kept.slice(shown);
  }

  /** Shows the taps what was held back. */
  #release(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#show(held);
  }

  #show(payload: Uint8Array<ArrayBuffer>): void {
    for (const tap of this.#options.taps) tap(payload);
  }
}

/** The disk was given up: what its calls return does not matter any more. */
class AbandonedError extends Error {}

/** Removes the file and returns whether it is gone. */
async function isRemoved(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

/** Removes a file that nothing was written to. */
async function discard(file: RecordingFile): Promise<void> {
  file.close();
  await Deno.remove(file.path).catch(() => {}); // the failure that made it useless is the one to report
}
