/**
 * Analyzes each packet once: packets per PID, continuity, and what only a few packets carry (PCR and tables).
 *
 * A common packet (no adaptation field, the expected counter, no table) costs a few loads and two stores, and allocates nothing.
 * State is in typed arrays with one element for each of the 8192 PIDs.
 *
 * @module
 */

import type { ErrorLog } from "./error_log.ts";
import { PACKET_BYTES, type PacketAnalyzer, SYNC_BYTE } from "./packet_sync.ts";
import type { ProgramTables } from "./program_tables.ts";
import type { StreamClock } from "./stream_clock.ts";
import type { TsPid } from "../vocabulary/ts_health.ts";

/** PIDs have 13 bits. */
export const PIDS = 8192;
/** PID of null packets, which pad a stream to a constant rate (ISO/IEC 13818-1, table 2-3). */
export const NULL_PID = 0x1fff;

/** Stands for an expected header byte that no packet has, so that no packet of the PID is common. */
const NONE_EXPECTED = 0xffff;
/** Stands for an unknown counter: the next packet of the PID cannot be compared with an earlier one. */
const NOT_SEEN = 0xff;

/** What {@linkcode PidTable} reports to. */
export interface PidTableParts {
  readonly errors: ErrorLog;
  readonly clock: StreamClock;
  readonly tables: ProgramTables;
}

/** The PIDs of one stream. */
export class PidTable implements PacketAnalyzer {
  readonly #parts: PidTableParts;
  readonly #packets = new Float64Array(PIDS);
  readonly #scrambled = new Float64Array(PIDS);
  /** Fourth header byte that the next common packet has, or {@linkcode NONE_EXPECTED}. */
  readonly #expected = new Uint16Array(PIDS).fill(NONE_EXPECTED);
  /** Counter of the last packet; only valid while {@linkcode NONE_EXPECTED} is set. */
  readonly #counter = new Uint8Array(PIDS).fill(NOT_SEEN);
  /** 1 if the last packet was a duplicate, which is allowed once. */
  readonly #repeated = new Uint8Array(PIDS);
  readonly #continuity = new Map<number, { count: number; readonly first: number }>();

  /** Keeps `parts`. */
  constructor(parts: PidTableParts) {
    this.#parts = parts;
  }

  /** See {@linkcode PacketAnalyzer.analyze}. */
  analyze(bytes: Uint8Array, from: number, to: number, base: number, spacing: number): number {
    const packets = this.#packets;
    const expected = this.#expected;
    let at = from;
    for (const last = to - PACKET_BYTES; at <= last && bytes[at] === SYNC_BYTE; at += spacing) {
      const flags = bytes[at + 1] as number;
      const pid = (flags & 0x1f) << 8 | bytes[at + 2] as number;
      const control = bytes[at + 3] as number;
      packets[pid] = (packets[pid] as number) + 1;
      if (control === expected[pid] && flags < 0x80) expected[pid] = 0x10 | (control + 1 & 0x0f);
      else this.#analyzeUncommon(bytes, at, base + at);
    }
    return at;
  }

  /** See {@linkcode PacketAnalyzer.analyzeDamaged}. */
  analyzeDamaged(bytes: Uint8Array, at: number, base: number): void {
    const pid = pidAt(bytes, at);
    this.#packets[pid] = (this.#packets[pid] as number) + 1;
    this.#analyzeUncommon(bytes, at, base + at);
  }

  /** See {@linkcode PacketAnalyzer.reset}. The next packet of each PID is not a continuity error. */
  reset(): void {
    this.#expected.fill(NONE_EXPECTED);
    this.#counter.fill(NOT_SEEN);
    this.#repeated.fill(0);
    this.#parts.tables.interruptAll();
  }

  /** Makes the next packet of a PID an uncommon one: tables are read from the PID, as {@linkcode ProgramTables.reads} reports. */
  expectTables(pid: number): void {
    const expected = this.#expected[pid] as number;
    if (expected === NONE_EXPECTED) return;
    this.#counter[pid] = expected - 1 & 0x0f;
    this.#expected[pid] = NONE_EXPECTED;
  }

  /** Returns the number of packets of a PID so far. */
  packets(pid: number): number {
    return this.#packets[pid] as number;
  }

  /** Packets of all PIDs so far. */
  get total(): number {
    return this.#packets.reduce((sum, count) => sum + count, 0);
  }

