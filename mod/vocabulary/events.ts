/**
 * The events of a run: what `--json` prints, one object per line, and what every reporter receives.
 *
 * A child reports `session-start`, `segment`, `stats`, `no-data`, `data-again`, `missing` and `session-end`; the listener adds
 * the others, and the `session-end` of a child that died. A field is never removed or changed; `EVENT_SCHEMA_VERSION` grows when
 * one is added.
 *
 * @module
 */

import { Type } from "@sinclair/typebox";
import { count, Endpoint, nullable, oneOf, Port, ProcessId, SessionId, text, Time, type ValueOf } from "./schema.ts";
import { SrtStatistics } from "./statistics.ts";
import { TsHealth } from "./ts_health.ts";
import { DELETION_REASONS, END_REASONS } from "./values.ts";

const Stream = nullable(Type.String(), "The stream's name from the stream ID, or null if there is none.");
const Health = nullable(TsHealth, "TS health so far; null with --no-analyze. Since schema 2.");
const ExitCode = Type.Integer({ minimum: 0, maximum: 255, description: "Exit code of the program." });

/** The schema of {@linkcode ListeningEvent}. */
export const ListeningEvent = Type.Object({
  event: Type.Literal("listening"),
  time: Time,
  schema: Type.Integer({ minimum: 1, description: "Version of this schema." }),
  version: text("Version of srt-splitter."),
  pid: ProcessId,
  port: {
    ...Port,
    minimum: 0,
    description: "UDP port; 0 if listeners are called and no port is listened on (record).",
  },
  addresses: Type.Array(Endpoint, {
    description: "Every local address on which callers can connect, in the order of the system.",
  }),
  pulls: Type.Array(
    Type.Object({
      stream: text("Name of the pull: the stream name of its sessions."),
      listener: text("The listener, without the query of its address, such as srt://192.0.2.9:9000."),
    }),
    { description: "The listeners that are called (record, or [[pull]] tables). Since schema 3." },
  ),
  out: nullable(Type.String(), "Absolute path of the folder of recordings, or null if there is none."),
  stdout: Type.Boolean({ description: "Whether the payload of one session goes to stdout (--out -). Since schema 3." }),
  libsrt: Type.Object({ version: Type.String(), file: Type.String() }),
  web: Type.Array(Type.String(), {
    description:
      "URLs of the page (--web), such as http://127.0.0.1:9080/; empty without it, or with port 0. Since schema 3.",
  }),
}, { $id: "listening", description: "Callers can connect, and listeners are called. This is the first event." });

/** Callers can connect, and listeners are called. */
export type ListeningEvent = ValueOf<typeof ListeningEvent>;

const EarlierBytes = count(
  "Bytes that the file had before this session: 0, unless the session continues the recording of an earlier session " +
    "(--rejoin). Since schema 3.",
);

/** The schema of {@linkcode SessionStartEvent}. */
export const SessionStartEvent = Type.Object({
  event: Type.Literal("session-start"),
  time: Time,
  session: SessionId,
  caller: Endpoint,
  local: Endpoint,
  stream: Stream,
  streamId: nullable(Type.String(), "The whole stream ID with secrets masked, or null."),
  latencyMs: count("Negotiated receiver latency in ms."),
  encrypted: Type.Boolean(),
  keyLength: Type.Integer({ enum: [0, 16, 24, 32], description: "AES key length in bytes, 0 if not encrypted." }),
  srtVersion: text("The SRT version of the other side, such as 1.5.1."),
  file: nullable(Type.String(), "Absolute path of the recording, or null."),
  earlierBytes: EarlierBytes,
  pid: ProcessId,
  spare: Type.Boolean({ description: "Whether its process had been waiting for a caller. Since schema 3." }),
  pulled: Type.Boolean({
    description:
      "Whether this program has called an SRT listener (record, or a [[pull]] table): caller is the address of that " +
      "listener then, and stream the name of the pull. Since schema 3.",
  }),
}, {
  $id: "session-start",
  description: "A child's libsrt has accepted a caller, or its call was accepted, and its session begins.",
});

/** A child's libsrt has accepted a caller, and its session begins. */
export type SessionStartEvent = ValueOf<typeof SessionStartEvent>;

const { event: _start, time: _startTime, ...START_FIELDS } = SessionStartEvent.properties;

