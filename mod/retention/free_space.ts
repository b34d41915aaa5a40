/**
 * The levels of free space at which something happens, the rate at which free space falls, and whether deletions free space. Reads
 * no clock and no disk.
 *
 * @module
 */

import type { DiskSpace } from "../os/disk_space.ts";
import { requiredFreeBytes } from "../recording/folder_check.ts";

/**
 * Our choice: the warning is printed when a quarter of `--min-free` can still be written before callers are refused, or a
 * quarter of the rest of the disk if that is smaller.
 */
const WARN_FRACTION = 0.25;
/**
 * Time for which a session may still write after it was ordered to end. Our choice: the order arrives within a second, and its
 * disk may be slow.
 */
const END_MS = 10_000;
/** Default time over which the rate is measured. */
const WINDOW_MS = 10_000;

/** What the levels depend on, apart from `--min-free`. */
export interface SpaceState extends Pick<DiskSpace, "totalBytes"> {
  /** Rate at which all programs together fill the disk. */
  readonly fallBytesPerSecond: number;
  /** The longest latency of the running sessions, in ms. A session still writes this much payload after it was ordered to end. */
  readonly latencyMs: number;
}

/** Levels of free bytes: `endBytes` <= `floorBytes` <= `warnBytes`. */
export interface SpaceLevels {
  /** Below this, the operator is warned. */
  readonly warnBytes: number;
  /** Below this, callers are refused, unless recordings can be deleted. */
  readonly floorBytes: number;
  /** Below this, sessions end. */
  readonly endBytes: number;
}

/** Returns the free bytes below which callers are refused: `--min-free`, or what every disk needs if that is more. */
export function floorBytes(minFreeBytes: number, { totalBytes }: Pick<DiskSpace, "totalBytes">): number {
  return Math.max(minFreeBytes, requiredFreeBytes(totalBytes));
}

/** Returns the levels for a `--min-free` in bytes. */
export function spaceLevels(minFreeBytes: number, state: SpaceState): SpaceLevels {
  const { totalBytes, fallBytesPerSecond, latencyMs } = state;
  const floor = floorBytes(minFreeBytes, state);
  const neededBytes = fallBytesPerSecond * (END_MS + latencyMs) / 1000;
  const marginBytes = Math.max(0, Math.min(floor, totalBytes - floor)) * WARN_FRACTION;
  return {
    warnBytes: floor + marginBytes,
    floorBytes: floor,
    endBytes: Math.min(floor, Math.max(requiredFreeBytes(totalBytes), neededBytes)),
  };
}

/**
 * The rate at which free space falls. Space that becomes free meanwhile does not count. Nor does the largest step, because it
 * may be a program that reserves the space of a large file once.
 */
export class FallRate {
  readonly #windowMs: number;
  readonly #samples: { readonly freeBytes: number; readonly ms: number }[] = [];

  /** @param windowMs Time over which it is measured. */
  constructor(windowMs = WINDOW_MS) {
    this.#windowMs = windowMs;
  }

  /** Adds a measurement. @param ms Time of a monotonic clock. */
  add(freeBytes: number, ms: number): void {
    this.#samples.push({ freeBytes, ms });
    while (ms - (this.#samples[0]?.ms ?? ms) > this.#windowMs) this.#samples.shift();
  }

  /** The mean rate in the window; 0 until it is known. */
  get bytesPerSecond(): number {
    const falls: number[] = [];
    for (const [index, { freeBytes }] of this.#samples.entries()) {
      const before = this.#samples[index - 1]?.freeBytes;
      if (before !== undefined) falls.push(Math.max(0, before - freeBytes));
    }
    const elapsedMs = (this.#samples.at(-1)?.ms ?? 0) - (this.#samples[0]?.ms ?? 0);
    if (falls.length < 2 || elapsedMs === 0) return 0;
    const fallen = falls.reduce((sum, fall) => sum + fall, -Math.max(...falls));
    return fallen / (falls.length - 1) * falls.length * 1000 / elapsedMs;
  }
}

/** How long a file system may take until the space of a deleted file is free: some free it with a later commit. */
const SETTLE_MS = 60_000;
/** Our choice: after deletions without effect in this many passes in a row, nothing more is deleted. */
const MAX_INEFFECTIVE = 3;

/**
 * Whether deletions free space on the disk. They do not if a snapshot, or a program that has a file open, keeps the space. Then
 * it would not help to delete all recordings.
 */
export class DeletionEffect {
  #waiting: { readonly freeBytes: number; readonly ms: number } | null = null;
  #ineffective = 0;

  /** Notes that recordings were deleted. `freeBytes`: the free space before that; `ms`: a monotonic clock. */
  noteDeletions(freeBytes: number, ms: number): void {
    this.#waiting = { freeBytes, ms };
  }

  /** Evaluates the last deletions, and returns whether more may be deleted now. `ms`: a monotonic clock. */
  mayDelete(freeBytes: number, ms: number): boolean {
    if (this.#waiting !== null) {
      const isFreed = freeBytes > this.#waiting.freeBytes;
      if (!isFreed && ms - this.#waiting.ms < SETTLE_MS) return false;
      this.#waiting = null;
      this.#ineffective = isFreed ? 0 : this.#ineffective + 1;
    }
    return !this.hasNoEffect;
  }

  /** Whether the space of the deleted recordings may still become free. */
  get isPending(): boolean {
    return this.#waiting !== null;
  }

  /** Whether nothing more is deleted because the last deletions had no effect. */
  get hasNoEffect(): boolean {
    return this.#ineffective >= MAX_INEFFECTIVE;
  }

  /** Notes that enough space is free again, for any reason. */
  reset(): void {
    this.#waiting = null;
    this.#ineffective = 0;
  }
}
