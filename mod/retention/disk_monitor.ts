/**
 * Monitors how long the free space on the disk of recordings will last, whether or not `--min-free` is set: reports it on request,
 * and warns in time.
 *
 * @module
 */

import type { DiskSpace } from "../os/disk_space.ts";
import { spaceHint } from "../recording/folder_check.ts";
import { formatBytes, formatDuration, formatRate } from "../report/format.ts";
import { isLowBySize, isLowByTime } from "../report/low_space.ts";
import type { DiskEvent, DiskLowEvent } from "../vocabulary/events.ts";
import { FallRate, floorBytes } from "./free_space.ts";
import type { RetentionRules } from "./plan.ts";
import type { Retention } from "./retention.ts";

/** Time from one check to the next. Our choice: a check is one system call. */
const INTERVAL_MS = 5000;
/** Time over which the rate is measured. */
const RATE_WINDOW_MS = 60_000;
/** Our choice: a rate that was measured for less time than this is shown, but causes no warning. */
const RATE_KNOWN_MS = 20_000;
/** The free space is ample again if it exceeds the limits by this factor. */
const AMPLE_FACTOR = 1.2;

/** What the monitor needs from outside. */
export interface DiskMonitorOptions {
  /** Absolute path of the folder of recordings. */
  readonly folder: string;
  readonly report: (event: DiskEvent | DiskLowEvent) => void;
  /** The same as `readSpace` of `RetentionOptions`. */
  readonly readSpace: () => Promise<DiskSpace | null>;
  readonly recordings: Pick<Retention, "isRecording" | "maxGrowthBytes" | "refusedBelowBytes">;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
}

/** The part of the events that is known from the disk. */
type Found = Omit<DiskEvent, "event" | "time">;

/** Monitors the disk of one folder. */
export class DiskMonitor {
  readonly #options: DiskMonitorOptions;
  readonly #rate = new FallRate(RATE_WINDOW_MS);
  #timer: ReturnType<typeof setInterval> | undefined;
  #rules: Pick<RetentionRules, "minFreeBytes" | "onFull"> | null = null;
  #found: Found | null = null;
  #firstMs: number | null = null;
  #isLowBySize = false;
  #isLowByTime = false;
  #isBelowFloor = false;
  #isChecking = false;
  #isClosed = false;

  /** Does nothing until {@linkcode DiskMonitor.setRules}. */
  constructor(options: DiskMonitorOptions) {
    this.#options = options;
  }

  /** Sets the rules of retention, and checks now and every 5 s. */
  setRules(rules: Pick<RetentionRules, "minFreeBytes" | "onFull"> | null): void {
    if (this.#isClosed) return;
    this.#rules = rules;
    this.#timer ??= setInterval(() => void this.check(), INTERVAL_MS);
    void this.check();
  }

  /** Checks once, unless a check is in progress: a disk that does not answer blocks one check only. Never rejects. */
  async check(): Promise<void> {
    if (this.#isChecking || this.#isClosed) return;
    this.#isChecking = true;
    const space = await this.#options.readSpace();
    this.#isChecking = false;
    if (space === null || this.#isClosed) return;
    this.#note(space);
  }

  /** Reports the free space, if it is known. */
  reportSpace(): void {
    if (this.#found === null || this.#isClosed) return;
    this.#options.report({ event: "disk", time: new Date().toISOString(), ...this.#found });
  }

  /** Ends the checks. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  #note(space: DiskSpace): void {
    const { freeBytes, totalBytes } = space;
    const nowMs = this.#options.now();
    this.#firstMs ??= nowMs;
    this.#rate.add(freeBytes, nowMs);
    const rate = this.#rate.bytesPerSecond;
    const leftMs = this.#leftMs(space, rate);
    const found = { folder: this.#options.folder, freeBytes, totalBytes, bitsPerSecond: Math.round(rate * 8), leftMs };
    this.#found = found;
    const isNew = this.#updateLow(found, { isRateKnown: nowMs - this.#firstMs >= RATE_KNOWN_MS });
    // with --on-full oldest, little space is usual, and the monitor of --min-free warns if nothing can be deleted
    if (isNew && this.#rules?.onFull !== "oldest") this.#warn(found, space);
  }

  /** Returns the time until the disk is too full for new sessions; null if unknown, or if recordings are deleted in time. */
  #leftMs(space: DiskSpace, bytesPerSecond: number): number | null {
    const { recordings } = this.#options;
    const usableBytes = space.freeBytes - this.#floorBytes(space);
    if (this.#rules?.onFull === "oldest") return recordings.refusedBelowBytes > 0 ? 0 : null;
    if (usableBytes < 0) return 0;
    if (bytesPerSecond === 0 || !recordings.isRecording) return null;
    const growthBytes = recordings.maxGrowthBytes(bytesPerSecond);
    return growthBytes !== null && growthBytes <= usableBytes ? null : Math.round(usableBytes / bytesPerSecond * 1000);
  }

  #floorBytes(space: DiskSpace): number {
    return floorBytes(this.#rules?.minFreeBytes ?? 0, space);
  }

  /** Notes whether the free space is low. Returns whether that is new. */
  #updateLow(found: Found, { isRateKnown }: { readonly isRateKnown: boolean }): boolean {
    const bySize = isLowBySize(found, this.#isLowBySize ? AMPLE_FACTOR : 1);
    const isBelow = found.leftMs === 0;
    const byTime = isBelow || (isRateKnown && isLowByTime(found, this.#isLowByTime ? AMPLE_FACTOR : 1));
    const isNew = (bySize && !this.#isLowBySize) || (byTime && !this.#isLowByTime) || (isBelow && !this.#isBelowFloor);
    this.#isBelowFloor = isBelow || (this.#isBelowFloor && byTime);
    this.#isLowBySize = bySize;
    this.#isLowByTime = byTime;
    return isNew;
  }

  #warn(found: Found, space: DiskSpace): void {
    const { folder, freeBytes, totalBytes, bitsPerSecond, leftMs } = found;
    const percent = Math.floor(freeBytes / totalBytes * 100);
    const floor = this.#floorBytes(space);
    const left = leftMs === null
      ? ""
      : leftMs > 0
      ? `, ${formatDuration(leftMs)} left at ${formatRate(bitsPerSecond)}`
      : `, less than ${formatFloor(floor, this.#rules?.minFreeBytes)}: no session begins`;
    this.#options.report({
      event: "disk-low",
      time: new Date().toISOString(),
      ...found,
      text: `DISK LOW: ${formatBytes(freeBytes)} are free in ${folder} (${percent} % of the disk)${left}`,
      advice: spaceHint(space, floor),
    });
  }
}

function formatFloor(bytes: number, minFreeBytes: number | null | undefined): string {
  return bytes === minFreeBytes ? `${formatBytes(bytes)} (--min-free)` : formatBytes(bytes);
}
