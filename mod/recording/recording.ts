/**
 * A session's recording: received payload waits in memory for a separate writer, so that a slow disk does not delay receiving.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";
import { Ticker } from "../os/timer.ts";
import { formatBytes, formatDuration } from "../report/format.ts";
import { Cutter, type PlaceFinder } from "./cutter.ts";
import { PayloadQueue } from "./payload_queue.ts";
import type { RecordingEvent } from "./recording_event.ts";
import type { CreateFile } from "./recording_file.ts";
import {
  type FileRequest,
  RecordingWriter,
  type RecordingWriterOptions,
  type WriterOptions,
} from "./recording_writer.ts";
import type { SegmentRules } from "./segment_schedule.ts";
import type { SinkError } from "./sink_error.ts";
import { type StallChange, StallMonitor } from "./stall_monitor.ts";
import type { Tap } from "./tap_feed.ts";

/** Our choice: payload that may wait for the disk, 26 s at 20 Mbit/s. The memory grows with the payload that waits. */
const LIMIT_BYTES = 67_108_864;
/**
 * How often written payload is synced to the disk. A power cut loses what was written after the last sync, and what was not
 * written yet.
 */
const TICK_MS = 500;
/**
 * Payload is written to a file once this many bytes wait, or once the oldest byte has waited this long: waking threads
 * for a write costs more than the write. Our choice: a player that reads the file is not affected.
 */
const BATCH = { bytes: 262_144, ms: 150 } as const;
/** Ticks between two checks that the file is still in place. */
const PLACE_TICKS = 2;

/** A writer that takes payload from the queue, at its own rate. */
export interface SinkWriter {
  /** Settles when the first file is open or has failed. */
  readonly opened: Promise<void>;
  /** Absolute paths of all files, in order. */
  readonly files: readonly string[];
  readonly writtenBytes: number;
  readonly failure: SinkError | null;
  /** How a file of the recording was removed, replaced, moved or changed, or null. */
  readonly gone: string | null;
  /** Whether payload waits for something other than the target; absent: never. */
  readonly isHeld?: boolean;
  /** When the call in progress began, in ms of the clock; null if there is none. */
  readonly busySinceMs: number | null;
  /** Settles when all is written and closed, or has failed. */
  readonly done: Promise<void>;
  /** Makes the writer check the queue, if it is waiting for payload. */
  wake(): void;
  /** Called at each tick (500 ms). `isPlaceDue`: the writer must check whether the file is still at its path, and unchanged. */
  tick(isPlaceDue: boolean): void;
  /** Writes what still waits in the queue, and ends. */
  finish(): void;
  /** Stops waiting, and describes what is not written. No tap and no event handler is called after that. */
  abandon(): string;
  /** Removes folders that were created for files that no longer exist. Never throws. */
  removeEmptyFolders(): Promise<void>;
}

/** Where the payload goes. */
export type SinkRequest =
  | { readonly kind: "none" }
  | ({ readonly kind: "file" } & FileRequest)
  | { readonly kind: "stdout"; readonly startWriter: (options: WriterOptions) => SinkWriter };

/** Payload that is not in the recording because too much was waiting to be written. */
export interface Dropped {
  /** Bytes of the recording before the gap. */
  readonly offset: number;
  /** Payload bytes missing. */
  readonly bytes: number;
  /** When the first of it arrived, in ms of the clock. */
  readonly sinceMs: number;
  /** When the last of it arrived, in ms of the clock. */
  readonly untilMs: number;
}

/** What a recording needs from its session. */
export interface RecordingOptions {
  /** Start of the session in ms since the epoch, for the name of the first file. */
  readonly startMs: number;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  readonly onEvent: (event: RecordingEvent) => void;
  /** Called with what is in the files, in order; for kind `none`, with all payload. */
  readonly taps?: readonly Tap[];
  /** Returns the type of the file system that holds a folder, or null, without reading from the disk. */
  readonly fileSystemOf?: (folder: string) => string | null;
  /** When new files are due; null: never. Has no effect without `newFinder`. */
  readonly segments?: SegmentRules | null;
  readonly newFinder?: () => PlaceFinder;
  readonly createFile?: CreateFile;
  /** Payload that may wait for the disk; 64 MiB unless given. */
  readonly limitBytes?: number;
  /** Time between two checks of the disk, in ms; 500 unless given. */
  readonly tickMs?: number;
}

