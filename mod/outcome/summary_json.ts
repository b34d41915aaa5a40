/**
 * The report of `--summary`: what the events of a run said in the end, for each session and in total.
 *
 * @module
 */

import { EVENT_SCHEMA_VERSION, isCleanEnd } from "../vocabulary/values.ts";
import type { SessionEndEvent } from "../vocabulary/events.ts";
import type { SessionSummary, Summary } from "../vocabulary/summary.ts";
import { escapeText } from "../report/escape_text.ts";
import type { FinalReport } from "./final_report.ts";
import type { SessionRecord } from "./run_record.ts";

/** Makes the JSON text, with an end of line at its end. */
export function summaryJson(report: FinalReport): string {
  const { record, expectations, durationMs, exitCode, endTime } = report;
  const { listening, stopping, sessions } = record;
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
    port: listening?.port ?? null,
    addresses: listening?.addresses ?? [],
    total: {
      sessions: sessions.length,
      attempts: 0,
      failed: ends.filter(({ reason }) => !isCleanEnd(reason)).length + sessions.length - ends.length,
      refused: record.refused,
      refusedByStop: record.refusedByStop,
      bytes: total(ends, ({ bytes }) => bytes),
      pktRcvLossTotal: total(ends, ({ statistics }) => statistics?.pktRcvLossTotal ?? 0),
      pktRcvDropTotal: total(ends, ({ statistics }) => statistics?.pktRcvDropTotal ?? 0),
    },
    sessions: sessions.map(sessionSummary),
    refused: record.refusals,
    expectations,
  };
  // as in the events: no text of a stranger may reach a terminal raw
  return JSON.stringify(summary, null, 2).split("\n").map(escapeText).join("\n") + "\n";
}

/** What both events of a session say, without the time of either: `start` and `end` hold them. */
function sessionSummary({ start, end }: SessionRecord): SessionSummary {
  const { event: _start, time: startTime, ...begin } = start;
  if (end === null) return { ...begin, start: startTime, end: null, reason: null };
  const { event: _end, time: endTime, ...rest } = end;
  return { ...begin, ...rest, start: startTime, end: endTime };
}

function total(ends: readonly SessionEndEvent[], read: (end: SessionEndEvent) => number): number {
  return ends.reduce((sum, end) => sum + read(end), 0);
}