/** The schema of {@linkcode SessionAdoptedEvent}. */
export const SessionAdoptedEvent = Type.Object({
  event: Type.Literal("session-adopted"),
  time: Time,
  ...START_FIELDS,
  start: { ...Time, description: "When the session started." },
  durationMs: count("Time since the session's start in ms."),
  proven: Type.Boolean({ description: "Whether session-proven was reported to the earlier listener." }),
  files: Type.Array(Type.String(), {
    description:
      "Absolute paths of the files of the recording so far, in order; file is the last of them. If there are several " +
      "thousand, only the newest ones.",
  }),
}, {
  $id: "session-adopted",
  description:
    "This listener has adopted a running session of an earlier listener with the same address, because that listener " +
    "died or was replaced (--replace). There is no session-start for the session. Since schema 3.",
});

/** This listener has adopted a running session of an earlier listener. Since schema 3. */
export type SessionAdoptedEvent = ValueOf<typeof SessionAdoptedEvent>;

/** The schema of {@linkcode SessionProvenEvent}. */
export const SessionProvenEvent = Type.Object({
  event: Type.Literal("session-proven"),
  time: Time,
  session: SessionId,
  stream: Stream,
}, {
  $id: "session-proven",
  description:
    "The other side has proven that it is real: it sent payload, or has kept the connection alive for 6 s. From now on its session " +
    "is counted, unless it ends without payload. Since schema 3.",
});

/** The caller has proven that it is real. From now on its session is counted, unless it ends without payload. Since schema 3. */
export type SessionProvenEvent = ValueOf<typeof SessionProvenEvent>;

/** The schema of {@linkcode SegmentEvent}. */
export const SegmentEvent = Type.Object({
  event: Type.Literal("segment"),
  time: Time,
  session: SessionId,
  stream: Stream,
  file: text("Absolute path of the file that is written from now on."),
  previous: nullable(Type.String(), "Absolute path of the session's previous file; null for the first one."),
  previousGone: Type.Boolean({
    description: "Whether the previous file was removed, replaced, moved or changed by another program.",
  }),
  earlierBytes: EarlierBytes,
  text: text("Why this file was created now."),
}, {
  $id: "segment",
  description:
    "The recording of a session continues in a new file, or its first file was created after session-start. Since schema 3.",
});

/** The recording of a session continues in a new file, or its first file was created after `session-start`. Since schema 3. */
export type SegmentEvent = ValueOf<typeof SegmentEvent>;

/** The schema of {@linkcode StatsEvent}. */
export const StatsEvent = Type.Object({
  event: Type.Literal("stats"),
  time: Time,
  session: SessionId,
  stream: Stream,
  durationMs: count("Time since the session's start in ms."),
  bytes: count("Payload bytes received, and recorded if there is a file."),
  bitsPerSecond: count("Mean payload rate since the last stats event, in bit/s."),
  statistics: SrtStatistics,
  ts: Health,
}, { $id: "stats", description: "The state of a running session, once per --stats interval." });

/** The state of a running session, once per `--stats` interval. */
export type StatsEvent = ValueOf<typeof StatsEvent>;

/** The schema of {@linkcode NoDataEvent}. */
export const NoDataEvent = Type.Object({
  event: Type.Literal("no-data"),
  time: Time,
  session: SessionId,
  stream: Stream,
  idleMs: count("How long no payload has arrived, in ms."),
}, {
  $id: "no-data",
  description:
    "The payload of a session has stopped: none has arrived for 2 s, but it is still connected. Since schema 3.",
});

/** The payload of a session has stopped. Since schema 3. */
export type NoDataEvent = ValueOf<typeof NoDataEvent>;

/** The schema of {@linkcode DataAgainEvent}. */
export const DataAgainEvent = Type.Object({
  event: Type.Literal("data-again"),
  time: Time,
  session: SessionId,
  stream: Stream,
  pausedMs: count("How long no payload had arrived, in ms."),
}, { $id: "data-again", description: "Payload arrives again after no-data. Since schema 3." });

/** Payload arrives again after `no-data`. Since schema 3. */
export type DataAgainEvent = ValueOf<typeof DataAgainEvent>;

/** The schema of {@linkcode MissingEvent}. */
export const MissingEvent = Type.Object({
  event: Type.Literal("missing"),
  time: Time,
  session: SessionId,
  stream: Stream,
  packets: Type.Integer({
    minimum: 1,
    description: "Packets that have gone missing since the last such event of the session, or since its start.",
  }),
  totalPackets: count("Packets that are missing so far: pktRcvDropTotal."),
}, {
  $id: "missing",
  description:
    "Packets of a session are missing in its recording: they did not arrive in time. Reported at once for the first " +
    "ones, then at most once a minute. Since schema 3.",
});

