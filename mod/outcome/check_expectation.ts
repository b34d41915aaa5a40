/**
 * Checks one `--expect` against what happened.
 *
 * A condition of each session needs at least one session, and every session's value: what was not measured does not pass.
 *
 * @module
 */

import { isCleanEnd } from "../vocabulary/values.ts";
import type { SessionEndEvent } from "../vocabulary/events.ts";
import { formatBytes, formatRate } from "../report/format.ts";
import { tsErrors } from "../report/ts_text.ts";
import type { Expectation, Operator, RunQuantity, SessionQuantity } from "./expectation.ts";
import type { RunRecord, SessionRecord } from "./run_record.ts";

/** Sessions named in words; the rest is counted. */
const MOST_NAMED = 5;

/** One value that was seen. */
export interface SeenValue {
  /** Session ID, or null for a value of the run. */
  readonly session: string | null;
  /** In bytes, ms, bit/s or a count; a stream's name; null where it is not known. */
  readonly value: number | string | null;
  readonly ok: boolean;
}

/** What came of an expectation. */
export interface CheckedExpectation {
  /** As it was typed. */
  readonly expectation: string;
  readonly ok: boolean;
  /** What was seen, in words. */
  readonly seen: string;
  readonly values: readonly SeenValue[];
}

/** Checks `expectation` against `record`. */
export function checkExpectation(expectation: Expectation, record: RunRecord): CheckedExpectation {
  if (expectation.quantity === "stream") return checkStream(expectation, record);
  const { text, operator, value: expected, quantity } = expectation;
  if (!isOfSession(quantity)) {
    const value = runValue(quantity, record);
    const ok = compare(value, { operator, expected });
    return { expectation: text, ok, seen: describe(quantity, value), values: [{ session: null, value, ok }] };
  }
  const values = record.sessions.map(({ start, end }) => {
    const value = end === null ? null : sessionValue(quantity, end);
    return { session: start.session, value, ok: value !== null && compare(value, { operator, expected }) };
  });
  const ok = values.length > 0 && values.every((value) => value.ok);
  return { expectation: text, ok, seen: describeSessions(quantity, values, record), values };
}

function checkStream(
  { text, operator, value: name }: Extract<Expectation, { readonly quantity: "stream" }>,
  record: RunRecord,
): CheckedExpectation {
  const streams = [...new Set(record.sessions.map(({ start }) => start.stream))];
  const ok = streams.includes(name) === (operator === "=");
  const seen = streams.length === 0
    ? "no session"
    : listed(streams.map((stream) => stream === null ? "a session without a stream name" : stream));
  return { expectation: text, ok, seen, values: streams.map((value) => ({ session: null, value, ok })) };
}

const SESSION_QUANTITIES: ReadonlySet<string> = new Set<SessionQuantity>([
  "bytes",
  "duration",
  "rate",
  "loss",
  "drop",
  "undecrypted",
  "ts-errors",
]);

function isOfSession(quantity: RunQuantity | SessionQuantity): quantity is SessionQuantity {
  return SESSION_QUANTITIES.has(quantity);
}

function runValue(quantity: Exclude<RunQuantity, "stream">, { sessions, refused }: RunRecord): number {
  switch (quantity) {
    case "sessions":
      return sessions.length;
    case "failed":
      return sessions.filter(({ end }) => end === null || !isCleanEnd(end.reason)).length;
    case "refused":
      return refused;
    case "total-bytes":
      return sessions.reduce((sum, { end }) => sum + (end?.bytes ?? 0), 0);
    default:
      return quantity satisfies never;
  }
}

function sessionValue(quantity: SessionQuantity, end: SessionEndEvent): number | null {
  switch (quantity) {
    case "bytes":
      return end.bytes;
    case "duration":
      return end.durationMs;
    case "rate":
      return end.bitsPerSecond;
    case "loss":
      return end.statistics?.pktRcvLossTotal ?? null;
    case "drop":
      return end.statistics?.pktRcvDropTotal ?? null;
    case "undecrypted":
      return end.statistics?.pktRcvUndecryptTotal ?? null;
    case "ts-errors":
      return tsErrors(end);
    default:
      return quantity satisfies never;
  }
}

function compare(
  value: number,
  { operator, expected }: { readonly operator: Operator; readonly expected: number },
): boolean {
  switch (operator) {
    case "=":
      return value === expected;
    case "!=":
      return value !== expected;
    case ">=":
      return value >= expected;
    case "<=":
      return value <= expected;
    case ">":
      return value > expected;
    case "<":
      return value < expected;
    default:
      return operator satisfies never;
  }
}

/** Failing sessions first: they are what one looks for. */
function describeSessions(quantity: SessionQuantity, values: readonly SeenValue[], { sessions }: RunRecord): string {
  if (values.length === 0) return "no session";
  const streams = new Map(sessions.map(({ start }: SessionRecord) => [start.session, start.stream]));
  return listed(
    [...values].sort((a, b) => Number(a.ok) - Number(b.ok)).map(({ session, value }) => {
      const stream = session === null ? null : streams.get(session);
      const seen = typeof value === "number" ? describe(quantity, value) : unknown(quantity);
      return `${session}${stream ? ` (${stream})` : ""} ${seen}`;
    }),
  );
}

function unknown(quantity: SessionQuantity): string {
  return quantity === "ts-errors" ? "not analysed" : "not known";
}

function listed(texts: readonly string[]): string {
  const more = texts.length - MOST_NAMED;
  return texts.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Exact, as a rounded value could look as if it held. */
function describe(quantity: RunQuantity | SessionQuantity, value: number): string {
  switch (quantity) {
    case "bytes":
    case "total-bytes":
      return `${value} B (${formatBytes(value)})`;
    case "rate":
      return `${value} bit/s (${formatRate(value)})`;
    case "duration":
      return `${value / 1000} s`;
    default:
      return String(value);
  }
}
