/**
 * Monitors the free space on the disk of recordings for `--min-free`: warns, causes deletions, and ends sessions before the
 * disk is full.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";
import type { DiskSpace } from "../os/disk_space.ts";
import { formatBytes, formatDuration, formatList, formatRate } from "../report/format.ts";
import { spaceHint } from "../recording/folder_check.ts";
import { FallRate, type SpaceLevels, spaceLevels } from "./free_space.ts";
import type { OnFull } from "./plan.ts";

/** Time from one check to the next. Our choice: at 100 Mbit/s, 12.5 MB are written meanwhile. */
const INTERVAL_MS = 1000;
/** How long a check waits for deletions, which may continue after that. */
const DELETING_MS = 2000;
/** How long {@linkcode SpaceMonitor.close} waits for a disk. */
const CLOSE_MS = 1000;
/** Maximum number of sessions that a warning names. */
const NAMED_SESSIONS = 5;
/** Minimum time between two warnings that callers are refused. */
const REPEAT_MS = 600_000;

/** The values of `--min-free` and `--on-full`. */
export interface SpaceRules {
  readonly minFreeBytes: number;
  readonly onFull: OnFull;
}

/** What the monitor needs from outside. */
export interface SpaceMonitorOptions {
  /** Path of the folder of recordings, for warnings. */
  readonly out: string;
  readonly warn: (text: string) => void;
  /** The same as `readSpace` of `RetentionOptions`. */
  readonly readSpace: () => Promise<DiskSpace | null>;
  /** Deletes recordings to make room. Returns whether that has freed space, or may still do so. */
  readonly makeRoom: () => Promise<boolean>;
  /** Returns why deletions have no effect, or null. */
  readonly noEffectReason: () => string | null;
  /** Ends the sessions that record onto that disk, each once, and returns them. */
  readonly endSessions: () => Promise<readonly string[]>;
  /** Returns the longest latency of the running sessions, in ms. */
  readonly longestLatencyMs: () => number;
  /** Reports whether a session records. */
  readonly isRecording: () => boolean;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
}

/**
 * The free space compared with the levels: `near` is below the level of the warning, `below` is below the level at which
 * callers are refused. Space that deletions may still free counts as free.
 */
type Level = "ample" | "near" | "below";