/** Owns its files until it is closed. */
export class Recording {
  readonly #request: SinkRequest;
  readonly #options: RecordingOptions;
  readonly #queue: PayloadQueue;
  /** Null for kind `none`. */
  readonly #writer: SinkWriter | null;
  /** Null if there are no files. */
  readonly #cutter: Cutter | null;
  readonly #stalls: StallMonitor;
  readonly #dropped: Dropped[] = [];
  #room = new Uint8Array();
  #acceptedBytes = 0;
  #droppedBytes = 0;
  /** Whether the last payload was dropped: the next one that is dropped belongs to the same gap. */
  #isDropping = false;
  #ticks = 0;
  #timer: Ticker | undefined;
  #closing: Promise<void> | null = null;
  #unsafe: string | null = null;

  private constructor(request: SinkRequest, options: RecordingOptions) {
    const { startMs, now, onEvent, taps = [], segments = null, newFinder, createFile } = options;
    const { limitBytes = LIMIT_BYTES, tickMs = TICK_MS } = options;
    const beginMs = now();
    const wallMs = () => startMs + now() - beginMs;
    this.#request = request;
    this.#options = options;
    this.#queue = new PayloadQueue(limitBytes, now);
    this.#stalls = new StallMonitor(beginMs);
    this.#cutter = request.kind === "file"
      ? new Cutter({ rules: newFinder === undefined ? null : segments, wallMs, newFinder })
      : null;
    this.#writer = startWriter(request, {
      startMs,
      queue: this.#queue,
      wallMs,
      now,
      onEvent,
      taps,
      cutter: this.#cutter,
      createFile,
    });
    if (this.#writer === null) return;
    this.#timer = new Ticker(tickMs, () => this.#tick());
    this.#writer.done.finally(() => this.#timer?.[Symbol.dispose]());
  }

  /**
   * Starts a recording, and returns immediately: the file is created on another thread. Kind `none` only counts bytes. Errors
   * of the disk are never thrown.
   */
  static start(request: SinkRequest, options: RecordingOptions): Recording {
    return new Recording(request, options);
  }

  /** Where the payload goes. */
  get kind(): SinkRequest["kind"] {
    return this.#request.kind;
  }

  /** Settles when the first file is open or has failed; at once if the payload does not go to files. */
  get opened(): Promise<void> {
    return this.#writer?.opened ?? Promise.resolve();
  }

  /** Bytes that {@linkcode take} accepted. Unless recording has failed, they are written or wait to be written. */
  get acceptedBytes(): number {
    return this.#acceptedBytes;
  }

  /** Bytes that were written to the files or to stdout; for kind `none`, all accepted bytes. */
  get writtenBytes(): number {
    return this.#writer?.writtenBytes ?? this.#acceptedBytes;
  }

  /** Gaps that a slow disk, or a slow reader of stdout, caused, in order. */
  get dropped(): readonly Dropped[] {
    return this.#dropped;
  }

  /** Absolute path of the current file; null before the first is open, and at the end if no file exists any more. */
  get file(): string | null {
    return this.files.at(-1) ?? null;
  }

  /** Absolute paths of all files, in order. {@linkcode RecordingWriter.files} describes which are left out. */
  get files(): readonly string[] {
    return this.#writer?.files ?? [];
  }

  /** The failure that ended recording, or null. */
  get failure(): SinkError | null {
    return this.#writer?.failure ?? null;
  }

  /** How a file of the recording was removed, replaced, moved or changed, or null. */
  get gone(): string | null {
    return this.#writer?.gone ?? null;
  }

  /** Describes what may not be on the disk because {@linkcode close} stopped waiting for it, or null. */
  get unsafe(): string | null {
    return this.#unsafe;
  }

  /**
   * Returns memory for payload. The code that calls this fills it, then calls {@linkcode take}, and owns it until the next call
   * of this method, except for the bytes that {@linkcode take} has accepted.
   *
   * @param minBytes At most 1 MiB.
   */
  room(minBytes: number): Uint8Array<ArrayBuffer> {
    return this.#room = this.#queue.room(minBytes);
  }

  /**
   * Accepts the first `bytes` of what {@linkcode room} returned last. Never blocks or throws. If too much waits for the disk,
   * all of them are dropped and the gap is remembered. After a failure or a call of {@linkcode close}, they are ignored.
   */
  take(bytes: number): void {
    if (bytes === 0 || this.failure !== null || this.#closing !== null) return;
    if (this.#writer !== null && !this.#queue.take(bytes)) return this.#drop(bytes);
    this.#cutter?.push(this.#room.subarray(0, bytes), this.#acceptedBytes);
    this.#acceptedBytes += bytes;
    this.#isDropping = false;
    if (this.#writer !== null) return this.writeDue();
    for (const tap of this.#options.taps ?? []) tap(this.#room.subarray(0, bytes));
  }

  /**
   * Starts writing if enough payload waits, or if it has waited long enough; for stdout, if any payload waits. Call it regularly,
   * even if no payload arrives.
   */
  writeDue(): void {
    const { waitingBytes, oldestMs } = this.#queue;
    if (oldestMs === null) return;
    const isDue = waitingBytes >= BATCH.bytes || this.#options.now() - oldestMs >= BATCH.ms;
    if (isDue || this.#request.kind === "stdout") this.#writer?.wake();
  }

  /**
   * Orders a new file, which begins at the next place that players can start from. The event `next-file` or `not-cut` follows,
   * unless the recording ends before.
   *
   * @returns Why no new file can begin, or null.
   */
  cut(newFinder: () => PlaceFinder): string | null {
    if (this.#cutter === null) return "its payload is not written to a file";
    if (this.failure !== null || this.#closing !== null) return "its recording has ended";
    if (this.#acceptedBytes === 0) return "nothing has been recorded yet";
    this.#cutter.order(newFinder);
    return null;
  }

  /**
   * Writes the rest of the queue, waits until it is on the disk, and closes the file. An empty file is removed. Idempotent.
   *
   * @param deadlineMs How long to wait for the disk. After that, {@linkcode unsafe} is set.
   */
  close(deadlineMs: number): Promise<void> {
    return this.#closing ??= this.#close(deadlineMs);
  }

  /**
   * Removes folders that were made for files that do not exist any more. Call it after the sidecars are removed. Never throws.
   *
   * @param deadlineMs How long to wait for the disk.
   */
  async removeEmptyFolders(deadlineMs: number): Promise<void> {
    if (this.#writer !== null && this.#unsafe === null) {
      await withDeadline(this.#writer.removeEmptyFolders(), deadlineMs);
    }
  }

  async #close(deadlineMs: number): Promise<void> {
    const writer = this.#writer;
    if (writer === null) return;
    writer.finish();
    const outcome = await withDeadline(writer.done, deadlineMs);
    this.#timer?.[Symbol.dispose]();
    if (outcome === "late") this.#unsafe = writer.abandon();
    else if (this.failure === null && this.#queue.waitingBytes > 0) throw new TypeError("payload was not written");
  }

  #drop(bytes: number): void {
    const nowMs = this.#options.now();
    this.#droppedBytes += bytes;
    const gap = this.#isDropping ? this.#dropped.pop() : undefined;
    this.#dropped.push({
      offset: this.#acceptedBytes,
      bytes: (gap?.bytes ?? 0) + bytes,
      sinceMs: gap?.sinceMs ?? nowMs,
      untilMs: nowMs,
    });
    this.#isDropping = true;
  }

  #tick(): void {
    const { now, onEvent } = this.#options;
    this.#ticks += 1;
    this.#writer?.tick(this.#ticks % PLACE_TICKS === 0);
    // payload waits for the cutter or for the end of another session, not for the disk
    const isHeld = this.#writer?.isHeld === true || (this.#cutter?.limit ?? Infinity) <= this.writtenBytes;
    const waitsSinceMs = isHeld ? Infinity : this.#queue.oldestMs ?? Infinity;
    const behindSinceMs = Math.min(this.#writer?.busySinceMs ?? Infinity, waitsSinceMs);
    const change = this.#stalls.check({ nowMs: now(), behindSinceMs, droppedBytes: this.#droppedBytes });
    if (change !== null) onEvent(this.#describe(change));
  }

  #describe(change: StallChange): RecordingEvent {
    const isDisk = this.#request.kind === "file";
    if (change.kind === "resumed") {
      const { stalledMs, droppedBytes } = change;
      const lost = droppedBytes === 0 ? "nothing was lost" : `${formatBytes(droppedBytes)} of payload were lost`;
      const what = isDisk ? "the disk answers again" : "the program that reads stdout has caught up";
      return { ...change, text: `${what} after ${formatDuration(stalledMs)}: ${lost}` };
    }
    const folder = this.#request.kind === "file" ? this.#request.directory : "";
    const fileSystem = isDisk ? this.#options.fileSystemOf?.(folder) ?? null : null;
    const disk = fileSystem === null ? folder : `${folder} (${fileSystem})`;
    const limit = formatBytes(this.#options.limitBytes ?? LIMIT_BYTES);
    const what = isDisk ? `the disk does not answer: ${disk}` : "the program that reads stdout is too slow";
    return {
      ...change,
      folder,
      fileSystem,
      text: `${what}; payload waits in memory, up to ${limit}`,
    };
  }
}

function startWriter(request: SinkRequest, options: RecordingWriterOptions): SinkWriter | null {
  switch (request.kind) {
    case "none":
      return null;
    case "file":
      return new RecordingWriter(request, options);
    case "stdout":
      return request.startWriter(options);
    default:
      return request satisfies never;
  }
}
