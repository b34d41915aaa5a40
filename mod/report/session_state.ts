/**
 * The state of a session as the terminal and the page show it. Pure.
 *
 * @module
 */

import type { UnconnectedPull } from "../vocabulary/unconnected_pull.ts";
import type { SessionEndEvent } from "../vocabulary/events.ts";
import { NO_ANSWER } from "./explain_refusal.ts";
import { formatClock, formatDuration } from "./format.ts";

/** The state of a session that its row shows. */
export type RowState =
  | { readonly kind: "running" }
  /** No payload arrives. */
  | { readonly kind: "no-data"; readonly forMs: number }
  /** An expected stream name has no session. */
  | { readonly kind: "absent" }
  /** A listener that is called has no session. `nextCallMs`: time until the next call; null while it is called. */
  | ({ readonly kind: "unconnected" } & Pick<UnconnectedPull, "reason" | "nextCallMs">)
  /** The session was cut off, or has failed. */
  | { readonly kind: "lost"; readonly end: Pick<SessionEndEvent, "time" | "reason"> };

/**
 * Formats a state: `NO DATA 3 s`, `MISSING`, `NO ANSWER, call in 12 s`, `LOST 18:14:57, silence`; empty if there is no trouble.
 */
export function stateText(state: RowState | null, { utc }: { readonly utc: boolean }): string {
  if (state?.kind === "no-data") return `NO DATA ${formatSeconds(state.forMs)}`;
  if (state?.kind === "absent") return "MISSING";
  if (state?.kind === "unconnected") return unconnectedText(state);
  if (state?.kind !== "lost") return "";
  return `LOST ${formatClock(state.end.time, { utc })}, ${state.end.reason}`;
}

function unconnectedText({ reason, nextCallMs }: Pick<UnconnectedPull, "reason" | "nextCallMs">): string {
  const problem = reason === NO_ANSWER ? "NO ANSWER" : reason === null ? "NOT CONNECTED" : `REFUSED ${reason}`;
  return `${problem}, ${
    nextCallMs === null ? "calling" : `call in ${formatSeconds(Math.ceil(nextCallMs / 1000) * 1000)}`
  }`;
}

/** Formats a duration that is shown while it grows, in whole seconds: `3 s`, `1 min 02 s`. */
function formatSeconds(ms: number): string {
  return ms < 10_000 ? `${Math.floor(ms / 1000)} s` : formatDuration(ms);
}

/** The facts that decide whether a session needs attention. */
export interface SessionTrouble {
  /** Null if the state is not shown. */
  readonly state: RowState | null;
  /** The figures of the last 10 s; null if they are not known. */
  readonly recent: { readonly missingPackets: number } | null;
}

/** Reports whether a session needs attention: no payload arrives, it is lost or absent, or the last 10 s have missing packets. */
export function isInTrouble({ state, recent }: SessionTrouble): boolean {
  return (state !== null && state.kind !== "running") || (recent?.missingPackets ?? 0) > 0;
}

/** Formats how much of a total is from the last 10 s: ` +5`; empty for 0. */
export function recentText(amount = 0): string {
  return amount > 0 ? ` +${amount}` : "";
}
