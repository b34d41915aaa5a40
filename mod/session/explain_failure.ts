/**
 * Why a session failed, in words.
 *
 * @module
 */

import { SinkError } from "../recording/sink.ts";
import type { EndReason } from "../vocabulary/values.ts";
import { SrtError } from "../srt/error.ts";

/** Why the session ended, and in words. */
export interface End {
  readonly reason: EndReason;
  readonly text: string;
}

/** The end that an error means. */
export function explainFailure(error: unknown): End {
  if (error instanceof SinkError) {
    const advice = error.reason === "disk-full" ? "make room in the folder of recordings" : "look at the disk";
    return { reason: error.reason, text: `${error.message}; ${advice}` };
  }
  if (error instanceof SrtError) return { reason: "connection-failed", text: error.message };
  throw error;
}
