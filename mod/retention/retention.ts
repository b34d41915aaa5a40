/**
 * Deletes recordings by age, total size and free space, in passes: once a minute, soon after a recording is complete, and when
 * space is short. A pass reads the folder, completes the sidecars of interrupted recordings, and deletes what the rules demand.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";
import type { DiskSpace } from "../os/disk_space.ts";
import { folderOf } from "../os/path.ts";
import type { SegmentRules } from "../recording/segment_schedule.ts";
import { systemProblem } from "../report/problem.ts";
import type { Reporter } from "../report/reporter.ts";
import type { SplitterEvent } from "../vocabulary/events.ts";
import { Deletions } from "./deletions.ts";
import { DeletionEffect, floorBytes } from "./free_space.ts";
import { InterruptedRecordings } from "./interrupted.ts";
import { type FinishedRecording, maxGrowthBytes, MIN_AGE_MS, planDeletions, type RetentionRules } from "./plan.ts";
import { deviceOf, type FoundRecordings, RecordingsFolder } from "./recordings_folder.ts";
import { RunningSessions } from "./running_sessions.ts";
import { SpaceMonitor } from "./space_monitor.ts";

/** Time from one pass to the next. */
const INTERVAL_MS = 60_000;
/** Our choice: sessions that end together, and short segments, share a pass. */
const MIN_PAUSE_MS = 1000;
/** Minimum time between two passes for free space if the first deleted nothing. Our choice: each pass reads the folder. */
const NO_ROOM_MS = 5000;
/** How long {@linkcode Retention.close} waits for a disk. */
const CLOSE_MS = 1000;
/** How long a pass waits for the completion of interrupted recordings, whose age is not known before. Our choice. */
const COMPLETE_MS = 10_000;
/** If less than this fraction of `--min-free` is free, a pass does not wait for interrupted recordings. */
const URGENT_FRACTION = 0.5;

/** What retention needs from outside. */
export interface RetentionOptions {
  /** Absolute path of the folder of recordings, without symbolic links in it. */
  readonly out: string;
  readonly reporter: Reporter;
  /** When a recording continues in a new file; null: never. */
  readonly segments: SegmentRules | null;
  /**
   * Reads the space of the folder's disk. Null if the folder is gone or is on a different disk than at the start, or if the disk
   * does not report its size. Does not settle while the disk does not answer.
   */
  readonly readSpace: () => Promise<DiskSpace | null>;
  /** Ends these sessions because their disk is almost full. */
  readonly endSessions: (sessions: readonly string[]) => void;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
}

/** The retention of one folder. It is the reporter of the sessions that record into it, and passes all reports on. */
export class Retention implements Reporter {
  readonly #options: RetentionOptions;
  readonly #folder: RecordingsFolder;
  readonly #deletions: Deletions;
  readonly #running = new RunningSessions();
  readonly #interrupted: InterruptedRecordings;
  readonly #space: SpaceMonitor;
  readonly #effect = new DeletionEffect();
  /** Sessions that were ordered to end. */
  readonly #ending = new Set<string>();
  readonly #closed = Promise.withResolvers<void>();
  #rules: RetentionRules | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #pass: Promise<boolean> | null = null;
  /** When a pass for free space last deleted nothing for `--min-free`. */
  #noRoomMs = -Infinity;
  #isClosed = false;
  #problem: string | null = null;
  /** Bytes of all recordings after the last pass; null before the first one. */
  #usedBytes: number | null = null;

