/**
 * The writer of a recording: writes payload from the queue to the files, at the pace of the disk.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../report/format.ts";
import type { Cutter } from "./cutter.ts";
import { AbandonedError, DiskCalls } from "./disk_calls.ts";
import type { FileNames } from "./file_name.ts";
import type { PayloadQueue } from "./payload_queue.ts";
import type { NextFile, RecordingEvent, Rejoined } from "./recording_event.ts";
import { type CreateFile, RecordingFile } from "./recording_file.ts";
import type { EndedRecording, RejoinRequest } from "./rejoin.ts";
import { Subfolders } from "./subfolders.ts";
import { DISK_ERRNO, errnoOf, explainDiskError, SinkError } from "./sink_error.ts";
import { type Tap, TapFeed } from "./tap_feed.ts";

/** A file that is full ends at a multiple of this, counted from its start: no TS packet is in two files. */
const TS_PACKET_BYTES = 188;
/** Our choice: a recording continues in another file only if the limit of a file is larger than this. */
const MIN_LIMIT_BYTES = 65_536;

/** Our choice: if payload has waited this much longer than the call in progress has taken, the disk answers, but is too slow. */
const SLOW_MS = 500;

/**
 * How long a session that has ended waits for the session whose recording it continues. Our choice: half of the time to close.
 */
const REJOIN_MS = 2000;

/** Where to write, and under which names. */
export interface FileRequest {
  /** Absolute path of an existing folder. */
  readonly directory: string;
  readonly names: FileNames;
  /** The recording that is continued if that is possible; null or absent: a new file is begun. */
  readonly rejoin?: RejoinRequest | null;
}

/** What every writer needs. */
export interface WriterOptions {
  readonly queue: PayloadQueue;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  readonly onEvent: (event: RecordingEvent) => void;
  readonly taps: readonly Tap[];
}

/** What the writer of files needs. */
export interface RecordingWriterOptions extends WriterOptions {
  /** Start of the session in ms since the epoch, for the name of the first file, which may be created later. */
  readonly startMs: number;
  /** Wall clock in ms since the epoch, for the names of further files; it must not jump while the recording runs. */
  readonly wallMs: () => number;
  /** Decides where new files begin; null: everything goes into one file, as long as the file system allows it. */
  readonly cutter: Cutter | null;
  readonly createFile: CreateFile | undefined;
}

/** Runs from its construction to its end. Owns the open file. */
export class RecordingWriter {
  readonly #request: FileRequest;
  readonly #options: RecordingWriterOptions;
  readonly #disk: DiskCalls;
  readonly #feed: TapFeed;
  readonly #opened = Promise.withResolvers<void>();
  readonly #files: string[] = [];
  readonly #folders = new Subfolders();
  #current: RecordingFile | null = null;
  #writtenBytes = 0;
  #failure: SinkError | null = null;
  /** How many files were begun. */
  #begun = 0;
  /** How the current file was removed, replaced, moved or changed, or null. */
  #gone: string | null = null;
  /** Whether that was reported: an empty file loses nothing. */
  #isGoneReported = false;
  /** The same for the first earlier file that was removed, replaced, moved or changed. */
  #goneBefore: string | null = null;
  #isFinishing = false;
  /** When the recording was ordered to end, in ms of the clock; null before. */
  #finishedMs: number | null = null;
  /** Until when payload may wait for the end of another session, in ms of the clock. */
  #heldUntilMs = -Infinity;
  #isSyncDue = false;
  #isPlaceDue = false;
  #wake: () => void = () => {};
  /** Settles when the last file is closed. Rejects for our own bugs only. */
  readonly done: Promise<void>;

  constructor(request: FileRequest, options: RecordingWriterOptions) {
    this.#request = request;
    this.#options = options;
    this.#disk = new DiskCalls(options.now);
    this.#feed = new TapFeed(options.taps);
    this.done = this.#run();
  }

  /** Settles when the first file is open or has failed. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /**
   * Absolute paths of all files, in order. A file that was removed, replaced, moved or changed before it was complete is left out
   * when it ends, and so is a last file that stays empty.
   */
  get files(): readonly string[] {
    return this.#files;
  }

