/**
 * Watches the free space of the disk of recordings for `--min-free`: warns, has recordings deleted, and ends sessions before the
 * disk is full.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";
import type { DiskSpace } from "../os/disk_space.ts";
import { formatBytes, formatDuration, formatList, formatRate } from "../report/format.ts";
import { FallRate, type SpaceLevels, spaceLevels } from "./free_space.ts";
import type { OnFull } from "./plan.ts";

/** Time from one check to the next. Our choice: at 100 Mbit/s, 12.5 MB are written meanwhile. */
const EACH_MS = 1000;
/** How long a check waits for deletions, which go on after that. */
const DELETING_MS = 2000;
/** How long {@linkcode SpaceWatch.close} waits for a disk. */
const CLOSE_MS = 1000;
/** Sessions that a warning names. */
const NAMED_SESSIONS = 5;
/** After this, the same warning is worth repeating. */
const REPEAT_MS = 600_000;
const ADVICE = "make room in the folder of recordings; a restart is not needed";

/** What `--min-free` and `--on-full` ask for. */
export interface SpaceRules {
  readonly minFreeBytes: number;
  readonly onFull: OnFull;
}

/** What it needs from outside. */
export interface SpaceWatchOptions {
  /** The folder of recordings, for its warnings. */
  readonly out: string;
  readonly warn: (text: string) => void;
  /** Null if the disk cannot be asked, or is not the one that it was at the start. */
  readonly readSpace: () => Promise<DiskSpace | null>;
  /** Deletes recordings for room. Returns whether that has helped, or still may. */
  readonly makeRoom: () => Promise<boolean>;
  /** Why deleting no longer helps, or null. */
  readonly inVain: () => string | null;
  /** Ends the sessions that record onto that disk, each once, and returns them. */
  readonly endSessions: () => Promise<readonly string[]>;
  /** Of the sessions that run, in ms. */
  readonly longestLatencyMs: () => number;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
}

/** How much space is free, by what it means. */
type Level = "ample" | "near" | "below";

/** Watches one folder. */
export class SpaceWatch {
  readonly #options: SpaceWatchOptions;
  readonly #rate = new FallRate();
  #rules: SpaceRules | null = null;
  #level: Level = "ample";
  /** When callers were last reported as refused, and whether that still holds. */
  #reportedMs = -Infinity;
  #isReported = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #check: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: SpaceWatchOptions) {
    this.#options = options;
  }

  /** Callers are refused while less than this is free, in bytes. */
  get refusedBelowBytes(): number {
    const { minFreeBytes = 0, onFull } = this.#rules ?? {};
    return onFull === "stop" || this.#level === "below" ? minFreeBytes : 0;
  }

  /** Sets the rules, and checks. Null: nothing is watched. */
  setRules(rules: SpaceRules | null): void {
    if (this.#isClosed) return;
    this.#rules = rules;
    clearInterval(this.#timer);
    if (rules === null) {
      this.#level = "ample";
      return;
    }
    this.#timer = setInterval(() => void this.check(), EACH_MS);
    void this.check();
  }

  /** Checks once, unless a check runs: a disk that does not answer holds it, and this one only. Never rejects. */
  check(): Promise<void> {
    return this.#check ??= this.#run().finally(() => this.#check = null);
  }

  /** Settled when the current check is over, or if the disk does not answer within 1 s. */
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
    this.#enter(isBelow ? "below" : isNear ? "near" : "ample", { freeBytes, levels });
    if (freeBytes >= (mayHelp ? levels.endBytes / 2 : levels.endBytes)) return;
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
  #enter(found: Level, { freeBytes, levels }: { readonly freeBytes: number; readonly levels: SpaceLevels }): void {
    const before = this.#level;
    const { warnBytes, floorBytes } = levels;
    // the warning of `near` is not repeated as long as the space is about the same
    const isStillNear = found === "ample" && before !== "ample" && freeBytes < 2 * warnBytes - floorBytes;
    const level = isStillNear ? "near" : found;
    this.#level = level;
    if (level === before) return;
    if (level === "below") return this.#reportBelow({ freeBytes, levels });
    if (before === "below") {
      if (this.#isReported) this.#options.warn(`${this.#free(freeBytes)} again: callers are admitted`);
      this.#isReported = false;
    } else if (level === "near") {
      const floor = formatFloor(levels);
      this.#options.warn(
        `${this.#free(freeBytes)}; with less than ${floor}, callers are refused${
          this.#due(freeBytes, levels)
        }\n${ADVICE}`,
      );
    }
  }

  #reportBelow({ freeBytes, levels }: { readonly freeBytes: number; readonly levels: SpaceLevels }): void {
    const nowMs = this.#options.now();
    if (nowMs - this.#reportedMs < REPEAT_MS) return; // recordings become old enough to be deleted, one by one
    this.#reportedMs = nowMs;
    this.#isReported = true;
    const why = this.#rules?.onFull === "stop" ? "" : ` and ${this.#options.inVain() ?? "no recording may be deleted"}`;
    this.#options.warn(
      `${this.#free(freeBytes)}, less than ${formatFloor(levels)}${why}: callers are refused, and sessions end when ` +
        `${formatBytes(levels.endBytes)} are left\n${ADVICE}`,
    );
  }

  /** Returns when callers are refused at the current rate, as text; empty if that is not known. */
  #due(freeBytes: number, { floorBytes }: SpaceLevels): string {
    const rate = this.#rate.bytesPerSecond;
    if (rate === 0) return "";
    return `: at ${formatRate(rate * 8)} in ${formatDuration((freeBytes - floorBytes) / rate * 1000)}`;
  }

  #free(freeBytes: number): string {
    return `${formatBytes(freeBytes)} are free in ${this.#options.out}`;
  }
}

function formatFloor({ floorBytes }: SpaceLevels): string {
  return `${formatBytes(floorBytes)} (--min-free)`;
}