  /** Does nothing until {@linkcode Retention.setRules}. */
  constructor(options: RetentionOptions) {
    this.#options = options;
    const { out, reporter, readSpace, now } = options;
    this.#folder = new RecordingsFolder(out);
    this.#deletions = new Deletions(this.#folder, { reporter: this, now });
    this.#interrupted = new InterruptedRecordings(out, reporter);
    this.#space = new SpaceMonitor({
      out,
      warn: (text) => {
        if (!this.#isClosed) reporter.warn(text);
      },
      readSpace,
      makeRoom: () => this.#makeRoom(),
      noEffectReason: () =>
        this.#effect.hasNoEffect ? "deleting recordings frees no space: a snapshot or a program still uses it" : null,
      endSessions: () => this.#endSessions(),
      longestLatencyMs: () => this.#running.longestLatencyMs,
      isRecording: () => this.isRecording,
      now,
    });
  }

  /** Sets the rules and begins a pass. Null: nothing is deleted. */
  setRules(rules: RetentionRules | null): void {
    if (this.#isClosed) return;
    this.#rules = rules;
    clearInterval(this.#timer);
    const { minFreeBytes = null, onFull = "stop" } = rules ?? {};
    this.#space.setRules(minFreeBytes === null ? null : { minFreeBytes, onFull });
    this.#noRoomMs = -Infinity;
    if (rules === null) return;
    this.#timer = setInterval(() => void this.#begin(), INTERVAL_MS);
    void this.#runNext();
  }

  /** Callers are refused while fewer bytes than this are free on the disk. */
  get refusedBelowBytes(): number {
    return this.#space.refusedBelowBytes;
  }

  /** Whether a session records into the folder. */
  get isRecording(): boolean {
    return this.#running.current.size > 0;
  }

  /** Returns the bytes by which the recordings can grow at most at this rate, because old ones are deleted; null: no limit. */
  maxGrowthBytes(bytesPerSecond: number): number | null {
    if (this.#rules === null || this.#usedBytes === null) return null;
    const sessions = this.#running.current.size;
    const { segments } = this.#options;
    return maxGrowthBytes(this.#rules, { usedBytes: this.#usedBytes, bytesPerSecond, sessions, segments });
  }

  /** Returns the bytes of an earlier file of a running session if it was deleted, otherwise null. */
  deletedBytes(file: string): number | null {
    return this.#running.deletedBytes(file);
  }

  /** Passes an event on, and begins a pass soon if a recording has become complete. */
  report(event: SplitterEvent): void {
    this.#options.reporter.report(event);
    if (event.event === "session-end") this.#ending.delete(event.session);
    if (this.#running.note(event, this.#options.now())) this.#beginSoon();
  }

  /** Passes a warning on. */
  warn(text: string): void {
    this.#options.reporter.warn(text);
  }

  /** Passes a detail on. */
  debug(text: string): void {
    this.#options.reporter.debug(text);
  }

  /** Stops deleting. Settles when the current deletion has ended, or after 1 s if the disk does not answer. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closed.resolve();
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    const space = this.#space.close();
    if (this.#pass !== null) await withDeadline(this.#pass, CLOSE_MS);
    await space;
    this.#deletions.close();
  }

  #beginSoon(): void {
    if (this.#isClosed || this.#rules === null) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.#begin();
    }, MIN_PAUSE_MS);
  }

  /**
   * Begins a pass, unless one is in progress: a disk that does not answer blocks one pass only. Never rejects.
   *
   * @returns Whether recordings were deleted for `--min-free`, or earlier deletions may still free space
   */
  async #begin(): Promise<boolean> {
    const rules = this.#rules;
    if (this.#isClosed || rules === null) return false;
    return await (this.#pass ??= this.#run(rules).finally(() => this.#pass = null));
  }

  /** Runs a whole pass. If one is in progress, waits for its end first. */
  async #runNext(): Promise<boolean> {
    if (this.#pass !== null) await this.#pass;
    return await this.#begin();
  }

  /** Deletes recordings to make room. Returns whether that has freed space, or may still do so. */
  async #makeRoom(): Promise<boolean> {
    if (this.#options.now() - this.#noRoomMs < NO_ROOM_MS) return false;
    const isMade = await this.#runNext();
    if (!isMade) this.#noRoomMs = this.#options.now();
    return isMade;
  }

  async #run(rules: RetentionRules): Promise<boolean> {
    try {
      const found = await this.#find(rules);
      this.#problem = null;
      return await this.#deleteAll(rules, found);
    } catch (error) {
      const text = `cannot read ${this.#options.out}, so no recording is deleted: ${systemProblem(error)}`;
      if (text !== this.#problem && !this.#isClosed) this.warn(text);
      this.#problem = text;
      return false;
    }
  }

  /** Reads the folder. Completes interrupted recordings first, unless that takes long or space is needed at once. */
  async #find(rules: RetentionRules): Promise<FoundRecordings> {
    const own = this.#running.files;
    const mayHaveChanged = (path: string) => own.has(path) || this.#running.isFresh(path, this.#options.now());
    const found = await this.#folder.read(mayHaveChanged);
    const nowMs = Date.now();
    const due = found.unfinished
      .filter(({ path, writtenMs }) => nowMs - writtenMs >= MIN_AGE_MS && !own.has(path))
      .map(({ path }) => path);
    const completed = this.#interrupted.complete(due);
    const { minFreeBytes, onFull } = rules;
    const space = minFreeBytes === null || onFull === "stop" ? null : await this.#options.readSpace();
    if (space !== null && minFreeBytes !== null && space.freeBytes < minFreeBytes * URGENT_FRACTION) return found;
    const result = await withDeadline(Promise.race([completed, this.#closed.promise]), COMPLETE_MS);
    if (result === "late") void completed.then(() => this.#beginSoon());
    return result === true ? await this.#folder.read(mayHaveChanged) : found;
  }

  /**
   * Deletes what the rules demand. Returns whether recordings were deleted for `--min-free`, or earlier deletions may still free
   * space.
   */
  async #deleteAll(rules: RetentionRules, { finished, unfinished }: FoundRecordings): Promise<boolean> {
    const nowMs = Date.now();
    const { minFreeBytes, onFull } = rules;
    const space = minFreeBytes === null || onFull === "stop" ? null : await this.#options.readSpace();
    const mayBeDeleted = ({ path }: FinishedRecording) =>
      !this.#deletions.hasFailed(path) && !this.#running.isFresh(path, this.#options.now());
    const { held = [], deletable = [] } = Object.groupBy(
      finished,
      (recording) => mayBeDeleted(recording) ? "deletable" : "held",
    );
    const plan = planDeletions(rules, {
      finished: deletable,
      heldBytes: [...unfinished, ...held].reduce((sum, { bytes }) => sum + bytes, 0),
      missingBytes: this.#missingBytes(minFreeBytes, space),
      nowMs,
    });
    let hasMadeRoom = false;
    let usedBytes = [...finished, ...unfinished].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const deletion of plan) {
      if (this.#isClosed || rules !== this.#rules) break; // the rules have changed
      const isDeleted = await this.#deletions.delete(deletion, { rules, nowMs });
      if (isDeleted) usedBytes -= deletion.bytes;
      if (isDeleted && deletion.reason === "min-free") hasMadeRoom = true;
    }
    this.#usedBytes = usedBytes;
    if (space !== null && hasMadeRoom) await this.#noteEffect(space);
    return hasMadeRoom || this.#effect.isPending;
  }

  #missingBytes(minFreeBytes: number | null, space: DiskSpace | null): number {
    if (minFreeBytes === null || space === null) return 0;
    const missingBytes = floorBytes(minFreeBytes, space) - space.freeBytes;
    if (missingBytes <= 0) this.#effect.reset();
    return this.#effect.mayDelete(space.freeBytes, this.#options.now()) ? Math.max(0, missingBytes) : 0;
  }

  /** Notes whether the deletions had an effect, which most file systems show at once. `before`: the space before them. */
  async #noteEffect(before: DiskSpace): Promise<void> {
    this.#effect.noteDeletions(before.freeBytes, this.#options.now());
    const after = await this.#options.readSpace();
    if (after !== null) this.#effect.mayDelete(after.freeBytes, this.#options.now());
  }

  /** Ends the sessions that record onto the disk of the folder, each once, and returns them. */
  async #endSessions(): Promise<readonly string[]> {
    const device = await deviceOrNull(this.#options.out);
    const sessions: string[] = [];
    for (const [session, file] of this.#running.current) {
      if (this.#ending.has(session)) continue;
      const own = file === null ? device : await deviceOrNull(folderOf(file));
      if (own === device) sessions.push(session);
    }
    for (const session of sessions) this.#ending.add(session);
    this.#options.endSessions(sessions);
    return sessions;
  }
}

/** Returns the device number of a folder's file system; null if the folder cannot be read. */
async function deviceOrNull(folder: string): Promise<number | null> {
  try {
    return await deviceOf(folder);
  } catch {
    return null;
  }
}
