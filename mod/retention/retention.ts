/**
 * Deletes recordings by age and total size: once a minute, and soon after one is complete. Completes the sidecars of interrupted ones.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";
import { mayBeLocked } from "../os/file_lock.ts";
import { formatBytes, formatDuration } from "../report/format.ts";
import { systemProblem } from "../report/problem.ts";
import type { Reporter } from "../report/reporter.ts";
import type { SplitterEvent } from "../vocabulary/events.ts";
import { type Deletion, MIN_AGE_MS, planDeletions, type RetentionRules } from "./plan.ts";
import { RecordingsFolder, type UnfinishedRecording } from "./recordings_folder.ts";

/** Time from one pass to the next. */
const EACH_MS = 60_000;
/** Our choice: sessions that end together, and short segments, share a pass. */
const MIN_PAUSE_MS = 1000;
/** When the deletion of a recording that failed is tried again. Our choice: a disk that became read-only is mounted again. */
const RETRY_MS = 600_000;
/** How long {@linkcode Retention.close} waits for a disk. */
const CLOSE_MS = 1000;

/** What retention needs from outside. */
export interface RetentionOptions {
  /** Absolute path of the folder of recordings, without symbolic links in it. */
  readonly out: string;
  readonly reporter: Reporter;
}

/** The retention of one folder. It is the reporter of the sessions that record into it, and passes everything on. */
export class Retention implements Reporter {
  readonly #rules: RetentionRules;
  readonly #options: RetentionOptions;
  readonly #folder: RecordingsFolder;
  /** The files of the sessions that run. */
  readonly #running = new Map<string, Set<string>>();
  /** Recordings whose completion was tried. */
  readonly #tried = new Set<string>();
  /** Recordings that could not be deleted, and when that was tried, in ms of a clock that never goes back. */
  readonly #failed = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #pass: Promise<void> | null = null;
  #isRecovering = false;
  #isClosed = false;
  #problem: string | null = null;

  /** Begins with a first pass. */
  constructor(rules: RetentionRules, options: RetentionOptions) {
    this.#rules = rules;
    this.#options = options;
    this.#folder = new RecordingsFolder(options.out);
    this.#timer = setInterval(() => this.#begin(), EACH_MS);
    this.#begin();
  }

  /** Passes an event on, and begins a pass soon if a recording has become complete. */
  report(event: SplitterEvent): void {
    this.#options.reporter.report(event);
    if (event.event === "session-start" || event.event === "segment") {
      const files = this.#running.get(event.session) ?? new Set();
      if (event.file !== null) files.add(event.file);
      this.#running.set(event.session, files);
    }
    if (event.event === "session-end") this.#running.delete(event.session);
    if (event.event === "session-end" || event.event === "segment") this.#beginSoon();
  }

  /** Passes a warning on. */
  warn(text: string): void {
    this.#options.reporter.warn(text);
  }

  /** Passes a detail on. */
  debug(text: string): void {
    this.#options.reporter.debug(text);
  }

  /** Stops deleting; settled when the current deletion is over, or if the disk does not answer within 1 s. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    if (this.#pass !== null) await withDeadline(this.#pass, CLOSE_MS);
  }

  #beginSoon(): void {
    if (this.#isClosed) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#begin();
    }, MIN_PAUSE_MS);
  }

  /** Begins a pass, unless one runs: a disk that does not answer holds it, and this one only. */
  #begin(): void {
    if (this.#isClosed) return;
    this.#pass ??= this.#run().finally(() => this.#pass = null);
  }

  async #run(): Promise<void> {
    try {
      const { finished, unfinished } = await this.#folder.read();
      this.#problem = null;
      const nowMs = Date.now();
      void this.#complete(unfinished.filter(({ writtenMs }) => nowMs - writtenMs >= MIN_AGE_MS));
      const unfinishedBytes = unfinished.reduce((sum, { bytes }) => sum + bytes, 0);
      for (const deletion of planDeletions(this.#rules, { finished, unfinishedBytes, nowMs })) {
        if (this.#isClosed) return;
        const failedMs = this.#failed.get(deletion.path) ?? -Infinity;
        if (performance.now() - failedMs < RETRY_MS) continue;
        if (!await this.#delete(deletion, nowMs)) return;
      }
    } catch (error) {
      const text = `cannot read ${this.#options.out}, so no recording is deleted: ${systemProblem(error)}`;
      if (text !== this.#problem && !this.#isClosed) this.warn(text);
      this.#problem = text;
    }
  }

  /** Returns whether the pass can go on. */
  async #delete(deletion: Deletion, nowMs: number): Promise<boolean> {
    const { path: file, bytes, endMs, reason } = deletion;
    try {
      if (!await this.#folder.delete(deletion)) return true;
    } catch (error) {
      const isNew = !this.#failed.has(file);
      this.#failed.set(file, performance.now());
      if (isNew && !this.#isClosed) {
        this.warn(`cannot delete ${file}: ${systemProblem(error)}\ndelete or move it by hand`);
      }
      return false;
    }
    this.#failed.delete(file);
    if (this.#isClosed) return false;
    const end = new Date(endMs).toISOString();
    const text = this.#textOf(deletion, nowMs);
    this.report({ event: "deleted", time: new Date().toISOString(), file, bytes, end, reason, text });
    return true;
  }

  #textOf({ reason, endMs }: Deletion, nowMs: number): string {
    const { keepMs, keepBytes } = this.#rules;
    switch (reason) {
      case "keep":
        return `it ended ${formatDuration(nowMs - endMs)} ago, and recordings are kept for ${
          formatDuration(keepMs ?? 0)
        } (--keep)`;
      case "keep-size":
        return `the recordings took more than ${formatBytes(keepBytes ?? 0)} (--keep-size)`;
      default:
        return reason satisfies never;
    }
  }

  /** Completes the sidecars of recordings that no session writes any more, which may take long: the files are read. */
  async #complete(unfinished: readonly UnfinishedRecording[]): Promise<void> {
    const own = new Set([...this.#running.values()].flatMap((files) => [...files]));
    const due = new Set(unfinished.map(({ path }) => path).filter((path) => !own.has(path) && !this.#tried.has(path)));
    if (due.size === 0 || this.#isRecovering) return;
    this.#isRecovering = true;
    try {
      const { recoverFolder } = await import("../inspection/recover_folder.ts");
      await recoverFolder(this.#options.out, {
        isLocked: async (path) => !due.has(path) || await mayBeLocked(path),
        onRecovery: ({ file, outcome, text }) => {
          if (outcome === "recording") return; // by another listener, or by a session that outlived its own
          this.#tried.add(file);
          if (outcome === "recovered") this.debug(`${file}: ${text}`);
          else if (due.has(file)) this.warn(`${file}: ${text}`);
        },
      });
      this.#beginSoon();
    } catch (error) {
      this.debug(`cannot complete recordings: ${systemProblem(error)}`);
    } finally {
      this.#isRecovering = false;
    }
  }
}
