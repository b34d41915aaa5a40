/**
 * Formats refusals: one caller, and the totals.
 *
 * @module
 */

import type { RefusalCount, RefusedEvent } from "../vocabulary/events.ts";
import { formatEndpoint } from "./format_endpoint.ts";

/** One refused caller without the advice, in parts that are not escaped yet; null if a part is unknown. */
export function refusedParts(event: RefusedEvent): readonly (string | null)[] {
  const times = event.times > 1 ? ` ${event.times} times` : "";
  return [
    `refused ${formatEndpoint(event.caller)}${times}: ${event.text}` +
    `${event.reason === null ? "" : ` (SRT reason ${event.reason})`}`,
    event.stream === null ? null : `stream ${event.stream}`,
    event.srtVersion === null ? null : `SRT ${event.srtVersion}`,
    event.rule === null ? null : `decided by ${event.rule}`,
  ];
}

/** The count of one reason. */
export function refusalPart({ reason, name, times }: RefusalCount): string {
  return reason === null ? `${times} without an answer` : `${times} with ${reason} (${name ?? "unknown"})`;
}
