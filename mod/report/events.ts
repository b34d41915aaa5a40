/**
 * The events of a run: what `--json` prints, one object a line, and what every reporter is given.
 *
 * A child writes `session-start`, `stats` and `session-end` to its stdout; the listener checks them and adds its own.
 * Fields are only ever added; {@linkcode EVENT_SCHEMA_VERSION} grows when one is.
 *
 * @module
 */

import type { TsHealth } from "../ts/ts_health.ts";

export type { TsHealth };

/** Version of the event schema, in the `listening` event. */
export const EVENT_SCHEMA_VERSION = 2;

/** An address and a UDP port. */
export interface Endpoint {
  /** Numeric IPv4 or IPv6 address, without brackets. */
  readonly address: string;
  /** UDP port, 1..65535. */
  readonly port: number;
}

/** What every event has. */
interface EventBase {
  /** When it happened: RFC 3339 in UTC with milliseconds. */
  readonly time: string;
}

/** What every event of one session has. */
interface SessionEventBase extends EventBase {
  /** Session ID, unique within one run of the listener: `s1`, `s2`, ... */
  readonly session: string;
}

/**
 * libsrt's statistics of one connection, under libsrt's own names (`docs/API/statistics.md`). Totals count from the start of
 * the session.
 */
export interface SrtStatistics {
  /** Packets received, retransmitted ones included. */
  readonly pktRecvTotal: number;
  /** Packets found missing on arrival of a later one (most come again). */
  readonly pktRcvLossTotal: number;
  /** Packets given up: never delivered. */
  readonly pktRcvDropTotal: number;
  /** Packets that arrived by retransmission. */
  readonly pktRcvRetransTotal: number;
  /** Packets that could not be decrypted. */
  readonly pktRcvUndecryptTotal: number;
  /** Packets that arrived after their time of delivery. */
  readonly pktRcvBelated: number;
  /** Bytes received, headers included. */
  readonly byteRecvTotal: number;
  /** Smoothed round-trip time in ms. */
  readonly msRTT: number;
  /** Receiving rate in Mbit/s. */
  readonly mbpsRecvRate: number;
  /** Time span of what waits in the receiver buffer, in ms. */
  readonly msRcvBuf: number;
  /** TSBPD delay in ms: the latency in force. */
  readonly msRcvTsbPdDelay: number;
}

/** Callers can come. */
export interface ListeningEvent extends EventBase {
  readonly event: "listening";
  readonly schema: number;
  /** Version of srt-splitter. */
  readonly version: string;
  /** Process ID of the listener. */
  readonly pid: number;
  /** The UDP port of all addresses. */
  readonly port: number;
  /** Every local address that is listened on, in the order of the system. */
  readonly addresses: readonly Endpoint[];
  /** Absolute path of the folder of recordings, or null where nothing is recorded. */
  readonly out: string | null;
  readonly libsrt: { readonly version: string; readonly file: string };
}

/** A caller was accepted by its child's libsrt. */
export interface SessionStartEvent extends SessionEventBase {
  readonly event: "session-start";
  readonly caller: Endpoint;
  readonly local: Endpoint;
  /** The stream's name out of the stream ID, or null where there is none. */
  readonly stream: string | null;
  /** The whole stream ID with secrets masked, or null. */
  readonly streamId: string | null;
  /** Negotiated receiver latency in ms. */
  readonly latencyMs: number;
  readonly encrypted: boolean;
  /** AES key length in bytes (16, 24, 32), 0 where not encrypted. */
  readonly keyLength: number;
  /** The caller's SRT version, such as `1.5.1`. */
  readonly srtVersion: string;
  /** Absolute path of the recording, or null. */
  readonly file: string | null;
  /** Process ID of the child. */
  readonly pid: number;
}

/** A look at a running session, each `--stats` interval. */
export interface StatsEvent extends SessionEventBase {
  readonly event: "stats";
  readonly stream: string | null;
  readonly durationMs: number;
  /** Payload bytes received (and recorded, where there is a file). */
  readonly bytes: number;
  /** Mean payload rate since the last `stats` event, in bit/s. */
  readonly bitsPerSecond: number;
  readonly statistics: SrtStatistics;
  /** TS health so far; null with `--no-analyze`. Since schema 2. */
  readonly ts: TsHealth | null;
}

/** Why a session ended; {@linkcode isCleanEnd} tells the clean ends from the failures. */
export type EndReason = typeof END_REASONS[number];

/** Every {@linkcode EndReason}. */
export const END_REASONS = [
  /** The caller closed its connection. */
  "caller-closed",
  /** Nothing came any more, without a word (libsrt: peer idle timeout). */
  "silence",
  /** Asked to stop. */
  "stopped",
  /** Another caller took its place, or the same one called again. */
  "replaced",
  /** The caller was connected and sent nothing for longer than `--idle`. */
  "idle",
  /** No space left for the recording. */
  "disk-full",
  /** The recording could not be written for another reason, or was removed or moved while it was written. */
  "write-failed",
  /** libsrt failed in an unexpected way. */
  "connection-failed",
  /** The child died. */
  "crashed",
] as const;

