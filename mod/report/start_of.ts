/**
 * The start of an adopted session.
 *
 * @module
 */

import type { SessionAdoptedEvent, SessionStartEvent } from "../vocabulary/events.ts";

/** Returns the event that reported the start of an adopted session to the earlier listener, with the newest file. */
export function startOf(
  { event: _event, time: _time, start: time, durationMs: _duration, proven: _proven, files: _files, ...start }:
    SessionAdoptedEvent,
): SessionStartEvent {
  return { event: "session-start", time, ...start };
}