/** Packets of a session are missing in its recording. Since schema 3. */
export type MissingEvent = ValueOf<typeof MissingEvent>;

/** The schema of {@linkcode OutputReport}. */
export const OutputReport = Type.Object({
  kind: oneOf(
    ["pipe", "udp", "forward"],
    "pipe: a command of --pipe; udp: a target of --udp; forward: a listener of --forward. More may be added.",
  ),
  name: text(
    "Name of the program, without its folder and its arguments; or the target, such as udp://239.1.1.1:5000 or " +
      "srt://192.0.2.9:9000.",
  ),
  ok: Type.Boolean({ description: "Whether it got all payload and, if it is a program, ended with exit code 0." }),
  text: text("How it ended, as text."),
  starts: count(
    "How often a program was started; for udp, 1 once its socket is open; for forward, how often it was connected.",
  ),
  bytes: count("Payload bytes that were written to its stdin, or sent; for forward, those that were acknowledged."),
  droppedBytes: count("Payload bytes that it did not get."),
  exitCode: nullable(Type.Integer(), "Exit code of its last process, or null; for udp and forward null."),
  signal: nullable(Type.String(), "Signal that ended its last process, such as SIGKILL, or null."),
}, { $id: "outputReport", description: "The result of one output of a session, beside its recording." });

/** The result of one output of a session, beside its recording. */
export type OutputReport = ValueOf<typeof OutputReport>;

/** The schema of {@linkcode SessionEndEvent}. */
export const SessionEndEvent = Type.Object({
  event: Type.Literal("session-end"),
  time: Time,
  session: SessionId,
  caller: Endpoint,
  stream: Stream,
  reason: oneOf(
    END_REASONS,
    "caller-closed, silence, stopped, replaced, idle, moved and output-closed are clean ends; the others are failures. More may be added.",
  ),
  text: text("The reason as text."),
  advice: text("What to do about it; empty if there is nothing to suggest. Since schema 3."),
  signal: nullable(Type.String(), "Name of the signal that ended the child (SIGKILL), or null."),
  durationMs: count("Time from the session's start to its end in ms."),
  bytes: count("Payload bytes received, and recorded if there is a file."),
  bitsPerSecond: count("Mean payload rate of the whole session, in bit/s."),
  file: nullable(
    Type.String(),
    "Absolute path of the recording, the last one if there are several; null if there is none. An empty one is removed.",
  ),
  files: Type.Array(Type.String(), {
    description:
      "Absolute paths of all files of the recording, in order; if there are more than about 10,000, only the newest ones. Since " +
      "schema 3.",
  }),
  attempt: Type.Boolean({
    description:
      "True if no payload arrived: the connection counts as an attempt, and not as a session. Since schema 3.",
  }),
  outputs: Type.Array(OutputReport, {
    description: "The outputs beside the recording; empty if the process of the session died. Since schema 3.",
  }),
  statistics: nullable(SrtStatistics, "The last statistics, or null if none were taken."),
  ts: nullable(
    TsHealth,
    "TS health of the whole session; null with --no-analyze, or if its process died before the first report. Since schema 2.",
  ),
}, { $id: "session-end", description: "A session has ended." });

/** A session has ended. */
export type SessionEndEvent = ValueOf<typeof SessionEndEvent>;

/** The schema of {@linkcode RefusedEvent}. */
export const RefusedEvent = Type.Object({
  event: Type.Literal("refused"),
  time: Time,
  caller: Endpoint,
  local: Endpoint,
  stream: Stream,
  srtVersion: nullable(Type.String(), "The caller's SRT version, or null if unknown."),
  reason: nullable(
    count("SRT rejection reason."),
    "SRT rejection reason (API value, such as 1403) sent to the caller, or null if it was sent none.",
  ),
  text: text("The reason as text."),
  advice: text("What to do about it."),
  rule: nullable(Type.String(), "The operator's rule that decided, and its place; null if none did."),
  byStop: Type.Boolean({
    description:
      "True if the cause is that the listener is stopping; such refusals are counted separately. Since schema 3.",
  }),
  times: Type.Integer({
    minimum: 1,
    description: "How many refusals this event stands for: one, or the repeats since the last such event.",
  }),
}, {
  $id: "refused",
  description: "A caller was refused. Repeats of the same caller and reason are reported later, in one event.",
});

/** A caller was refused. Repeats of the same caller and reason are reported later, in one event. */
export type RefusedEvent = ValueOf<typeof RefusedEvent>;

