/**
 * Decides which recordings are deleted.
 *
 * @module
 */

import type { SegmentRules } from "../recording/segment_schedule.ts";
import type { DeletionReason } from "../vocabulary/values.ts";

/** What happens when too little space is free: callers are refused and sessions end, or the oldest recordings are deleted first. */
export type OnFull = "stop" | "oldest";

/** The limits that the operator set. Null: no limit. */
export interface RetentionRules {
  /** Recordings that ended longer ago than this, in ms, are deleted. */
  readonly keepMs: number | null;
  /** Maximum total size of all recordings, in bytes. */
  readonly keepBytes: number | null;
  /** Bytes of the disk that must stay free. */
  readonly minFreeBytes: number | null;
  readonly onFull: OnFull;
}

/** A recording that is complete. */
export interface FinishedRecording {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  /** When it ended, in ms since the epoch. */
  readonly endMs: number;
  /** Whether it is on the disk of the folder of recordings. Another disk may be mounted on a subfolder. */
  readonly isOnDisk: boolean;
}

/** The recordings that exist, and the time. */
export interface RetentionState {
  readonly finished: readonly FinishedRecording[];
  /** Bytes of the recordings that are not complete, or cannot be deleted now. */
  readonly heldBytes: number;
  /** Bytes that must become free on the disk. */
  readonly missingBytes: number;
  /** Wall clock in ms since the epoch. */
  readonly nowMs: number;
}

/** A recording to delete. */
export interface Deletion extends FinishedRecording {
  readonly reason: DeletionReason;
}

/** A recording younger than this is not deleted, because a script or a person may still use it. Our choice. */
export const MIN_AGE_MS = 60_000;

/** Maximum delay of a deletion after it became due: passes begin once a minute, and after each recording. */
const MAX_LATE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What limits the growth of the recordings, apart from the rules of retention. */
export interface GrowthState {
  /** Bytes of all recordings at the last look. */
  readonly usedBytes: number;
  readonly bytesPerSecond: number;
  /** Number of sessions that record. */
  readonly sessions: number;
  /** When a recording continues in a new file; null: never. A file that is being written cannot be deleted. */
  readonly segments: Pick<SegmentRules, "everyMs" | "bytes"> | null;
}

/**
 * Returns the bytes by which the recordings can grow at most, because `--keep` and `--keep-size` delete old ones; null: no limit.
 * Recordings are deleted late, so they can have more bytes than `--keep-size`.
 */
export function maxGrowthBytes({ keepMs, keepBytes }: RetentionRules, state: GrowthState): number | null {
  const { usedBytes, bytesPerSecond, sessions, segments } = state;
  if (segments === null || (keepMs === null && keepBytes === null)) return null;
  const { everyMs, bytes } = segments;
  const limits = [
    // with --segment-at only, each file may be as long as a day
    bytes === null || everyMs !== null ? bytesPerSecond * (everyMs ?? DAY_MS) / 1000 : Infinity,
    bytes === null ? Infinity : bytes * sessions,
  ];
  const openBytes = Math.min(...limits);
  const written = (ms: number) => bytesPerSecond * ms / 1000;
  const maxBytes = Math.min(
    keepBytes === null ? Infinity : keepBytes + written(MIN_AGE_MS + MAX_LATE_MS),
    keepMs === null ? Infinity : written(Math.max(keepMs, MIN_AGE_MS) + MAX_LATE_MS),
  );
  return Math.max(0, maxBytes + openBytes - usedBytes);
}

/** Lists the recordings that must be deleted, the oldest first. One that ended in the future (the clock was set) is not old. */
export function planDeletions(rules: RetentionRules, state: RetentionState): readonly Deletion[] {
  const { finished, heldBytes, nowMs } = state;
  const planned: Deletion[] = [];
  let usedBytes = finished.reduce((sum, { bytes }) => sum + bytes, heldBytes);
  let { missingBytes } = state;
  for (const recording of finished.toSorted(byAge)) {
    const { bytes, endMs, isOnDisk } = recording;
    const ageMs = nowMs - endMs;
    if (ageMs < MIN_AGE_MS) break;
    const reason = reasonFor(rules, { ageMs, usedBytes, missingBytes: isOnDisk ? missingBytes : 0 });
    if (reason === null) continue;
    planned.push({ ...recording, reason });
    usedBytes -= bytes;
    if (isOnDisk) missingBytes -= bytes;
  }
  return planned;
}

function reasonFor(
  { keepMs, keepBytes }: RetentionRules,
  { ageMs, usedBytes, missingBytes }: {
    readonly ageMs: number;
    readonly usedBytes: number;
    readonly missingBytes: number;
  },
): DeletionReason | null {
  if (keepMs !== null && ageMs > keepMs) return "keep";
  if (keepBytes !== null && usedBytes > keepBytes) return "keep-size";
  return missingBytes > 0 ? "min-free" : null;
}

function byAge(one: FinishedRecording, other: FinishedRecording): number {
  return one.endMs - other.endMs || (one.path < other.path ? -1 : 1);
}
