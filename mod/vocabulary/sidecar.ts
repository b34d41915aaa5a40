/**
 * The sidecar: the file `FILE.json` beside a recording, with the facts about it. A recording of several files has one for each.
 *
 * Fields may be added, and `SIDECAR_SCHEMA_VERSION` grows when one is added. No field is removed or changes its meaning.
 *
 * @module
 */

import { Type } from "@sinclair/typebox";
import { SessionEndEvent, SessionStartEvent } from "./events.ts";
import { count, nullable, oneOf, text, Time, type ValueOf } from "./schema.ts";
import { SrtStatistics } from "./statistics.ts";
import { TsHealth } from "./ts_health.ts";
import { END_REASONS } from "./values.ts";

const START = SessionStartEvent.properties;
const END = SessionEndEvent.properties;

/** The schema of {@linkcode Pcr}. */
export const Pcr = Type.Object({
  pid: Type.Integer({ minimum: 0, maximum: 0x1fff, description: "PID." }),
  value: count("In units of 27 MHz: program_clock_reference_base * 300 + program_clock_reference_extension."),
  offset: count("Bytes of this file before the TS packet that carries it."),
}, { $id: "pcr", description: "A PCR of this file." });

/** A PCR of a recording. */
export type Pcr = ValueOf<typeof Pcr>;

/** The schema of {@linkcode PacketTime}. */
export const PacketTime = Type.Object({
  time: nullable(
    Time,
    "When it arrived, by this machine's clock as it was set at the start of the session (see clockSteps); null after recover.",
  ),
  pcr: nullable(
    Pcr,
    "firstPacket: the first PCR of this file. lastPacket: the last one of the same PID. Null without a PCR, and with --no-analyze.",
  ),
}, { $id: "packetTime", description: "The first or the last SRT packet of this file. Since schema 3." });

/** The first or the last packet of a recording. */
export type PacketTime = ValueOf<typeof PacketTime>;

/** The schema of {@linkcode Loss}. */
export const Loss = Type.Object({
  timeMs: count("When the packet after the gap was delivered, in ms from the start of the session."),
  time: nullable(
    Time,
    "When the packet after the gap arrived, by the same clock as the time of firstPacket; null for packets missing at the end. Since schema 3.",
  ),
  pcr: nullable(
    Pcr,
    "The last PCR before the gap, of the PID of firstPacket; null if there is none in this file. Since schema 3.",
  ),
  offset: count("Bytes of this file before the gap."),
  packets: count("Packets missing."),
}, { $id: "loss", description: "Packets missing at one place of the recording." });

/** Packets missing at one place of the recording. */
export type Loss = ValueOf<typeof Loss>;

/** The schema of {@linkcode LossSummary}. */
export const LossSummary = Type.Object({
  gaps: Type.Array(Loss, { description: "The first 10,000 gaps." }),
  gapsTotal: count("All gaps."),
  packets: count("Packets missing in all gaps."),
}, { $id: "losses", description: "All gaps of a recording." });

/** All gaps of a recording. */
export type LossSummary = ValueOf<typeof LossSummary>;

/** The schema of {@linkcode DiskGap}. */
export const DiskGap = Type.Object({
  timeMs: count("When the first missing byte arrived, in ms from the start of the session."),
  durationMs: count("Time from then until the last missing byte arrived, in ms."),
  offset: count("Bytes of this file before the gap."),
  bytes: count("Payload bytes missing."),
}, {
  $id: "diskGap",
  description: "Payload that arrived and is not in the recording, because the disk had stalled for too long.",
});

/** Payload that arrived and is not in the recording, because the disk had stalled for too long. */
export type DiskGap = ValueOf<typeof DiskGap>;

/** The schema of {@linkcode ClockStep}. */
export const ClockStep = Type.Object({
  timeMs: count("When it was noticed, in ms from the start of the session."),
  stepMs: Type.Integer({ description: "How far the clock was set, in ms; negative if it was set back." }),
}, { $id: "clockStep", description: "The clock of the machine was set during the session." });

/** The clock of the machine was set during the session. */
export type ClockStep = ValueOf<typeof ClockStep>;

/** The schema of {@linkcode Checksum}. */
export const Checksum = Type.Object({
  algorithm: Type.Literal("sha256"),
  value: nullable(Type.String(), "In lower-case hexadecimal digits; null until the recording is complete."),
}, { $id: "checksum", description: "Checksum of the recording." });

/** Checksum of a recording. */
export type Checksum = ValueOf<typeof Checksum>;

/** The schema of {@linkcode Continuation}. */
export const Continuation = Type.Object({
  session: START.session,
  caller: START.caller,
  time: { ...Time, description: "When the later session began." },
  offset: count("Bytes of this file before the later session."),
  end: { ...Time, description: "When the earlier session ended." },
  reason: oneOf([...END_REASONS, "interrupted"], "Why the earlier session ended."),
}, {
  $id: "continuation",
  description: "A later session has continued the file (--rejoin). Since schema 3.",
});

