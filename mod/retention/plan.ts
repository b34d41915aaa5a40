/**
 * Decides which recordings are deleted.
 *
 * @module
 */

import type { DeletionReason } from "../vocabulary/values.ts";

/** What the operator asks for. Null: no limit. */
export interface RetentionRules {
  /** Recordings that ended longer ago than this, in ms, are deleted. */
  readonly keepMs: number | null;
  /** Most bytes of all recordings. */
  readonly keepBytes: number | null;
}

/** A recording that is complete. */
export interface FinishedRecording {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  /** When it ended, in ms since the epoch. */
  readonly endMs: number;
}

/** The recordings that exist, and the time. */
export interface RetentionState {
  readonly finished: readonly FinishedRecording[];
  /** Bytes of the recordings that are not complete. */
  readonly unfinishedBytes: number;
  /** Wall clock in ms since the epoch. */
  readonly nowMs: number;
}

/** A recording to delete. */
export interface Deletion extends FinishedRecording {
  readonly reason: DeletionReason;
}

/** No younger recording is deleted: a hook or a person may still use it. Our choice. */
export const MIN_AGE_MS = 60_000;

/** Lists the recordings that must be deleted, the oldest first. One that ended in the future (the clock was set back) is not old. */
export function planDeletions(rules: RetentionRules, state: RetentionState): readonly Deletion[] {
  const { finished, unfinishedBytes, nowMs } = state;
  const planned: Deletion[] = [];
  let usedBytes = finished.reduce((sum, { bytes }) => sum + bytes, unfinishedBytes);
  for (const recording of finished.toSorted(byAge)) {
    const ageMs = nowMs - recording.endMs;
    if (ageMs < MIN_AGE_MS) break;
    const reason = reasonFor(rules, { ageMs, usedBytes });
    if (reason === null) break; // none of the younger ones has one either
    planned.push({ ...recording, reason });
    usedBytes -= recording.bytes;
  }
  return planned;
}

function reasonFor(
  { keepMs, keepBytes }: RetentionRules,
  { ageMs, usedBytes }: { readonly ageMs: number; readonly usedBytes: number },
): DeletionReason | null {
  if (keepMs !== null && ageMs > keepMs) return "keep";
  return keepBytes !== null && usedBytes > keepBytes ? "keep-size" : null;
}

function byAge(one: FinishedRecording, other: FinishedRecording): number {
  return one.endMs - other.endMs || (one.path < other.path ? -1 : 1);
}
