/**
 * How a child ended, in the listener's eyes.
 *
 * @module
 */

import type { SessionEndEvent, SessionStartEvent, StatsEvent } from "../report/events.ts";
import type { NotAcceptedCause } from "./contract.ts";

/** How a child ended. */
export type ChildOutcome =
  | { readonly kind: "ended"; readonly event: SessionEndEvent }
  | { readonly kind: "not-accepted"; readonly cause: NotAcceptedCause; readonly text: string }
  /** It died without a word; `started` is null where its caller had not been accepted yet. */
  | {
    readonly kind: "crashed";
    readonly started: SessionStartEvent | null;
    readonly lastStats: StatsEvent | null;
    readonly signal: string | null;
    readonly code: number;
  };
