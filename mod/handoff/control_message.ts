/**
 * The requests that commands such as `sessions` and `stop` send to a running listener, its answers, and the check of both.
 *
 * @module
 */

import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { MAX_TEXT_BYTES } from "../packet/text_block.ts";
import {
  DiskEvent,
  ListeningEvent,
  RefusalCount,
  RunCounts,
  SessionEndEvent,
  SessionStartEvent,
  type SplitterEvent,
  StatsEvent,
  StoppingEvent,
} from "../vocabulary/events.ts";
import { count, nullable, oneOf, ProcessId, SessionId, Time, type ValueOf } from "../vocabulary/schema.ts";
import { UnconnectedPull } from "../vocabulary/unconnected_pull.ts";

/** Maximum number of IDs and names in a request. Our choice. */
export const MAX_NAMED = 1000;

const Named = Type.Array(Type.String(), { maxItems: MAX_NAMED, description: "Session IDs and stream names." });

/** Maximum number of characters in the subject of a ban: a stream name is part of a stream ID. */
export const MAX_SUBJECT_CHARACTERS = MAX_TEXT_BYTES;
const BanSubject = Type.String({
  maxLength: MAX_SUBJECT_CHARACTERS,
  description: "An address, a range, or a stream name.",
});

/** Maximum number of logins that one request ends: as many as a request of a browser can have cookies. Our choice. */
export const MAX_ENDED_LOGINS = 100;
const LoginId = Type.String({
  pattern: "^[0-9a-f]{32}$",
  description: "The random ID in the cookie of a login. Not a secret.",
});

const ControlRequest = Type.Union([
  Type.Object({ hello: Type.Literal("command"), command: Type.Literal("sessions") }),
  Type.Object({ hello: Type.Literal("command"), command: Type.Literal("state") }),
  /** Every event from now on, each in an answer of its own. */
  Type.Object({ hello: Type.Literal("command"), command: Type.Literal("events") }),
  Type.Object({
    hello: Type.Literal("command"),
    command: Type.Literal("stop"),
    sessions: Named,
  }),
  Type.Object({ hello: Type.Literal("command"), command: Type.Literal("cut"), sessions: Named }),
  Type.Object({
    hello: Type.Literal("command"),
    command: Type.Literal("ban"),
    subject: BanSubject,
    forMs: nullable(Type.Integer({ minimum: 1 }), "How long it is in force in ms, or null: until the run ends."),
  }),
  Type.Object({ hello: Type.Literal("command"), command: Type.Literal("lift-ban"), subject: BanSubject }),
  Type.Object({ hello: Type.Literal("command"), command: Type.Literal("bans") }),
  /** Forgets a lost session. */
  Type.Object({ hello: Type.Literal("command"), command: Type.Literal("clear-lost"), session: Type.String() }),
  /** Ends logins to the page, and returns what a web process has to know about all of them. */
  Type.Object({
    hello: Type.Literal("command"),
    command: Type.Literal("web-logins"),
    ended: Type.Array(LoginId, { maxItems: MAX_ENDED_LOGINS }),
  }),
  Type.Object({ hello: Type.Literal("command"), command: Type.Literal("stop-all") }),
  Type.Object({ hello: Type.Literal("command"), command: Type.Literal("hand-over") }),
]);

/** The first message of a command. */
export type ControlRequest = ValueOf<typeof ControlRequest>;

/** The schema of how long the payload of a session has stopped. */
export const NoDataForMs = nullable(
  count("Time in ms."),
  "How long no payload has arrived, in ms; null if payload arrives or has never arrived.",
);
/** The schema of the figures of the last 10 s of a session. */
export const Recent = nullable(
  Type.Object({
    bitsPerSecond: Type.Number({ minimum: 0, description: "Mean rate of payload, in bit/s." }),
    recoveredPackets: count("Packets that were lost and arrived after all."),
    missingPackets: count("Packets that did not arrive in time."),
  }),
  "The figures of the last 10 s, or of the time since its start if that is less; null before the first statistics.",
);
/** The schema of the time at which packets of a session last went missing. */
export const LastMissing = nullable(Time, "When packets last went missing; null: never.");

const ListedSession = Type.Object({
  start: SessionStartEvent,
  adopted: Type.Boolean(),
  proven: Type.Boolean(),
  durationMs: count("Time since its start in ms."),
  file: nullable(Type.String(), "Absolute path of the file that is written, or null."),
  figures: nullable(StatsEvent, "The last statistics, or null if none were reported."),
  // an earlier version does not report these
  noDataForMs: Type.Optional(NoDataForMs),
  recent: Type.Optional(Recent),
  lastMissing: Type.Optional(LastMissing),
});

/** A running session. */
export type ListedSession = ValueOf<typeof ListedSession>;

/** The schema of {@linkcode ListenerState}. */
export const ListenerState = Type.Object({
  listening: ListeningEvent,
  durationMs: count("Time since callers can connect, in ms."),
  counts: RunCounts,
  receivedBytes: count("Payload bytes received so far, those of running sessions included. Never decreases."),
  refusals: Type.Array(RefusalCount, { description: "Refused callers by reason, the most frequent first." }),
  disk: nullable(DiskEvent, "The free space on the disk of recordings, or null if it is not known."),
  stopping: nullable(StoppingEvent, "Why the listener stops, or null if it does not."),
  lost: Type.Array(SessionEndEvent, {
    description: "Sessions that were cut off or have failed, and whose caller has not reconnected. At most 100.",
  }),
  absentStreams: Type.Array(Type.String(), { description: "Stream names of --expect-streams that have no session." }),
  // an earlier version does not report these
  unconnectedPulls: Type.Optional(Type.Array(UnconnectedPull, {
    description: "The called listeners without a session: the last call has failed, or the last session has ended.",
  })),
}, { $id: "state", description: "The state of a listener." });

