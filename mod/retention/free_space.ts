/**
 * At which free space what happens, and how fast it falls. Pure.
 *
 * @module
 */

import type { DiskSpace } from "../os/disk_space.ts";
import { requiredFreeBytes } from "../recording/folder_check.ts";

/** Our choice: the warning comes when a quarter of `--min-free` can still be written before callers are refused. */
const WARN_FRACTION = 0.25;
/** Our choice: a session stops receiving when its order arrives, within a second, and its disk may be slow. */
const END_MS = 10_000;
/** The time over which the rate is measured. */
const WINDOW_MS = 10_000;

/** What limits the free space. */
export interface SpaceState extends Pick<DiskSpace, "totalBytes"> {
  /** Of the disk, by all programs. */
  readonly fallBytesPerSecond: number;
  /** The longest latency of the sessions that run: so much payload is written after their end was ordered. */
  readonly latencyMs: number;
}

/** Free bytes below which something happens: `endBytes` <= `floorBytes` <= `warnBytes`. */
export interface SpaceLevels {
  /** The operator is warned. */
  readonly warnBytes: number;
  /** Callers are refused, unless recordings can be deleted. */
  readonly floorBytes: number;
  /** Sessions end. */
  readonly endBytes: number;
}

/** Returns the bytes below which callers are refused: no less than any disk needs. */
export function floorBytes(minFreeBytes: number, { totalBytes }: Pick<DiskSpace, "totalBytes">): number {
  return Math.max(minFreeBytes, requiredFreeBytes(totalBytes));
}

/** Returns the levels for a `--min-free`. */
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
 * How fast free space falls. Space that becomes free meanwhile does not count, and neither does the largest step: a program that
 * reserves a large file at once does not go on like that.
 */
export class FallRate {
  readonly #samples: { readonly freeBytes: number; readonly ms: number }[] = [];

  /** @param ms Of a monotonic clock. */
  add(freeBytes: number, ms: number): void {
    this.#samples.push({ freeBytes, ms });
    while (ms - (this.#samples[0]?.ms ?? ms) > WINDOW_MS) this.#samples.shift();
  }

  /** The mean of the last 10 s; 0 until it is known. */
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

/** How long a file system may take to show the space of a deleted file: some free it with a later commit. */
const SETTLE_MS = 60_000;
/** Our choice: after this many deletions that have freed nothing, there are no more. */
const MAX_IN_VAIN = 3;

/**
 * Whether deleting makes room. It does not while a snapshot, or a program that has a file open, keeps the space: then deleting
 * everything would not help.
 */
export class Gain {
  #waiting: { readonly freeBytes: number; readonly ms: number } | null = null;
  #inVain = 0;

  /** Notes that recordings were deleted. `freeBytes`: before that; `ms`: of a monotonic clock. */
  deleted(freeBytes: number, ms: number): void {
    this.#waiting = { freeBytes, ms };
  }

  /** Reports whether more may be deleted now. */
  mayDelete(freeBytes: number, ms: number): boolean {
    if (this.#waiting !== null) {
      const isFreed = freeBytes > this.#waiting.freeBytes;
      if (!isFreed && ms - this.#waiting.ms < SETTLE_MS) return false;
      this.#waiting = null;
      this.#inVain = isFreed ? 0 : this.#inVain + 1;
    }
    return !this.isInVain;
  }

  /** Whether the space of what was deleted may still become free. */
  get isPending(): boolean {
    return this.#waiting !== null;
  }

  /** Whether nothing more is deleted because it has freed nothing. */
  get isInVain(): boolean {
    return this.#inVain >= MAX_IN_VAIN;
  }

  /** Notes that there is room again, for whatever reason. */
  reset(): void {
    this.#waiting = null;
    this.#inVain = 0;
  }
}