/** True where a session ended without a failure on our side. */
export function isCleanEnd(reason: EndReason): boolean {
  return CLEAN_ENDS.has(reason);
}

const CLEAN_ENDS: ReadonlySet<EndReason> = new Set<EndReason>([
  "caller-closed",
  "silence",
  "stopped",
  "replaced",
  "idle",
]);

/** A session is over. */
export interface SessionEndEvent extends SessionEventBase {
  readonly event: "session-end";
  readonly caller: Endpoint;
  readonly stream: string | null;
  readonly reason: EndReason;
  /** The reason in words, with what to do about it where something can be done. */
  readonly text: string;
  /** Name of the signal that ended the child (`SIGKILL`), or null. */
  readonly signal: string | null;
  readonly durationMs: number;
  readonly bytes: number;
  /** Mean payload rate of the whole session, in bit/s. */
  readonly bitsPerSecond: number;
  /** Absolute path of the recording; null where there is none (an empty one is removed). */
  readonly file: string | null;
  /** The last statistics, or null where none were taken. */
  readonly statistics: SrtStatistics | null;
  /** TS health of the whole session; null with `--no-analyze`, and where its process died before it said any. Since schema 2. */
  readonly ts: TsHealth | null;
}

/** A caller did not get in. Repeats of the same caller and reason are folded into `times`. */
export interface RefusedEvent extends EventBase {
  readonly event: "refused";
  readonly caller: Endpoint;
  readonly local: Endpoint;
  readonly stream: string | null;
  /** The caller's SRT version, or null where it never said. */
  readonly srtVersion: string | null;
  /** SRT rejection reason (API value, such as 1403) that the caller was given, or null where it got no answer. */
  readonly reason: number | null;
  /** The reason in words. */
  readonly text: string;
  /** What to do about it. */
  readonly advice: string;
  /** The operator's rule that decided, and where it stands; null where none of them did. */
  readonly rule: string | null;
  /** How many times since the last such event, at least 1. */
  readonly times: number;
}

/** How often callers were refused for one reason. */
export interface RefusalCount {
  /** SRT rejection reason (API value), or null where the callers got no answer. */
  readonly reason: number | null;
  /** Its name, such as `SRT_REJX_FORBIDDEN`, or null. */
  readonly name: string | null;
  readonly times: number;
}

/** All refusals so far; with `--stats`, where some came since the last such event. */
export interface RefusalsEvent extends EventBase {
  readonly event: "refusals";
  readonly refused: number;
  /** The most frequent first. */
  readonly reasons: readonly RefusalCount[];
}

/** The configuration file was read again (SIGHUP). */
export interface ReloadedEvent extends EventBase {
  readonly event: "reloaded";
  readonly config: string;
  /** False where the file cannot be used, and nothing has changed. */
  readonly ok: boolean;
  /** What came of it; where it failed with line, key and what to do. */
  readonly text: string;
}

/** The run was asked to end. */
export interface StoppingEvent extends EventBase {
  readonly event: "stopping";
  /** What asked for it: a signal such as `SIGINT`, or an option such as `--sessions`. */
  readonly cause: string;
  /** The cause in words. */
  readonly text: string;
  /** Sessions that are closed now. */
  readonly sessions: number;
}

/** One `--expect` was checked: after the last session ended, before `stopped`. */
export interface ExpectationEvent extends EventBase {
  readonly event: "expectation";
  /** As it was typed, such as `sessions=2`. */
  readonly expectation: string;
  readonly ok: boolean;
  /** What was seen, in words. */
  readonly seen: string;
  /** What was seen: one value of the run (`session` null), or one of each session. */
  readonly values: readonly {
    readonly session: string | null;
    /** In bytes, ms, bit/s or a count; a stream's name; null where it is not known. */
    readonly value: number | string | null;
    readonly ok: boolean;
  }[];
}

/** The run is over; the last event. */
export interface StoppedEvent extends EventBase {
  readonly event: "stopped";
  readonly durationMs: number;
  /** Sessions that began. */
  readonly sessions: number;
  /** Sessions that failed. */
  readonly failed: number;
  /** Callers refused, repeats included. */
  readonly refused: number;
  /** The same by reason, the most frequent first. */
  readonly refusals: readonly RefusalCount[];
  readonly bytes: number;
  readonly exitCode: number;
}

/** Events that a child writes. */
export type SessionEvent = SessionStartEvent | StatsEvent | SessionEndEvent;

/** Every event of a run. */
export type SplitterEvent =
  | ListeningEvent
  | SessionEvent
  | RefusedEvent
  | RefusalsEvent
  | ReloadedEvent
  | StoppingEvent
  | ExpectationEvent
  | StoppedEvent;

/** Takes each event of a run, in order. Never throws. */
export interface Reporter {
  report(event: SplitterEvent): void;
  /** A condition that the operator should know of but that ends nothing (stderr). */
  warn(text: string): void;
  /** Detail for `--verbose` (stderr). */
  debug(text: string): void;
}
