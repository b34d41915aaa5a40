/**
 * The bodies of the HTTP API, as schemas. The OpenAPI document and the types follow from them.
 *
 * @module
 */

import { type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import {
  Ban,
  LastMissing,
  type ListedSession,
  MAX_SUBJECT_CHARACTERS,
  NoDataForMs,
  Pulled,
  Recent,
} from "../handoff/control_message.ts";
import { SessionEndEvent, SessionStartEvent, type SplitterEvent, StatsEvent } from "../vocabulary/events.ts";
import { count, nullable, oneOf, SessionId, text, Time, type ValueOf } from "../vocabulary/schema.ts";

const { event: _event, time: _time, file: _file, ...START_FIELDS } = SessionStartEvent.properties;
const { bytes, bitsPerSecond, statistics, ts } = StatsEvent.properties;

/** The schema of {@linkcode RunningSession}. */
export const RunningSession = Type.Object({
  ...START_FIELDS,
  start: Time,
  adopted: Type.Boolean({ description: "Whether an earlier listener has started it." }),
  proven: Type.Boolean({ description: "Whether its caller has proven that it is real." }),
  durationMs: count("Time since its start in ms."),
  file: nullable(Type.String(), "Absolute path of the file that is written, or null."),
  bytes: nullable(bytes),
  bitsPerSecond: nullable(bitsPerSecond),
  statistics: nullable(statistics),
  ts,
  noDataForMs: NoDataForMs,
  recent: Recent,
  lastMissing: LastMissing,
}, {
  $id: "runningSession",
  description: "A running session. bytes, bitsPerSecond, statistics and ts are null until the first statistics.",
});

/** A running session. */
export type RunningSession = ValueOf<typeof RunningSession>;

/** Returns the public form of a session. */
export function runningSession({ start, figures, ...session }: ListedSession): RunningSession {
  const { event: _event, time, file: _file, ...rest } = start;
  const { bytes = null, bitsPerSecond = null, statistics = null, ts = null } = figures ?? {};
  const { noDataForMs = null, recent = null, lastMissing = null } = session;
  const measured = { bytes, bitsPerSecond, statistics, ts };
  return { ...rest, start: time, ...session, ...measured, noDataForMs, recent, lastMissing };
}

/** The schema of {@linkcode ListedRecordings}. */
export const ListedRecordings = Type.Object({
  recordings: Type.Array(
    Type.Object({
      path: text("Path below the folder of recordings."),
      bytes: count("Size of the file."),
      state: oneOf(
        ["final", "recording"],
        "final: it is complete. recording: it is being written, or was interrupted.",
      ),
      time: nullable(Time, "When it ended, or when it was last written to."),
      url: text("Path of the recording in this API."),
      sidecarUrl: text("Path of its sidecar in this API."),
    }, { $id: "listedRecording", description: "A recording." }),
    { description: "The newest 1000, the newest first." },
  ),
  total: count("How many there are."),
}, { $id: "recordings", description: "The recordings that have a sidecar." });

/** The recordings of a folder. */
export type ListedRecordings = ValueOf<typeof ListedRecordings>;

/** The schema of the answer to a stop. */
export const Stopped = Type.Object({
  ended: nullable(SessionEndEvent, "Its end; null if it had not begun, and its caller was refused."),
}, { $id: "stopped-session", description: "A session that was stopped." });

/** The schema of the answer to a cut. */
export const Cut = Type.Object({
  file: text("Absolute path of the file that is written from now on."),
  previous: text("Absolute path of the file before it, which is complete."),
}, { $id: "cut", description: "A session that has a new file." });

/** The schema of {@linkcode BanOrder}. */
export const BanOrder = Type.Object({
  subject: Type.String({
    minLength: 1,
    maxLength: MAX_SUBJECT_CHARACTERS,
    description: "An address, a range such as 192.0.2.0/24, or a stream name.",
  }),
  forMs: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 1e12 }), Type.Null()], {
    description: "How long the ban is in force, in ms; null or absent: until the listener stops.",
  })),
}, { $id: "banOrder", description: "What to ban.", additionalProperties: false });

/** What to ban. */
export type BanOrder = ValueOf<typeof BanOrder>;

/** Reports whether a value is a {@linkcode BanOrder}. */
export function isBanOrder(value: unknown): value is BanOrder {
  return Value.Check(BanOrder, value);
}

/** The schema of the answer to a ban. */
export const Banned = Type.Object({ ban: Ban, ended: Type.Array(SessionEndEvent), pulled: Pulled }, {
  $id: "banned",
  description: "The ban, the sessions that it has ended, and those that continue.",
});

/** The schema of the list of bans. */
export const Bans = Type.Object({ bans: Type.Array(Ban) }, { $id: "bans", description: "The bans that are in force." });

/** The schema of {@linkcode LoginOrder}. */
export const LoginOrder = Type.Object({
  token: Type.String({ description: "The token: the first line of the file of --web-token-file." }),
}, { $id: "login", description: "A login.", additionalProperties: false });

/** A login. */
export type LoginOrder = ValueOf<typeof LoginOrder>;

/** Reports whether a value is a {@linkcode LoginOrder}. */
export function isLoginOrder(value: unknown): value is LoginOrder {
  return Value.Check(LoginOrder, value);
}

/** The schema of the list of sessions. */
export const Sessions = Type.Object({ sessions: Type.Array(RunningSession) }, {
  $id: "sessions",
  description: "The running sessions.",
});

/** The schema of {@linkcode EventHistory}. */
export const EventHistory = Type.Object({
  position: text("Where to continue: the parameter `after` of the next request."),
  complete: Type.Boolean({
    description: "True: all that the web process remembers. False: only what is newer than `after`.",
  }),
  events: Type.Array(Type.Unsafe<SplitterEvent>(Type.Object({ event: Type.String(), time: Time })), {
    description:
      "The last 200 events, the oldest first, as in /api/events; without stats, disk, refusals and session-proven.",
  }),
  rates: Type.Array(
    Type.Object({
      session: SessionId,
      time: Time,
      bitsPerSecond,
      missingPackets: count("Packets that have gone missing since the value before it."),
    }),
    { description: "The figures of each running session in the last 5 minutes, at most one item every 2 s." },
  ),
}, { $id: "history", description: "What the web process has seen since its start." });

/** What the web process has seen. */
export type EventHistory = ValueOf<typeof EventHistory>;

/** The schema of the body of a response that is not a success. */
export const Problem: TSchema = Type.Object({
  error: text("What happened."),
  hint: nullable(Type.String(), "What to do, or null."),
}, { $id: "problem", description: "Why a request was not carried out." });
