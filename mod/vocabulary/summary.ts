/**
 * The summary of a run: the file of `--summary`.
 *
 * @module
 */

import { Type } from "@sinclair/typebox";
import {
  CheckedExpectation,
  ListeningEvent,
  RefusedEvent,
  RunCounts,
  SessionEndEvent,
  SessionStartEvent,
  StoppedEvent,
  StoppingEvent,
} from "./events.ts";
import { count, Endpoint, nullable, Port, Time, type ValueOf } from "./schema.ts";

const { event: _start, time: _startTime, ...START_FIELDS } = SessionStartEvent.properties;
const { event: _end, time: _endTime, session: _session, caller: _caller, stream: _stream, ...END_FIELDS } =
  SessionEndEvent.properties;

const ADOPTED = {
  adopted: Type.Boolean({
    description: "Whether an earlier listener has started it (session-adopted). Since schema 3.",
  }),
};

/** The schema of {@linkcode SessionSummary}. */
export const SessionSummary = Type.Union([
  Type.Object({ ...START_FIELDS, ...END_FIELDS, ...ADOPTED, start: Time, end: Time }),
  Type.Object({ ...START_FIELDS, ...ADOPTED, start: Time, end: Type.Null(), reason: Type.Null() }, {
    description: "The run ended before the session.",
  }),
], { $id: "sessionSummary", description: "The fields of session-start and session-end." });

/** The fields of `session-start`, and those of `session-end` if the session ended before the run. */
export type SessionSummary = ValueOf<typeof SessionSummary>;

/** The schema of {@linkcode Summary}. */
export const Summary = Type.Object({
  schema: ListeningEvent.properties.schema,
  version: nullable(ListeningEvent.properties.version),
  start: nullable(Time, "When listening began."),
  end: Time,
  durationMs: StoppedEvent.properties.durationMs,
  cause: nullable(StoppingEvent.properties.cause),
  text: nullable(StoppingEvent.properties.text),
  exitCode: StoppedEvent.properties.exitCode,
  port: nullable(Port),
  addresses: Type.Array(Endpoint),
  total: Type.Object({
    ...RunCounts.properties,
    pktRcvLossTotal: count("Packets found missing, of all sessions."),
    pktRcvDropTotal: count("Packets given up, of all sessions."),
  }),
  sessions: Type.Array(SessionSummary, {
    description: "All sessions, and the first 1000 attempts, in the order of their start.",
  }),
  refused: Type.Array(RefusedEvent, { description: "The first 1000." }),
  expectations: Type.Array(CheckedExpectation),
});

/** The summary of a run. */
export type Summary = ValueOf<typeof Summary>;