/** The schema of {@linkcode PullFailedEvent}. */
export const PullFailedEvent = Type.Object({
  event: Type.Literal("pull-failed"),
  time: Time,
  stream: text("Name of the pull: the stream name of its sessions."),
  listener: text("The listener, without the query of its address, such as srt://192.0.2.9:9000."),
  reason: nullable(
    count("SRT rejection reason."),
    "SRT rejection reason (API value, such as 1403) that the listener gave; 16 if it did not answer; null if it was not called.",
  ),
  text: text("The reason as text."),
  advice: text("What to do about it; empty if there is nothing to suggest."),
  retryMs: count("Time until the next call in ms."),
}, {
  $id: "pull-failed",
  description:
    "The call of a listener (record, or a [[pull]] table) has failed. The first failure since its last session is " +
    "reported, and each later one with another text. Since schema 3.",
});

/** The call of a listener has failed. Since schema 3. */
export type PullFailedEvent = ValueOf<typeof PullFailedEvent>;

/** The schema of {@linkcode RefusalCount}. */
export const RefusalCount = Type.Object({
  reason: nullable(
    count("SRT rejection reason."),
    "SRT rejection reason (API value), or null if the callers were sent none.",
  ),
  name: nullable(Type.String(), "Its name, such as SRT_REJX_FORBIDDEN, or null."),
  times: count("How often."),
}, { $id: "refusalCount", description: "How often callers were refused for one reason." });

/** How often callers were refused for one reason. */
export type RefusalCount = ValueOf<typeof RefusalCount>;

const RefusedByStop = count("Callers refused because the listener was stopping, repeats included. Since schema 3.");

/** The schema of {@linkcode RefusalsEvent}. */
export const RefusalsEvent = Type.Object({
  event: Type.Literal("refusals"),
  time: Time,
  refused: count("Callers refused so far, repeats included."),
  refusedByStop: RefusedByStop,
  reasons: Type.Array(RefusalCount, { description: "The refusals so far by reason, the most frequent first." }),
}, {
  $id: "refusals",
  description:
    "All refusals so far, if there are new ones: at each --stats interval; without it, at most once a minute with --web; and " +
    "once a minute and at the end if there were so many that some have no event `refused`.",
});

/** All refusals so far. */
export type RefusalsEvent = ValueOf<typeof RefusalsEvent>;

const SPACE_FIELDS = {
  folder: text("Absolute path of the folder of recordings."),
  freeBytes: count("Bytes that are free on its disk."),
  totalBytes: count("Size of the disk in bytes."),
  bitsPerSecond: count("Rate at which all programs together fill the disk, in bit/s; 0 if not known."),
  leftMs: nullable(
    count("Time in ms."),
    "Time in ms until too little space is left for a session to begin (--min-free), at this rate; 0 if there is too little now; " +
      "null if the rate is not known, no session records, or old recordings are deleted in time.",
  ),
};

/** The schema of {@linkcode DiskEvent}. */
export const DiskEvent = Type.Object({
  event: Type.Literal("disk"),
  time: Time,
  ...SPACE_FIELDS,
}, {
  $id: "disk",
  description: "The free space on the disk of recordings, once per --stats interval. Since schema 3.",
});

/** The free space on the disk of recordings, once per `--stats` interval. Since schema 3. */
export type DiskEvent = ValueOf<typeof DiskEvent>;

/** The schema of {@linkcode DiskLowEvent}. */
export const DiskLowEvent = Type.Object({
  event: Type.Literal("disk-low"),
  time: Time,
  ...SPACE_FIELDS,
  text: text("The free space, and how long it lasts, as text."),
  advice: text("What to do about it."),
}, {
  $id: "disk-low",
  description:
    "The disk of recordings is almost full: less than 10 % of it is free, the free space lasts for less than an " +
    "hour, or no session can begin now. Each of the three is reported once, and again after there was more space. Since schema 3.",
});

/** The disk of recordings is almost full. Since schema 3. */
export type DiskLowEvent = ValueOf<typeof DiskLowEvent>;

/** The schema of {@linkcode DeletedEvent}. */
export const DeletedEvent = Type.Object({
  event: Type.Literal("deleted"),
  time: Time,
  file: text("Absolute path of the recording."),
  bytes: count("Size of the recording."),
  end: { ...Time, description: "When the recording ended." },
  reason: oneOf(DELETION_REASONS, "The option that caused it. More may be added."),
  text: text("The reason as text."),
}, { $id: "deleted", description: "A finished recording was deleted, with its sidecar. Since schema 3." });

