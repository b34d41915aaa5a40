/**
 * Makes the `session-start` of an adopted session.
 *
 * @module
 */

import type { SessionAdoptedEvent, SessionStartEvent } from "../vocabulary/events.ts";

/** Returns the `session-start` that the earlier listener got for an adopted session, but with the session's newest file. */
export function startOf(
  { event: _event, time: _time, start: time, durationMs: _duration, proven: _proven, files: _files, ...start }:
    SessionAdoptedEvent,
): SessionStartEvent {
  return { event: "session-start", time, ...start };
}
