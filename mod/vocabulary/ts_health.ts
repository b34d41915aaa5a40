/**
 * TS health: what an analysis of an MPEG transport stream found, for events, sidecars and `inspect --json`.
 *
 * @module
 */

import { Type } from "@sinclair/typebox";
import { count, nullable, oneOf, text, type ValueOf } from "./schema.ts";

const Pid = Type.Integer({ minimum: 0, maximum: 0x1fff, description: "PID." });
const Interval = Type.Number({ minimum: 0, description: "In ms of the stream's own clock (PCR)." });

/** The schema of {@linkcode TsPlace}. */
export const TsPlace = Type.Object({
  offset: count(
    "Bytes from the start of the payload (of the file) to the TS packet, or to the first byte out of sync.",
  ),
  pid: nullable(Pid, "PID of the packet, or the PID that is missing; null if there is none."),
}, { $id: "tsPlace", description: "The place of an error." });

/** The place of an error. */
export type TsPlace = ValueOf<typeof TsPlace>;

/** The schema of {@linkcode TsTableHealth}. */
export const TsTableHealth = Type.Object({
  count: count("Complete tables with a correct checksum."),
  version: Type.Integer({ minimum: 0, maximum: 31, description: "version_number of the last one." }),
  meanIntervalMs: nullable(
    Interval,
    "Mean time from one to the next in ms; null for fewer than two, or without a PCR.",
  ),
  maxIntervalMs: nullable(Interval, "Longest time from one to the next in ms; null as above."),
}, { $id: "tsTable", description: "How often a table arrives, by the stream's own clock (PCR)." });

/** How often a table arrives. */
export type TsTableHealth = ValueOf<typeof TsTableHealth>;

/** An elementary stream as a PMT lists it. */
const TsStream = Type.Object({
  pid: Pid,
  type: Type.Integer({ minimum: 0, maximum: 255, description: "stream_type." }),
  text: text("What it is, such as H.264 video, by its descriptors if the type alone is ambiguous."),
});

/** The schema of {@linkcode TsService}. */
export const TsService = Type.Object({
  number: Type.Integer({ minimum: 1, maximum: 65_535, description: "program_number." }),
  name: nullable(
    Type.String(),
    "Its name from the SDT without control characters, up to 64 characters; null if none has arrived. It comes from the stream and cannot be trusted.",
  ),
  provider: nullable(Type.String(), "Name of the provider, in the same form."),
  pmtPid: Pid,
  pcrPid: nullable(Pid, "PID of its PCR; null if its PMT names none or has not arrived."),
  pmt: nullable(TsTableHealth, "Its PMT; null if none has arrived."),
  streams: Type.Array(TsStream),
}, { $id: "tsService", description: "A program of the PAT." });

/** A program of the PAT. */
export type TsService = ValueOf<typeof TsService>;

/** The schema of {@linkcode TsPcrPid}. */
export const TsPcrPid = Type.Object({
  pid: Pid,
  count: count("PCRs seen."),
  maxIntervalMs: nullable(
    Interval,
    "Longest time from one PCR to the next in ms, discontinuities left out; null for fewer than two.",
  ),
  discontinuities: count("Jumps of the PCR: announced ones, and those backwards or by more than 10 s."),
}, { $id: "tsPcrPid", description: "A PID that carries a PCR." });

/** A PID that carries a PCR. */
export type TsPcrPid = ValueOf<typeof TsPcrPid>;

/** The schema of {@linkcode TsPid}. */
export const TsPid = Type.Object({
  pid: Pid,
  packets: count("TS packets of this PID."),
  continuityErrors: count("Continuity_count_error of this PID."),
  firstContinuityError: nullable(count("Offset."), "Offset of the first continuity error in bytes, or null."),
  scrambledPackets: count("Scrambled TS packets of this PID."),
}, { $id: "tsPid", description: "What was counted for one PID." });

/** What was counted for one PID. */
export type TsPid = ValueOf<typeof TsPid>;

/** The errors that are counted; the first six are the first priority of ETSI TR 101 290. */
const ERROR_COUNTS = {
  syncLosses: count(
    "TS_sync_loss: two packets in a row had no sync byte (0x47) at their expected places, or the payload begins with other bytes, as many as a packet has or more (one loss, at offset 0). Sync returns with five in a row.",
  ),
  syncErrors: count("Sync_byte_error: a packet does not begin with 0x47, but the packet after it does."),
  patErrors: count("PAT_error: none for 500 ms, another table on PID 0, or PID 0 scrambled."),
  continuityErrors: count("Continuity_count_error: packets lost, out of order, or repeated more than once."),
  pmtErrors: count("PMT_error: a PMT of the PAT missing for 500 ms, or its PID scrambled."),
  pidErrors: count("PID_error: a video or audio PID of a PMT missing for 5 s."),
  transportErrors: count("Packets marked as damaged by their sender (transport_error_indicator, second priority)."),
  crcErrors: count("PAT, PMT or SDT sections with a wrong checksum (second priority)."),
};

/** The kinds of errors that are counted. */
export type TsErrorKind = keyof typeof ERROR_COUNTS;

const FirstPlace = nullable(TsPlace);

/** The schema of {@linkcode TsHealth}. */
export const TsHealth = Type.Object({
  payload: oneOf(
    ["ts", "other", "unknown"],
    "ts: TS packets were found; other: none in the first 64 kB, or RTP datagrams; unknown: too little has arrived.",
  ),
  format: nullable(
    Type.String(),
    "The format of a payload that is not plain TS, such as Matroska or WebM, RTP with TS inside, or M2TS (192-byte packets with time stamps); null for plain TS, and if it is unknown.",
  ),
  packetBytes: nullable(
    oneOf([188, 192, 204], "Bytes from one TS packet to the next."),
    "Bytes from one TS packet to the next: 188, 192 (with a time stamp) or 204 (with Reed-Solomon bytes); null without TS.",
  ),
  bytes: count("Bytes analyzed."),
  packets: count("TS packets."),
  errors: count("Errors of the first priority of ETSI TR 101 290: the sum of the next six."),
  ...ERROR_COUNTS,
  syncLostSinceOffset: nullable(
    count("Offset."),
    "Offset after which no TS packets were found, up to the end; null if there are TS packets to the end.",
  ),
  first: Type.Object({
    syncLosses: FirstPlace,
    syncErrors: FirstPlace,
    patErrors: FirstPlace,
    continuityErrors: FirstPlace,
    pmtErrors: FirstPlace,
    pidErrors: FirstPlace,
    transportErrors: FirstPlace,
    crcErrors: FirstPlace,
  }, { description: "The first place of each kind of error, or null." }),
  nullPackets: count("Packets of PID 0x1FFF."),
  scrambledPackets: count("Scrambled TS packets."),
  clockMs: nullable(Interval, "Elapsed time according to the PCR, in ms; null for fewer than two PCRs."),
  pat: nullable(TsTableHealth, "The PAT; null if none has arrived."),
  services: Type.Array(TsService, {
    description: "Programs of the PAT by number: up to 32 of them and 128 streams in all.",
  }),
  pcrPids: Type.Array(TsPcrPid),
  pids: Type.Array(TsPid, {
    description: "PIDs seen, by number; if there are more than 128, only those with the most packets.",
  }),
  pidsTotal: count("How many PIDs were seen."),
}, { $id: "tsHealth", description: "What an analysis of the transport stream found, from the start of the payload." });

/** What an analysis of a transport stream found. Counts are from the start of the payload. */
export type TsHealth = ValueOf<typeof TsHealth>;