/** The state of a listener. */
export type ListenerState = ValueOf<typeof ListenerState>;

const Stream = nullable(Type.String(), "The stream name, or null.");
const Unknown = Type.Array(Type.String(), { description: "IDs and names for which no session runs." });

/** The schema of {@linkcode AnsweredBan}. */
export const Ban = Type.Object({
  kind: oneOf(["address", "stream"], "What is banned."),
  subject: Type.String({ description: "A range of addresses, or a stream name." }),
  remainingMs: nullable(Type.Integer(), "How long it remains in force in ms, or null: until the run ends."),
}, { $id: "ban", description: "A ban." });
const Ended = Type.Array(SessionEndEvent);
const Refused = Type.Array(Type.String(), {
  description: "IDs of sessions that had not begun; their callers were refused.",
});

/** The schema of the sessions to which a ban does not apply. */
export const Pulled = Type.Array(SessionId, {
  description:
    "IDs of pulled sessions of the address or the stream name. A ban is for callers: these sessions continue.",
});

/** A ban in an answer. */
export type AnsweredBan = ValueOf<typeof Ban>;

const PassedEvent = Type.Unsafe<SplitterEvent>(Type.Object({ event: Type.String(), time: Time }));

const WebLogins = Type.Object({
  key: Type.String({
    pattern: "^[0-9a-f]{64}$",
    description: "The key of the logins of this listener, and of later listeners that replace it. A secret.",
  }),
  ended: Type.Array(LoginId, { description: "The logins that have ended before their time." }),
});

/** What has to be known about the logins to the page. */
export type WebLogins = ValueOf<typeof WebLogins>;

const ControlAnswer = Type.Union([
  Type.Object({
    answer: Type.Literal("sessions"),
    pid: ProcessId,
    sessions: Type.Array(ListedSession),
    // an earlier version does not report these
    unconnectedPulls: Type.Optional(Type.Array(UnconnectedPull)),
    called: Type.Optional(Type.Array(Type.String(), { description: "The listeners that are called, as addresses." })),
  }),
  Type.Object({
    answer: Type.Literal("state"),
    pid: ProcessId,
    state: ListenerState,
    sessions: Type.Array(ListedSession),
  }),
  /** Events follow. */
  Type.Object({ answer: Type.Literal("events"), pid: ProcessId }),
  /** Fields of the event are not checked: a newer listener may have others. */
  Type.Object({ answer: Type.Literal("event"), event: PassedEvent }),
  Type.Object({
    answer: Type.Literal("stop"),
    pid: ProcessId,
    ended: Ended,
    refused: Refused,
    unknown: Unknown,
    // an earlier version does not report these
    notCalled: Type.Optional(Type.Array(Type.String(), {
      description: "Names of pulls without a session: their listeners are not called any more.",
    })),
    endedPulls: Type.Optional(Type.Array(Type.String(), {
      description: "Names of pulls whose session was ended: their listeners are not called any more.",
    })),
    wereStopped: Type.Optional(Type.Array(Type.String(), {
      description: "Names of pulls that were already stopped.",
    })),
  }),
  Type.Object({
    answer: Type.Literal("ban"),
    pid: ProcessId,
    ban: Ban,
    ended: Ended,
    refused: Refused,
    pulled: Type.Optional(Pulled), // an earlier version does not report it
  }),
  Type.Object({ answer: Type.Literal("lifted"), pid: ProcessId, subject: Type.String() }),
  Type.Object({ answer: Type.Literal("bans"), pid: ProcessId, bans: Type.Array(Ban) }),
  Type.Object({ answer: Type.Literal("lost-cleared"), pid: ProcessId }),
  Type.Object({
    answer: Type.Literal("web-logins"),
    pid: ProcessId,
    ...WebLogins.properties,
  }),
  /** The listener no longer listens, and its sessions are about to introduce themselves to the next one. */
  Type.Object({
    answer: Type.Literal("handing-over"),
    pid: ProcessId,
    lastNumber: count("The largest number that one of its sessions may get."),
    // an earlier version does not report it
    webLogins: Type.Optional(WebLogins),
  }),
  /** The order was not carried out, or not completely. */
  Type.Object({ answer: Type.Literal("failed"), pid: ProcessId, problem: Type.String() }),
  Type.Object({
    answer: Type.Literal("cut"),
    pid: ProcessId,
    cut: Type.Array(Type.Object({
      session: SessionId,
      stream: Stream,
      file: Type.String({ description: "Absolute path of the file that is written from now on." }),
      previous: Type.String({ description: "Absolute path of the file before it, which is complete." }),
    })),
    failed: Type.Array(Type.Object({
      session: SessionId,
      stream: Stream,
      problem: Type.String({ description: "Why no new file has begun." }),
    })),
    unknown: Unknown,
  }),
  /** The listener stops. `stopped` follows, unless it is killed; it closes the connection when it ends. */
  Type.Object({ answer: Type.Literal("stopping"), pid: ProcessId, sessions: count("Sessions that it ends.") }),
  /** The listener has stopped cleanly. */
  Type.Object({ answer: Type.Literal("stopped") }),
]);

/** The answer of a listener. */
export type ControlAnswer = ValueOf<typeof ControlAnswer>;

/** Parses a request. Returns null if the text is not one. */
export function parseRequest(text: string): ControlRequest | null {
  const value = parse(text);
  return Value.Check(ControlRequest, value) ? value : null;
}

/** Parses an answer. Returns null if the text is not one. */
export function parseAnswer(text: string): ControlAnswer | null {
  const value = parse(text);
  return Value.Check(ControlAnswer, value) ? value : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
