/**
 * The errors found in a session's transport stream, where it was looked at.
 *
 * @module
 */

import type { SessionEndEvent, StatsEvent } from "../vocabulary/events.ts";

/** `ts.errors` of an event; null where the stream was not analysed. */
export function tsErrors(event: StatsEvent | SessionEndEvent): number | null {
  return event.ts?.errors ?? null;
}