  /** Scrambled packets of all PIDs so far. */
  get scrambled(): number {
    return this.#scrambled.reduce((sum, count) => sum + count, 0);
  }

  /** Returns the counts of every PID seen, sorted by PID. */
  pids(): TsPid[] {
    const pids: TsPid[] = [];
    this.#packets.forEach((packets, pid) => {
      if (packets === 0) return;
      const { count, first } = this.#continuity.get(pid) ?? { count: 0, first: null };
      const scrambledPackets = this.#scrambled[pid] as number;
      pids.push({ pid, packets, continuityErrors: count, firstContinuityError: first, scrambledPackets });
    });
    return pids;
  }

  /** Analyzes any packet but a common one (ISO/IEC 13818-1, 2.4.3.2 to 2.4.3.5). */
  #analyzeUncommon(bytes: Uint8Array, at: number, offset: number): void {
    const { errors, clock, tables } = this.#parts;
    const flags = bytes[at + 1] as number;
    const pid = pidAt(bytes, at);
    const control = bytes[at + 3] as number;
    if (flags >= 0x80) {
      // No other field of the packet is reliable (TR 101 290, 5.2.2, indicator 2.1).
      errors.note("transportErrors", offset, pid);
      this.#expected[pid] = NONE_EXPECTED;
      this.#counter[pid] = NOT_SEEN;
      tables.interrupt(pid);
      return;
    }
    if (pid === NULL_PID) return;
    if (control >= 0x40) {
      this.#scrambled[pid] = (this.#scrambled[pid] as number) + 1;
      tables.noteScrambled(pid, offset);
    }
    const hasAdaptation = (control & 0x20) !== 0;
    const hasPayload = (control & 0x10) !== 0;
    if (!hasAdaptation && !hasPayload) return; // reserved: decoders discard such a packet
    const adaptationBytes = hasAdaptation ? bytes[at + 4] as number : 0;
    const adaptationFlags = adaptationBytes > 0 ? bytes[at + 5] as number : 0;
    const discontinuity = (adaptationFlags & 0x80) !== 0;
    const isNew = this.#checkContinuity(pid, { counter: control & 0x0f, hasPayload, discontinuity, offset });
    if ((adaptationFlags & 0x10) !== 0 && adaptationBytes >= 7) {
      clock.readPcr(pid, bytes, { at: at + 6, offset, discontinuity });
      tables.checkDeadlines(offset);
    }
    if (!isNew || !hasPayload || control >= 0x40 || !tables.reads(pid)) return;
    const start = at + 4 + (hasAdaptation ? 1 + adaptationBytes : 0);
    if (start < at + PACKET_BYTES) {
      tables.read(pid, bytes.subarray(start, at + PACKET_BYTES), { startsUnit: (flags & 0x40) !== 0, offset });
    }
  }

  /** Checks a PID's continuity counter; returns false if the packet only duplicates the last one. */
  #checkContinuity(
    pid: number,
    { counter, hasPayload, discontinuity, offset }: {
      readonly counter: number;
      readonly hasPayload: boolean;
      readonly discontinuity: boolean;
      readonly offset: number;
    },
  ): boolean {
    const expected = this.#expected[pid] as number;
    const before = expected === NONE_EXPECTED ? this.#counter[pid] as number : expected - 1 & 0x0f;
    const { tables } = this.#parts;
    let repeats = false;
    if (before !== NOT_SEEN && !discontinuity && counter !== (hasPayload ? before + 1 & 0x0f : before)) {
      repeats = hasPayload && counter === before && this.#repeated[pid] === 0;
      if (!repeats) this.#noteContinuity(pid, offset);
    } else if (discontinuity) {
      tables.interrupt(pid);
    }
    this.#repeated[pid] = repeats ? 1 : 0;
    this.#counter[pid] = counter;
    this.#expected[pid] = repeats || tables.reads(pid) ? NONE_EXPECTED : 0x10 | (counter + 1 & 0x0f);
    return !repeats;
  }

  #noteContinuity(pid: number, offset: number): void {
    const { errors, tables } = this.#parts;
    errors.note("continuityErrors", offset, pid);
    tables.interrupt(pid);
    const known = this.#continuity.get(pid);
    if (known === undefined) this.#continuity.set(pid, { count: 1, first: offset });
    else known.count += 1;
  }
}

function pidAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1] as number) & 0x1f) << 8 | bytes[at + 2] as number;
}
