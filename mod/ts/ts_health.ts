/**
 * TS health: what an analysis of an MPEG transport stream found, as plain data for events, sidecars and `inspect --json`.
 *
 * @module
 */

/** Where something was found. */
export interface TsPlace {
  /** Bytes from the start of the payload (of the file) to the TS packet, or to the first byte out of step. */
  readonly offset: number;
  /** PID of the packet, or the PID that was missed; null where there is none. */
  readonly pid: number | null;
}

/** The kinds of errors that are counted; the first six are the first priority of ETSI TR 101 290. */
export type TsErrorKind =
  | "syncLosses"
  | "syncErrors"
  | "patErrors"
  | "continuityErrors"
  | "pmtErrors"
  | "pidErrors"
  | "transportErrors"
  | "crcErrors";

/** How often a table comes. Times are of the stream's own clock (PCR). */
export interface TsTableHealth {
  /** Complete tables with a right checksum. */
  readonly count: number;
  /** `version_number` of the last one, 0..31. */
  readonly version: number;
  /** Mean time from one to the next in ms; null where there are fewer than two, or no PCR. */
  readonly meanIntervalMs: number | null;
  /** Longest time from one to the next in ms; null as above. */
  readonly maxIntervalMs: number | null;
}

/** An elementary stream as a PMT lists it. */
export interface TsStream {
  readonly pid: number;
  /** `stream_type`, 0..255. */
  readonly type: number;
  /** What it is, such as `H.264 video`; descriptors are heeded where the type alone does not say. */
  readonly text: string;
}

/** A program of the PAT. */
export interface TsService {
  /** `program_number`, 1..65535. */
  readonly number: number;
  /** Its name out of the SDT without control characters, up to 64 characters; null where none has come. Text of a stranger. */
  readonly name: string | null;
  /** Who provides it, as `name`. */
  readonly provider: string | null;
  readonly pmtPid: number;
  /** PID of its PCR; null where its PMT names none, or has not come yet. */
  readonly pcrPid: number | null;
  /** Its PMT; null where none has come yet. */
  readonly pmt: TsTableHealth | null;
  readonly streams: readonly TsStream[];
}

/** A PID that carries a PCR. */
export interface TsPcrPid {
  readonly pid: number;
  /** PCRs seen. */
  readonly count: number;
  /** Longest time from one PCR to the next in ms, discontinuities aside; null where there are fewer than two. */
  readonly maxIntervalMs: number | null;
  /** Jumps of the PCR: announced ones, and leaps backwards or by more than 10 s. */
  readonly discontinuities: number;
}

/** What was counted of one PID. */
export interface TsPid {
  readonly pid: number;
  readonly packets: number;
  readonly continuityErrors: number;
  /** Offset of the first of them in bytes, or null. */
  readonly firstContinuityError: number | null;
  readonly scrambledPackets: number;
}

/** The whole finding. Counts are from the start of the payload. */
export interface TsHealth {
  /** `ts`: TS packets were found; `other`: none in the first 64 kB; `unknown`: too little has come to say. */
  readonly payload: "ts" | "other" | "unknown";
  /** What the payload looks like where it is not plain TS, such as `Matroska or WebM`; null where that cannot be said. */
  readonly format: string | null;
  /** Bytes looked at. */
  readonly bytes: number;
  /** TS packets (188 bytes). */
  readonly packets: number;
  /** Errors of the first priority of ETSI TR 101 290: the sum of the next six. */
  readonly errors: number;
  /** TS_sync_loss: packets were not where the ones before said, until five in a row were found again. */
  readonly syncLosses: number;
  /** Sync_byte_error: a packet without 0x47 where the next one has it. */
  readonly syncErrors: number;
  /** PAT_error: none for 500 ms, a foreign table on PID 0, or PID 0 scrambled. */
  readonly patErrors: number;
  /** Continuity_count_error: packets lost, out of order, or more than twice the same. */
  readonly continuityErrors: number;
  /** PMT_error: a PMT of the PAT does not come for 500 ms, or its PID is scrambled. */
  readonly pmtErrors: number;
  /** PID_error: a video or audio PID of a PMT does not come for 5 s. */
  readonly pidErrors: number;
  /** Packets marked as damaged by whoever sent them (`transport_error_indicator`, second priority). */
  readonly transportErrors: number;
  /** PAT, PMT or SDT sections with a wrong checksum (second priority). */
  readonly crcErrors: number;
  /** The first place of each kind, or null where there is none. */
  readonly first: Readonly<Record<TsErrorKind, TsPlace | null>>;
  /** Packets of PID 0x1FFF. */
  readonly nullPackets: number;
  readonly scrambledPackets: number;
  /** Time that passed by the PCR in ms, null where there are fewer than two. */
  readonly clockMs: number | null;
  /** The PAT, null where none has come. */
  readonly pat: TsTableHealth | null;
  /** Programs of the PAT by number, up to 32 of them and 128 streams in all. */
  readonly services: readonly TsService[];
  readonly pcrPids: readonly TsPcrPid[];
  /** PIDs seen, by number; the 128 with the most packets where there are more. */
  readonly pids: readonly TsPid[];
  /** How many PIDs were seen. */
  readonly pidsTotal: number;
}
