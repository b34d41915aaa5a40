/**
 * The end of a run, and its report for `--summary`.
 *
 * @module
 */

import { escapeText } from "../report/escape_text.ts";
import type { CheckedExpectation, SessionEndEvent } from "../vocabulary/events.ts";
import type { SessionSummary, Summary } from "../vocabulary/summary.ts";
import { EVENT_SCHEMA_VERSION } from "../vocabulary/values.ts";
import type { RunState, SessionState } from "./run_state.ts";
import type { Ending } from "./stop_conditions.ts";

/** The end of a run: the source of its reports. */
export interface FinalReport {
  /** The state of the run; it has kept all sessions. */
  readonly state: RunState;
  readonly expectations: readonly CheckedExpectation[];
  /** The condition that ended the run; null if something else did, such as a signal. */
  readonly ending: Ending | null;
  /** Whether `--wait` was given: the JUnit report then has a test case for it. */
  readonly waited: boolean;
  readonly durationMs: number;
  /** The exit code, unless a report cannot be written. */
  readonly exitCode: number;
  /** RFC 3339. */
  readonly endTime: string;
}

/** Makes the JSON text, with an end of line at its end. */
export function summaryJson({ state, expectations, durationMs, exitCode, endTime }: FinalReport): string {
  const { listening, stopping, sessions } = state;
  const ends = sessions.flatMap(({ end }) => end === null ? [] : [end]);
  const summary: Summary = {
    schema: EVENT_SCHEMA_VERSION,
    version: listening?.version ?? null,
    start: listening?.time ?? null,
    end: endTime,
    durationMs,
    cause: stopping?.cause ?? null,
    text: stopping?.text ?? null,
    exitCode,
    port: listening?.port || null,
    addresses: listening?.addresses ?? [],
    total: {
      ...state.finalCounts,
      pktRcvLossTotal: total(ends, ({ statistics }) => statistics?.pktRcvLossTotal ?? 0),
      pktRcvDropTotal: total(ends, ({ statistics }) => statistics?.pktRcvDropTotal ?? 0),
    },
    sessions: sessions.map(sessionSummary),
    refused: state.refusals,
    expectations,
  };
  // as in the events: text from callers must not reach a terminal unescaped
  return JSON.stringify(summary, null, 2).split("\n").map(escapeText).join("\n") + "\n";
}

/** The fields of both events of a session; their times are `start` and `end`. */
function sessionSummary({ start, adopted, end }: SessionState): SessionSummary {
  const { event: _start, time: startTime, ...begin } = start;
  if (end === null) return { ...begin, adopted, start: startTime, end: null, reason: null };
  const { event: _end, time: endTime, ...rest } = end;
  return { ...begin, ...rest, adopted, start: startTime, end: endTime };
}

function total(ends: readonly SessionEndEvent[], read: (end: SessionEndEvent) => number): number {
  return ends.reduce((sum, end) => sum + read(end), 0);
}