/** A finished recording was deleted, with its sidecar. Since schema 3. */
export type DeletedEvent = ValueOf<typeof DeletedEvent>;

/** The schema of {@linkcode ReloadedEvent}. */
export const ReloadedEvent = Type.Object({
  event: Type.Literal("reloaded"),
  time: Time,
  config: text("Path of the configuration file."),
  ok: Type.Boolean({ description: "False if the file cannot be used; nothing has changed then." }),
  text: text("What has changed, or the error with its line and key, and what to do."),
}, { $id: "reloaded", description: "The configuration file was read again (SIGHUP)." });

/** The configuration file was read again (SIGHUP). */
export type ReloadedEvent = ValueOf<typeof ReloadedEvent>;

/** The schema of {@linkcode StoppingEvent}. */
export const StoppingEvent = Type.Object({
  event: Type.Literal("stopping"),
  time: Time,
  cause: text(
    "The cause: a signal such as SIGINT, an option such as --sessions, stop for the command stop --all, or replace if another listener takes the address (--replace).",
  ),
  text: text("The cause as text."),
  sessions: count("Sessions that are closed now."),
}, {
  $id: "stopping",
  description:
    "The listener begins to stop: after a signal, because of an option, by the command stop --all, or because another listener takes its address.",
});

/** The listener begins to stop. */
export type StoppingEvent = ValueOf<typeof StoppingEvent>;

/** The schema of {@linkcode CheckedExpectation}. */
export const CheckedExpectation = Type.Object({
  expectation: text("As it was typed, such as sessions=2."),
  ok: Type.Boolean({ description: "Whether the condition is true. It is false if its value is unknown." }),
  seen: text("The values seen, as text."),
  values: Type.Array(
    Type.Object({
      session: nullable(SessionId, "Null for a value of the run."),
      value: nullable(
        Type.Union([Type.Number(), Type.String()]),
        "In bytes, ms, bit/s or a count; a stream's name; null if not known.",
      ),
      ok: Type.Boolean(),
    }),
    { description: "One value of the run, or one of each session." },
  ),
}, { $id: "checkedExpectation", description: "The result of one --expect." });

/** The result of one `--expect`. */
export type CheckedExpectation = ValueOf<typeof CheckedExpectation>;

/** The schema of {@linkcode ExpectationEvent}. */
export const ExpectationEvent = Type.Object({
  event: Type.Literal("expectation"),
  time: Time,
  ...CheckedExpectation.properties,
}, { $id: "expectation", description: "One --expect was checked: after the last session ended, before stopped." });

/** One `--expect` was checked: after the last session ended, before `stopped`. */
export type ExpectationEvent = ValueOf<typeof ExpectationEvent>;

/** The schema of {@linkcode RunCounts}. */
export const RunCounts = Type.Object({
  sessions: count("Sessions: connections with payload, and running ones that have been proven real."),
  attempts: count("Connections without payload: these are not sessions. Since schema 3."),
  failed: count("Sessions and attempts that ended with a failure."),
  refused: count("Callers refused, repeats included."),
  refusedByStop: RefusedByStop,
  bytes: count("Payload bytes of all sessions."),
});

/** The counts that `stopped` and the summary have in common. */
export type RunCounts = ValueOf<typeof RunCounts>;

/** The schema of {@linkcode StoppedEvent}. */
export const StoppedEvent = Type.Object({
  event: Type.Literal("stopped"),
  time: Time,
  durationMs: count("Time since listening began in ms."),
  ...RunCounts.properties,
  refusals: Type.Array(RefusalCount, { description: "Refused callers by reason, the most frequent first." }),
  exitCode: ExitCode,
}, { $id: "stopped", description: "The run has ended. This is the last event." });

/** The run has ended. */
export type StoppedEvent = ValueOf<typeof StoppedEvent>;

/** The schemas of all events, in the order in which they are documented. */
export const EVENTS = [
  ListeningEvent,
  SessionStartEvent,
  SessionAdoptedEvent,
  SessionProvenEvent,
  SegmentEvent,
  StatsEvent,
  NoDataEvent,
  DataAgainEvent,
  MissingEvent,
  SessionEndEvent,
  RefusedEvent,
  RefusalsEvent,
  PullFailedEvent,
  DiskEvent,
  DiskLowEvent,
  DeletedEvent,
  ReloadedEvent,
  StoppingEvent,
  ExpectationEvent,
  StoppedEvent,
] as const;

/** Every event of a run. */
export type SplitterEvent = ValueOf<typeof EVENTS[number]>;
