/**
 * Compares a recording with the messages that arrived, message by message.
 *
 * @module
 */

import { LIVE_MESSAGE_BYTES } from "../support/srt_caller.ts";

/** A recording beside what arrived. */
export interface Comparison {
  /** Whole messages in the recording. */
  readonly recorded: number;
  /** Messages that arrived before the last recorded one, and are not in the recording. */
  readonly skipped: readonly number[];
  /** Messages that arrived after the last recorded one. */
  readonly behind: readonly number[];
  /** Offset of the first bytes that did not arrive, or not in this order; or null. */
  readonly foreignAt: number | null;
}

/**
 * Compares a recording with what arrived.
 *
 * @param payload All that was sent, in messages of {@linkcode LIVE_MESSAGE_BYTES}, each different.
 * @param arrived Indexes of the messages that arrived, in order.
 */
export function compareRecorded(
  recording: Uint8Array,
  payload: Uint8Array,
  arrived: readonly number[],
): Comparison {
  const skipped: number[] = [];
  let next = 0;
  let offset = 0;
  while (offset < recording.length) {
    const message = recording.subarray(offset, offset + LIVE_MESSAGE_BYTES);
    const found = arrived.findIndex((index, position) => position >= next && startsWith(payload, index, message));
    if (found < 0) break;
    skipped.push(...arrived.slice(next, found));
    next = found + 1;
    offset += message.length;
  }
  return {
    recorded: Math.floor(offset / LIVE_MESSAGE_BYTES),
    skipped,
    behind: arrived.slice(next),
    foreignAt: offset < recording.length ? offset : null,
  };
}

function startsWith(payload: Uint8Array, index: number, message: Uint8Array): boolean {
  const offset = index * LIVE_MESSAGE_BYTES;
  return message.every((byte, position) => payload[offset + position] === byte);
}