  /** Bytes that were written to the files, without those of the recording that it continues. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** The failure that ended recording, or null. */
  get failure(): SinkError | null {
    return this.#failure;
  }

  /** How a file of the recording was removed, replaced, moved or changed, or null. */
  get gone(): string | null {
    return this.#goneBefore ?? this.#gone;
  }

  /** Whether payload waits for the end of another session, and not for the disk. */
  get isHeld(): boolean {
    return this.#options.now() < this.#heldUntilMs;
  }

  /** When the call to the disk that is in progress began, in ms of the clock; null if there is none. */
  get busySinceMs(): number | null {
    return this.#disk.busySinceMs;
  }

  /** Removes folders that were made for files that do not exist any more. Never throws. */
  removeEmptyFolders(): Promise<void> {
    return this.#folders.removeEmpty();
  }

  /** Makes the writer check the queue, if it is waiting for payload. */
  wake(): void {
    this.#wake();
  }

  /** Requests a sync of what was written and, with `isPlaceDue`, a check that the file is still in place and unchanged. */
  tick(isPlaceDue: boolean): void {
    this.#isSyncDue = true;
    this.#isPlaceDue ||= isPlaceDue;
    this.#wake();
  }

  /** Ends the recording: writes what waits, and closes the file. */
  finish(): void {
    this.#options.cutter?.finish();
    this.#isFinishing = true;
    this.#finishedMs = this.#options.now();
    this.#wake();
  }

  /** Stops waiting for the disk, and describes what is not known to be on it. No tap or event handler is called after that. */
  abandon(): string {
    this.#disk.abandon();
    const { queue, now } = this.#options;
    const waiting = queue.waitingBytes === 0 ? [] : [`${formatBytes(queue.waitingBytes)} are not written`];
    const unsynced = this.#current?.unsyncedBytes ?? 0;
    const unsafe = unsynced === 0 ? [] : [`its last ${formatBytes(unsynced)} may not be on the disk`];
    const parts = [...waiting, ...unsafe];
    const what = parts.length > 0 ? parts.join(", ") : "it is not closed";
    const busyMs = now() - (this.busySinceMs ?? now());
    const waitMs = now() - (queue.oldestMs ?? now());
    const cause = waitMs - busyMs >= SLOW_MS
      ? `the disk is too slow: payload has waited for ${formatDuration(waitMs)}`
      : `the disk has not answered for ${formatDuration(busyMs)}`;
    return `${this.#current?.path ?? this.#request.directory}: ${what}: ${cause}`;
  }

  /** Writes until the end. Errors of the disk that end the recording are caught here only. */
  async #run(): Promise<void> {
    try {
      await this.#beginFirst();
      this.#opened.resolve();
      while (await this.#step(this.#file()));
    } catch (error) {
      this.#fail(error);
    }
    this.#opened.resolve();
    try {
      await this.#end();
    } catch (error) {
      this.#fail(error);
    }
    await this.#current?.close();
  }