/** Monitors the disk of one folder. */
export class SpaceMonitor {
  readonly #options: SpaceMonitorOptions;
  readonly #rate = new FallRate();
  #rules: SpaceRules | null = null;
  #level: Level = "ample";
  /** Whether so little is free that sessions end. */
  #endsSessions = false;
  /** When it was last reported that callers are refused, and whether the report that they are admitted again is due. */
  #reportedMs = -Infinity;
  #isReported = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #check: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: SpaceMonitorOptions) {
    this.#options = options;
  }

  /** Callers are refused while fewer bytes than this are free. */
  get refusedBelowBytes(): number {
    const { minFreeBytes = 0, onFull } = this.#rules ?? {};
    return onFull === "stop" || this.#level === "below" || this.#endsSessions ? minFreeBytes : 0;
  }

  /** Sets the rules, and checks now and every second. Null: the space is not monitored. */
  setRules(rules: SpaceRules | null): void {
    if (this.#isClosed) return;
    this.#rules = rules;
    clearInterval(this.#timer);
    if (rules === null) {
      this.#level = "ample";
      this.#endsSessions = false;
      return;
    }
    this.#timer = setInterval(() => void this.check(), INTERVAL_MS);
    void this.check();
  }

  /** Checks once, unless a check is in progress: a disk that does not answer blocks one check only. Never rejects. */
  check(): Promise<void> {
    return this.#check ??= this.#run().finally(() => this.#check = null);
  }

  /** Ends the checks. Settles when the current check has ended, or after 1 s if the disk does not answer. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    if (this.#check !== null) await withDeadline(this.#check, CLOSE_MS);
  }

  async #run(): Promise<void> {
    const rules = this.#rules;
    let space = await this.#options.readSpace();
    if (rules === null || space === null) return;
    let mayHelp = false;
    let levels = this.#levels(rules, space);
    if (rules.onFull === "oldest" && space.freeBytes < levels.floorBytes) {
      const made = await withDeadline(this.#options.makeRoom(), DELETING_MS);
      mayHelp = made === "late" || made;
      space = await this.#options.readSpace() ?? space;
      levels = this.#levels(rules, space);
    }
    if (this.#isClosed || rules !== this.#rules) return;
    const { freeBytes } = space;
    const isBelow = freeBytes < levels.floorBytes && !mayHelp;
    const isNear = rules.onFull === "stop" && freeBytes < levels.warnBytes;
    this.#setLevel(isBelow ? "below" : isNear ? "near" : "ample", { space, levels });
    this.#endsSessions = freeBytes < (mayHelp ? levels.endBytes / 2 : levels.endBytes);
    if (!this.#endsSessions) return;
    const ended = await this.#options.endSessions();
    if (ended.length === 0) return;
    this.#options.warn(
      `${this.#free(freeBytes)}: ${formatList(ended, NAMED_SESSIONS)} ${ended.length === 1 ? "ends" : "end"} now, ` +
        "before the disk is full",
    );
  }

  #levels({ minFreeBytes }: SpaceRules, { freeBytes, totalBytes }: DiskSpace): SpaceLevels {
    this.#rate.add(freeBytes, this.#options.now());
    return spaceLevels(minFreeBytes, {
      totalBytes,
      fallBytesPerSecond: this.#rate.bytesPerSecond,
      latencyMs: this.#options.longestLatencyMs(),
    });
  }

  /** Notes the level, and reports its changes. */
  #setLevel(found: Level, { space, levels }: { readonly space: DiskSpace; readonly levels: SpaceLevels }): void {
    const { freeBytes } = space;
    const before = this.#level;
    const { warnBytes, floorBytes } = levels;
    // the warning of `near` is not repeated while the free space is about the same
    const isStillNear = found === "ample" && before !== "ample" && freeBytes < 2 * warnBytes - floorBytes;
    const level = isStillNear ? "near" : found;
    this.#level = level;
    if (level === before) return;
    if (level === "below") return this.#reportBelow({ space, levels });
    if (before === "below") {
      if (this.#isReported) this.#options.warn(`${this.#free(freeBytes)} again: sessions can begin`);
      this.#isReported = false;
    } else if (level === "near") {
      const floor = formatFloor(levels);
      this.#options.warn(
        `${this.#free(freeBytes)}; with less than ${floor}, no session begins${this.#due(freeBytes, levels)}\n${
          spaceHint(space, floorBytes)
        }`,
      );
    }
  }

  #reportBelow({ space, levels }: { readonly space: DiskSpace; readonly levels: SpaceLevels }): void {
    const nowMs = this.#options.now();
    if (nowMs - this.#reportedMs < REPEAT_MS) return; // the level changes often while recordings become old enough to be deleted, one by one
    this.#reportedMs = nowMs;
    this.#isReported = true;
    const why = this.#rules?.onFull === "stop"
      ? ""
      : ` and ${this.#options.noEffectReason() ?? "no recording may be deleted"}`;
    this.#options.warn(
      `${this.#free(space.freeBytes)}, less than ${
        formatFloor(levels)
      }${why}: no session begins, and sessions end when ` +
        `${formatBytes(levels.endBytes)} are left\n${spaceHint(space, levels.floorBytes)}`,
    );
  }

  /** Returns text on when callers will be refused at the current rate; empty if the rate is 0 or unknown, or no session records. */
  #due(freeBytes: number, { floorBytes }: SpaceLevels): string {
    const rate = this.#rate.bytesPerSecond;
    if (rate === 0 || !this.#options.isRecording()) return "";
    return `: at ${formatRate(rate * 8)} in ${formatDuration((freeBytes - floorBytes) / rate * 1000)}`;
  }

  #free(freeBytes: number): string {
    return `${formatBytes(freeBytes)} are free in ${this.#options.out}`;
  }
}

function formatFloor({ floorBytes }: SpaceLevels): string {
  return `${formatBytes(floorBytes)} (--min-free)`;
}
