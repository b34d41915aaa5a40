/**
 * How a child ended, in the listener's eyes.
 *
 * @module
 */

import type { SessionEndEvent, SessionStartEvent, StatsEvent } from "../vocabulary/events.ts";
import type { NotAcceptedCause } from "./child_message.ts";

/** How a child ended. */
export type ChildOutcome =
  | { readonly kind: "ended"; readonly event: SessionEndEvent }
  | { readonly kind: "not-accepted"; readonly cause: NotAcceptedCause; readonly text: string }
  /** It died without a word; `started` is null where its caller had not been accepted yet. */
  | {
    readonly kind: "crashed";
    readonly started: SessionStartEvent | null;
    /** Absolute paths of the files that its recording had, in order. */
    readonly files: readonly string[];
    readonly lastStats: StatsEvent | null;
    readonly signal: string | null;
    readonly code: number;
  };