  /** Does what is due, or waits for it. Returns false at the end. */
  async #step(file: RecordingFile): Promise<boolean> {
    if (this.#isCutDue) {
      await this.#cut(file);
      return true;
    }
    const bytes = this.#writable();
    if (bytes !== null) {
      const isEmpty = file.bytes === 0;
      if (!isEmpty) await this.#checkPlace(file); // a write would hide that the file was truncated
      await this.#write(file, bytes);
      this.#isPlaceDue ||= isEmpty; // its first size is read at once
    }
    if (this.#isSyncDue && file.unsyncedBytes > 0) {
      await this.#sync(file);
      this.#isPlaceDue = true; // what is synced counts
    }
    if (this.#isPlaceDue) await this.#checkPlace(file);
    if (this.#isCutDue || this.#writable() !== null) return true; // payload may have arrived while the disk was busy
    if (this.#isFinishing) return false;
    await new Promise<void>((resolve) => this.#wake = resolve);
    return true;
  }

  /** Reports whether a new file begins with the next payload. */
  get #isCutDue(): boolean {
    const { cutter, queue } = this.#options;
    return cutter?.next === this.#writtenBytes && queue.peek() !== null;
  }

  /** Payload that can be written to the current file, or null. */
  #writable(): Uint8Array<ArrayBuffer> | null {
    const { cutter, queue } = this.#options;
    const bytes = queue.peek();
    const room = (cutter?.limit ?? Infinity) - this.#writtenBytes;
    return bytes === null || room <= 0 ? null : bytes.subarray(0, Math.min(room, bytes.length));
  }

  async #write(file: RecordingFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    let written: number;
    try {
      written = await this.#disk.run(() => file.write(bytes));
    } catch (error) {
      if (error instanceof AbandonedError) throw error;
      if (errnoOf(error) === DISK_ERRNO.EFBIG && file.bytes > MIN_LIMIT_BYTES) return await this.#continueAfter(file);
      const action = file.bytes > 0 ? `cannot write to ${file.path}` : "cannot begin to write the recording";
      throw explainDiskError(action, error);
    }
    this.#writtenBytes += written;
    this.#feed.push(bytes.subarray(0, written), written < bytes.length ? file.bytes % TS_PACKET_BYTES : 0);
    this.#options.queue.drop(written);
  }