/** A later session has continued the file. */
export type Continuation = ValueOf<typeof Continuation>;

const START_FIELDS = {
  schema: Type.Integer({ minimum: 1, description: "Version of this schema." }),
  file: text("Name of the recording, without folder."),
  previous: nullable(
    Type.String(),
    "Path of the session's previous file, relative to the folder of this file; null for the first one. Since schema 2.",
  ),
  session: START.session,
  caller: START.caller,
  local: START.local,
  stream: START.stream,
  streamId: START.streamId,
  srtVersion: START.srtVersion,
  latencyMs: START.latencyMs,
  encrypted: START.encrypted,
  keyLength: START.keyLength,
  start: Time,
  timeZone: nullable(
    Type.String(),
    "The machine's time zone as in the IANA database, such as Europe/Berlin; null if unknown. Since schema 3.",
  ),
  utcOffsetMinutes: Type.Integer({
    description: "How far local time was ahead of UTC when this file began, in minutes. Since schema 3.",
  }),
  segment: Type.Integer({ minimum: 1, description: "Number of this file in its session, from 1. Since schema 3." }),
  first: text(
    "Path of the session's first file, relative to the folder of this one: this file itself if it is the first. Since schema 3.",
  ),
};

const END_FIELDS = {
  end: Time,
  firstPacket: PacketTime,
  lastPacket: PacketTime,
  next: nullable(
    Type.String(),
    "Path of the file in which the recording continues, relative to the folder of this one; null for the last. Since schema 2.",
  ),
  reason: oneOf(
    [...END_REASONS, "continued", "interrupted"],
    "Why the session ended; continued: it continues in the next file; interrupted: its process or the machine stopped, and the sidecar was " +
      "completed later.",
  ),
  text: END.text,
  durationMs: count("Time from the start of this file to its end in ms."),
  bytes: count("Size of this file."),
  statistics: nullable(
    SrtStatistics,
    "The session's last statistics; null if unknown, or if the session continues in another file.",
  ),
  losses: nullable(
    LossSummary,
    "Where packets are missing; null after recover. It is complete to the end of the recording, while `statistics` can " +
      "be up to 200 ms older than the end.",
  ),
  diskGaps: nullable(
    Type.Array(DiskGap),
    "Payload that was not written because the disk did not answer; null after recover. Since schema 2.",
  ),
  clockSteps: nullable(
    Type.Array(ClockStep),
    "Steps of the clock during the session, the first 100; null after recover. Since schema 2.",
  ),
  ts: nullable(TsHealth, "TS health of this file; null with --no-analyze."),
  continuations: nullable(
    Type.Array(Continuation),
    "Later sessions that have continued this file, in order (--rejoin). At the offset of each, losses has an entry with 0 packets. The times (timeMs) of losses, diskGaps and clockSteps count from the start of their own session. Null after recover. Since schema 3.",
  ),
  checksumState: nullable(
    Type.String(),
    "The state from which a later session can continue the checksum; null without a checksum, and after recover. Since schema 3.",
  ),
};

const ChecksumField = nullable(Checksum, "Null without --checksum.");

/** What is known when a recording begins. */
export const SidecarStart = Type.Object(START_FIELDS);

/** What is known when a recording begins. */
export type SidecarStart = ValueOf<typeof SidecarStart>;

/** What is known when a recording has ended. */
export const SidecarEnd = Type.Object({ ...END_FIELDS, checksum: ChecksumField });

/** What is known when a recording has ended. */
export type SidecarEnd = ValueOf<typeof SidecarEnd>;

/** The schema of {@linkcode RunningSidecar}. */
export const RunningSidecar = Type.Object({
  state: Type.Literal("recording"),
  ...START_FIELDS,
  ...nulls(END_FIELDS),
  checksum: ChecksumField,
}, {
  $id: "recording",
  description: "A sidecar while its recording runs: fields that are only known at the end are null.",
});

/** A sidecar while its recording runs: fields that are only known at the end are null. */
export type RunningSidecar = ValueOf<typeof RunningSidecar>;

/** The schema of {@linkcode FinalSidecar}. */
export const FinalSidecar = Type.Object({
  state: Type.Literal("final"),
  ...START_FIELDS,
  ...END_FIELDS,
  checksum: ChecksumField,
}, { $id: "final", description: "The sidecar of a recording that has ended." });

/** The sidecar of a recording that has ended. */
export type FinalSidecar = ValueOf<typeof FinalSidecar>;

function nulls<Fields extends object>(
  fields: Fields,
): { readonly [Field in keyof Fields]: ReturnType<typeof Type.Null> } {
  return Object.fromEntries(Object.keys(fields).map((field) => [field, Type.Null()])) as never;
}
