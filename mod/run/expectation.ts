/**
 * The conditions of `--expect`: their quantities, and the check against a run that has ended.
 *
 * A condition on each session needs at least one session, and holds only if every session's value is known and fits.
 *
 * @module
 */

import { formatBytes, formatCount, formatList, formatRate } from "../report/format.ts";
import type { CheckedExpectation, RunCounts, SessionEndEvent } from "../vocabulary/events.ts";
import type { SrtStatistics } from "../vocabulary/statistics.ts";
import { isCounted, type RunState, type SessionState } from "./run_state.ts";

/** The unit of a value; a count and a name have none. */
export type Unit = "count" | "bytes" | "duration" | "rate" | "name";

/** The quantities of the run as a whole. `stream` is a stream name that a session of the run must have, or that none may have. */
export const RUN_QUANTITIES = {
  sessions: "count",
  attempts: "count",
  failed: "count",
  refused: "count",
  "total-bytes": "bytes",
  stream: "name",
} as const satisfies Readonly<Record<string, Unit>>;

/** The quantities of each session. */
export const SESSION_QUANTITIES = {
  bytes: "bytes",
  duration: "duration",
  rate: "rate",
  loss: "count",
  drop: "count",
  undecrypted: "count",
  undelivered: "count",
  "kernel-drop": "count",
  "ts-errors": "count",
} as const satisfies Readonly<Record<string, Unit>>;

/** A quantity of the run as a whole. */
export type RunQuantity = keyof typeof RUN_QUANTITIES;

/** A quantity of each session. */
export type SessionQuantity = keyof typeof SESSION_QUANTITIES;

/** How the actual value is compared with the expected one. */
export type Operator = "=" | "!=" | ">=" | "<=" | ">" | "<";

/** One `--expect`. */
export type Expectation =
  & {
    /** As it was typed: its name in every report. */
    readonly text: string;
    readonly operator: Operator;
  }
  & (
    | { readonly quantity: "stream"; readonly operator: "=" | "!="; readonly value: string }
    | {
      readonly quantity: Exclude<RunQuantity, "stream"> | SessionQuantity;
      /** In bytes, ms, bit/s, or a count. */
      readonly value: number;
    }
  );

type SeenValue = CheckedExpectation["values"][number];

/** Maximum number of sessions or streams that `seen` names; further ones are only counted. */
const MAX_NAMED = 5;

/** Checks `expectation` against a run that has ended, whose state has kept all sessions. */
export function checkExpectation(expectation: Expectation, state: RunState): CheckedExpectation {
  if (expectation.quantity === "stream") return checkStream(expectation, state);
  const { text, operator, value: expected, quantity } = expectation;
  const fits = (value: number | null) => value !== null && compare(value, { operator, expected });
  if (!isOfSession(quantity)) {
    const value = runValue(quantity, state);
    const ok = fits(value);
    const seen = value === null ? "unknown" : describe(quantity, value) + attemptsText(quantity, state.finalCounts);
    return { expectation: text, ok, seen, values: [{ session: null, value, ok }] };
  }
  const sessions = state.sessions.filter(isCounted);
  const values = sessions.map(({ start, end }) => {
    const value = end === null ? null : sessionValue(quantity, end);
    return { session: start.session, value, ok: fits(value) };
  });
  const ok = values.length > 0 && values.every((value) => value.ok);
  return { expectation: text, ok, seen: describeSessions(quantity, values, sessions), values };
}

function checkStream(
  { text, operator, value: name }: Extract<Expectation, { readonly quantity: "stream" }>,
  state: RunState,
): CheckedExpectation {
  const streams = [...new Set(state.sessions.filter(isCounted).map(({ start }) => start.stream))];
  const ok = streams.includes(name) === (operator === "=");
  const seen = streams.length === 0
    ? "no session"
    : formatList(streams.map((stream) => stream === null ? "a session without a stream name" : stream), MAX_NAMED);
  return { expectation: text, ok, seen, values: streams.map((value) => ({ session: null, value, ok })) };
}

function isOfSession(quantity: RunQuantity | SessionQuantity): quantity is SessionQuantity {
  return Object.hasOwn(SESSION_QUANTITIES, quantity);
}

