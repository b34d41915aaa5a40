/**
 * What the filter of a caller socket does with calls from the caller's port, before and after the caller is accepted.
 *
 * @module
 */

import type { SessionFilter } from "../os/session_filter.ts";

/** The rules for a new call from the port of the caller of a session. The header of `caller_monitor.ts` explains when each applies. */
export type CallFilter = Pick<SessionFilter, "induction" | "otherConclusion" | "otherHandshake">;

/** The filters of a session, by what they do with calls. */
export const CALL_FILTERS = {
  busy: { induction: "hide", otherConclusion: "hide" },
  open: { induction: "drop", otherConclusion: "hide" },
  answer: { induction: "pass", otherConclusion: "pass" },
} as const satisfies Record<string, CallFilter>;

/**
 * The filter until the caller is accepted and in the first seconds afterwards. Other callers whose INDUCTION was answered before
 * the hand-off send their CONCLUSION in these seconds, and libsrt's listener rejects it.
 */
export const FIRST_FILTER: CallFilter = { ...CALL_FILTERS.busy, otherConclusion: "pass" };

/** The filter while this program calls a listener: its answers pass. */
export const CALLING_FILTER: CallFilter = { induction: "pass", otherConclusion: "pass", otherHandshake: "pass" };
