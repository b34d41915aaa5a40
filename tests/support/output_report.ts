/**
 * The report of an output that got the whole payload of a session.
 *
 * @module
 */

import type { OutputReport } from "../../mod/vocabulary/events.ts";

/** Returns the report of an output that was started once, has sent `bytes`, and has dropped none. */
export function completeReport({ kind, name, bytes }: Pick<OutputReport, "kind" | "name" | "bytes">): OutputReport {
  return {
    kind,
    name,
    ok: true,
    text: "got the payload",
    starts: 1,
    bytes,
    droppedBytes: 0,
    exitCode: null,
    signal: null,
  };
}