/** The value, or null if it is not known. */
function runValue(quantity: Exclude<RunQuantity, "stream">, state: RunState): number | null {
  const { sessions, attempts, failed, refused, bytes } = state.finalCounts;
  switch (quantity) {
    case "sessions":
      return sessions;
    case "attempts":
      return attempts;
    case "failed":
      return failed;
    case "refused":
      return refused;
    case "total-bytes":
      return state.sessions.every(({ end }) => end !== null && knownBytes(end) !== null) ? bytes : null;
    default:
      return quantity satisfies never;
  }
}

/** The value, or null if it is not known. */
function sessionValue(quantity: SessionQuantity, end: SessionEndEvent): number | null {
  const statistics = knownStatistics(end);
  switch (quantity) {
    case "bytes":
      return knownBytes(end);
    case "duration":
      return end.durationMs;
    case "rate":
      return knownBytes(end) === null ? null : end.bitsPerSecond;
    case "loss":
      return statistics?.pktRcvLossTotal ?? null;
    case "drop":
      return statistics?.pktRcvDropTotal ?? null;
    case "undecrypted":
      return statistics?.pktRcvUndecryptTotal ?? null;
    case "undelivered":
      return statistics?.pktUndeliveredTotal ?? null;
    case "kernel-drop":
      return statistics?.pktKernelDropTotal ?? null;
    case "ts-errors":
      return knownTsErrors(end);
    default:
      return quantity satisfies never;
  }
}

/** Returns the bytes, or null if they are not known. Of a process that died, only the size of its files is known. */
function knownBytes({ reason, file, bytes }: SessionEndEvent): number | null {
  return reason === "crashed" && file === null ? null : bytes;
}

function knownStatistics({ reason, statistics }: SessionEndEvent): SrtStatistics | null {
  return reason === "crashed" ? null : statistics;
}

/**
 * Errors are counted in TS packets only, so the count is unknown if the payload is not a transport stream, or stops being one.
 */
function knownTsErrors({ reason, ts }: SessionEndEvent): number | null {
  const isKnown = reason !== "crashed" && ts?.payload === "ts" && ts.syncLostSinceOffset === null;
  return isKnown ? ts.errors : null;
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

/** Describes the values of the sessions; those that do not meet the condition come first. */
function describeSessions(
  quantity: SessionQuantity,
  values: readonly SeenValue[],
  sessions: readonly SessionState[],
): string {
  if (values.length === 0) return "no session";
  const known = new Map(sessions.map(({ start, end }) => [start.session, { stream: start.stream, end }]));
  return formatList(
    [...values].sort((a, b) => Number(a.ok) - Number(b.ok)).map(({ session, value }) => {
      const { stream = null, end = null } = known.get(session ?? "") ?? {};
      const seen = typeof value === "number" ? describe(quantity, value) : unknownText(quantity, end);
      return `${session}${stream ? ` (${stream})` : ""} ${seen}`;
    }),
    MAX_NAMED,
  );
}

function unknownText(quantity: SessionQuantity, end: SessionEndEvent | null): string {
  if (quantity !== "ts-errors" || end === null || end.reason === "crashed") return "unknown";
  if (end.ts === null) return "not analyzed";
  return end.ts.payload === "ts" ? "not a transport stream to the end" : "not a transport stream";
}

function attemptsText(quantity: RunQuantity, { attempts }: RunCounts): string {
  return quantity === "sessions" && attempts > 0 ? ` and ${formatCount(attempts, "attempt")} without payload` : "";
}

/** Formats the exact value, because a rounded one could seem to meet the condition. */
function describe(quantity: RunQuantity | SessionQuantity, value: number): string {
  const unit: Unit = isOfSession(quantity) ? SESSION_QUANTITIES[quantity] : RUN_QUANTITIES[quantity];
  switch (unit) {
    case "bytes":
      return `${value} B (${formatBytes(value)})`;
    case "rate":
      return `${value} bit/s (${formatRate(value)})`;
    case "duration":
      return `${value / 1000} s`;
    default:
      return String(value);
  }
}