  /** Continues in the next file, with the TS packet that did not fit, because `full` is as large as its file system allows. */
  async #continueAfter(full: RecordingFile): Promise<void> {
    const next = await this.#createFile();
    const cut = await this.#cutHeld(full);
    const text = `${full.path} has reached the size limit of its file system (${formatBytes(full.bytes)}): ` +
      `the recording continues in ${next.path}`;
    await this.#replace(full, next, { cause: "size-limit", text });
    for (let rest = cut; rest.length > 0;) {
      const written = await this.#disk.runExplained(`cannot write to ${next.path}`, () => next.write(rest));
      this.#writtenBytes += written;
      this.#feed.push(rest.subarray(0, written));
      rest = rest.subarray(written);
    }
  }

  /** Continues in a new file, or in the old one if a new one cannot be created. */
  async #cut(file: RecordingFile): Promise<void> {
    const { cutter, onEvent } = this.#options;
    const isOrdered = cutter?.passed() ?? false;
    let next: RecordingFile;
    try {
      next = await this.#createFile();
    } catch (error) {
      if (!(error instanceof SinkError)) throw error;
      onEvent({ kind: "not-cut", isOrdered, text: `${error.message}; the recording continues in ${file.path}` });
      return;
    }
    this.#feed.release();
    const why = isOrdered
      ? { cause: "order", text: "a new file was ordered" } as const
      : { cause: "segment", text: "a new file was due" } as const;
    await this.#replace(file, next, why);
  }

  /** Ends a file, and begins the one that follows it. */
  async #replace(file: RecordingFile, next: RecordingFile, why: Pick<NextFile, "cause" | "text">): Promise<void> {
    try {
      if (file.unsyncedBytes > 0) await this.#sync(file);
      await this.#checkPlace(file);
    } catch (error) {
      if (!(error instanceof AbandonedError)) await discard(next);
      throw error;
    }
    await this.#disk.run(() => file.close());
    this.#begin(next, { previous: file, ...why });
  }

  /** Cuts off the last bytes of the file if the taps have not received them, and returns them; none if the file cannot be cut. */
  async #cutHeld(file: RecordingFile): Promise<Uint8Array<ArrayBuffer>> {
    const { held } = this.#feed;
    if (held === null) return new Uint8Array();
    try {
      await this.#disk.run(() => file.cut(held.length));
    } catch (error) {
      if (error instanceof AbandonedError) throw error;
      this.#feed.release();
      return new Uint8Array();
    }
    this.#feed.forget();
    this.#writtenBytes -= held.length;
    return held;
  }

  #begin(
    file: RecordingFile,
    change: (Pick<NextFile, "cause" | "text"> & { readonly previous: RecordingFile }) | null = null,
    rejoined: Rejoined | null = null,
  ): void {
    const isPreviousGone = this.#gone !== null;
    if (isPreviousGone) this.#files.pop();
    this.#goneBefore ??= this.#gone;
    this.#gone = null;
    this.#isGoneReported = false;
    this.#current = file;
    this.#begun += 1;
    this.#files.push(file.path);
    if (change === null) {
      return this.#options.onEvent({ kind: "opened", file: file.path, ...(rejoined === null ? {} : { rejoined }) });
    }
    const { previous, ...why } = change;
    this.#options.onEvent({
      kind: "next-file",
      file: file.path,
      previous: previous.path,
      previousBytes: previous.ownBytes,
      isPreviousGone,
      ...why,
    });
  }

  /** Continues the recording of an earlier session, or creates the first file. */
  async #beginFirst(): Promise<void> {
    const { rejoin = null } = this.#request;
    const ended = rejoin === null ? null : await this.#openEnded(rejoin);
    if (ended === null) return this.#begin(await this.#createFile());
    const { sidecar, bytes } = ended;
    this.#begun = sidecar.segment - 1;
    this.#options.cutter?.continueFile({ startMs: Date.parse(sidecar.start), bytes });
    this.#begin(await RecordingFile.continue(ended), null, ended);
  }

  /** Opens the recording to continue once its own session has closed it; null if that is not possible. */
  async #openEnded(rejoin: RejoinRequest): Promise<EndedRecording | null> {
    this.#heldUntilMs = this.#options.now() + rejoin.waitMs;
    try {
      const { openEndedRecording } = await import("./rejoin.ts"); // loaded only if needed
      const ended = await openEndedRecording(rejoin, () => this.#isRejoinGivenUp);
      if (!this.#disk.isAbandoned) return ended;
      await Promise.all([ended?.handle.close(), ended?.running[Symbol.asyncDispose]()]);
      throw new AbandonedError(); // `recover` completes the sidecar
    } finally {
      this.#heldUntilMs = -Infinity;
    }
  }

  /** Reports whether it is too late to wait for the end of another session. */
  get #isRejoinGivenUp(): boolean {
    if (this.#disk.isAbandoned) return true;
    const { queue, now } = this.#options;
    return this.#finishedMs !== null && (queue.waitingBytes === 0 || now() - this.#finishedMs >= REJOIN_MS);
  }

  async #createFile(): Promise<RecordingFile> {
    const { directory, names } = this.#request;
    const startMs = this.#begun === 0 ? this.#options.startMs : this.#options.wallMs();
    const naming = { ...names, startMs, segment: this.#begun + 1 };
    const place = { directory, folders: this.#folders, naming };
    return await this.#disk.run(async () => {
      const file = await RecordingFile.create(place, this.#options.createFile);
      if (this.#disk.isAbandoned) await file.close();
      return file;
    });
  }

  async #sync(file: RecordingFile): Promise<void> {
    this.#isSyncDue = false;
    await this.#disk.runExplained(`cannot write ${file.path} to the disk`, () => file.sync());
  }

  async #checkPlace(file: RecordingFile): Promise<void> {
    this.#isPlaceDue = false;
    const gone = await this.#disk.run(() => file.lost());
    this.#gone = gone;
    if (gone === null) this.#isGoneReported = false;
    else if (!this.#isGoneReported && file.bytes > 0) {
      this.#isGoneReported = true;
      this.#options.onEvent({ kind: "gone", text: gone });
    }
  }

  /** Runs the last steps, also after a failure: syncs what was written to the disk, and removes the file if it is empty. */
  async #end(): Promise<void> {
    const file = this.#current;
    if (file === null || this.#disk.isAbandoned) return;
    this.#feed.release();
    if (file.unsyncedBytes > 0) await this.#sync(file);
    await this.#checkPlace(file);
    if (this.#gone !== null || (file.bytes === 0 && await this.#disk.run(() => tryToRemove(file.path)))) {
      this.#files.pop();
    }
    if (file.bytes === 0) this.#gone = null;
    await this.#disk.run(() => file.close());
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
}

/** Removes a file. Returns whether it no longer exists. */
async function tryToRemove(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

/** Removes a file that nothing was written to. */
async function discard(file: RecordingFile): Promise<void> {
  await file.close();
  await Deno.remove(file.path).catch(() => {}); // the failure that made it useless is reported instead
}
