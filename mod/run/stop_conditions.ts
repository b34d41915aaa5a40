/**
 * Decides when a run ends by itself: `--sessions`, `--for`, `--wait` and `--idle-exit`, and with `--out -` after one session. The
 * condition that holds first ends it.
 *
 * @module
 */

import { formatCount, formatDuration, formatList } from "../report/format.ts";
import type { RunState } from "./run_state.ts";

/**
 * A caller that has connected proves that it is real (`session-proven`) within this many ms, unless nothing arrives from it. If
 * `--wait` or `--idle-exit` is due before this time is over, the run continues until then. By default, a session ends if nothing
 * has arrived for 5 s, and a caller that still answers after 6 s is regarded as real.
 */
export const PROOF_MS = 7000;

/** Maximum number of stream names in a message. */
export const MAX_NAMED_STREAMS = 10;

/** The conditions that the user set; null: not set. */
export interface StopSettings {
  /** Ends the run after this many sessions have ended, 1 or more. */
  readonly sessions: number | null;
  /** Ends the run after one session, because its payload goes to stdout. */
  readonly stdout: boolean;
  /** Ends the run this long after listening began, in ms. */
  readonly forMs: number | null;
  /** Ends the run as failed if no session began within this many ms of listening. */
  readonly waitMs: number | null;
  /** With `waitMs`: the run fails unless each of these stream names has had a session by then. Empty: any session is enough. */
  readonly expectedStreams: readonly string[];
  /** Ends the run when no session has run for this many ms. Does not apply before the first session. */
  readonly idleExitMs: number | null;
}

/** The condition that ended a run. */
export interface Ending {
  /** The option that set it. */
  readonly cause: "--out -" | "--sessions" | "--for" | "--wait" | "--idle-exit";
  /** What happened, as text. */
  readonly text: string;
  /** Whether the run has failed, because a session that `--wait` requires did not begin. */
  readonly failed: boolean;
}

/**
 * Returns the condition that holds at `nowMs` (the run's clock), or null. If several hold, it is the first of `--out -`,
 * `--sessions`, `--wait`, `--idle-exit` and `--for`.
 */
export function dueEnding(settings: StopSettings, state: RunState, nowMs: number): Ending | null {
  const { sessions, stdout } = settings;
  if (stdout && state.endedSessions > 0) {
    return { cause: "--out -", text: "the session that went to stdout has ended (--out -)", failed: false };
  }
  if (sessions !== null && state.endedSessions >= sessions) {
    const have = state.endedSessions === 1 ? "1 session has" : `${state.endedSessions} sessions have`;
    return { cause: "--sessions", text: `${have} ended (--sessions ${sessions})`, failed: false };
  }
  return deadlines(settings, state).find(({ atMs }) => nowMs >= atMs)?.ending ?? null;
}

/** Returns the ms from `nowMs` until a condition may hold by the clock alone, 0 or more; null if none can. */
export function nextDueMs(settings: StopSettings, state: RunState, nowMs: number): number | null {
  const times = deadlines(settings, state).map(({ atMs }) => atMs);
  return times.length === 0 ? null : Math.max(0, Math.min(...times) - nowMs);
}

interface Deadline {
  readonly atMs: number;
  readonly ending: Ending;
}

function deadlines({ forMs, waitMs, expectedStreams, idleExitMs }: StopSettings, state: RunState): readonly Deadline[] {
  const { listeningMs, idleSinceMs, hadSession, neverSeenStreams } = state;
  if (listeningMs === null) return [];
  const found: Deadline[] = [];
  const add = (cause: Ending["cause"], atMs: number, text: string): void => {
    found.push({ atMs, ending: { cause, text: `${text} (${cause})`, failed: cause === "--wait" } });
  };
  if (waitMs !== null && (expectedStreams.length > 0 ? neverSeenStreams.length > 0 : !hadSession)) {
    const { attempts } = state.counts;
    const attempted = attempts === 0 ? "" : `; ${formatCount(attempts, "connection")} had no payload`;
    const names = neverSeenStreams.length === 0 ? "" : ` of ${formatList(neverSeenStreams, MAX_NAMED_STREAMS)}`;
    const text = `no session${names} began within ${formatDuration(waitMs)}${attempted}`;
    add("--wait", afterProofs(listeningMs + waitMs, state), text);
  }
  if (idleExitMs !== null && idleSinceMs !== null) {
    add("--idle-exit", afterProofs(idleSinceMs + idleExitMs, state), `no session for ${formatDuration(idleExitMs)}`);
  }
  if (forMs !== null) add("--for", listeningMs + forMs, `${formatDuration(forMs)} have passed`);
  return found;
}

/** Returns when every caller that connected by `atMs` has had {@linkcode PROOF_MS} to prove that it is real; at least `atMs`. */
function afterProofs(atMs: number, { running }: RunState): number {
  const proofs = running.filter(({ proven, startMs }) => !proven && startMs <= atMs)
    .map(({ startMs }) => startMs + PROOF_MS);
  return Math.max(atMs, ...proofs);
}
