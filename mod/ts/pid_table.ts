/**
 * Every packet, once: counts by PID, continuity, and what few packets carry beside their payload (PCR, PAT, PMT).
 *
 * The common packet (no adaptation field, the counter that was expected, no table's PID) costs a few loads and two stores; no
 * packet allocates. State is in typed arrays with an element for each of the 8192 PIDs.
 *
 * @module
 */

import type { ErrorLog } from "./error_log.ts";
import { PACKET_BYTES, type PacketTaker, SYNC_BYTE } from "./packet_sync.ts";
import type { ProgramTables } from "./program_tables.ts";
import type { StreamClock } from "./stream_clock.ts";
import type { TsPid } from "../vocabulary/ts_health.ts";

/** PIDs have 13 bits. */
export const PIDS = 8192;
/** PID of packets that only fill the rate (ISO/IEC 13818-1, table 2-3). */
export const NULL_PID = 0x1fff;

/** In place of an expected header byte: no packet has it, so each is looked at. */
const NONE_EXPECTED = 0xffff;
/** In place of a counter: no packet has come. */
const NOT_SEEN = 0xff;

/** What {@linkcode PidTable} hands on. */
export interface PidTableParts {
  readonly errors: ErrorLog;
  readonly clock: StreamClock;
  readonly tables: ProgramTables;
}

/** One stream's PIDs. */
export class PidTable implements PacketTaker {
  readonly #parts: PidTableParts;
  readonly #packets = new Float64Array(PIDS);
  readonly #scrambled = new Float64Array(PIDS);
  /** Fourth header byte of the next common packet, or {@linkcode NONE_EXPECTED}. */
  readonly #expected = new Uint16Array(PIDS).fill(NONE_EXPECTED);
  /** Counter of the last packet; up to date where none is expected. */
  readonly #counter = new Uint8Array(PIDS).fill(NOT_SEEN);
  /** 1 where the last packet was a repetition, which may come once. */
  readonly #repeated = new Uint8Array(PIDS);
  readonly #continuity = new Map<number, { count: number; readonly first: number }>();

  constructor(parts: PidTableParts) {
    this.#parts = parts;
  }

  /** As {@linkcode PacketTaker} says. */
  take(bytes: Uint8Array, from: number, to: number, base: number): number {
    const packets = this.#packets;
    const expected = this.#expected;
    let at = from;
    for (const last = to - PACKET_BYTES; at <= last && bytes[at] === SYNC_BYTE; at += PACKET_BYTES) {
      const flags = bytes[at + 1] as number;
      const pid = (flags & 0x1f) << 8 | bytes[at + 2] as number;
      const control = bytes[at + 3] as number;
      packets[pid] = (packets[pid] as number) + 1;
      if (control === expected[pid] && flags < 0x80) expected[pid] = 0x10 | (control + 1 & 0x0f);
      else this.#look(bytes, at, base + at);
    }
    return at;
  }

  /** As {@linkcode PacketTaker} says. */
  takeDamaged(bytes: Uint8Array, at: number, base: number): void {
    const pid = pidAt(bytes, at);
    this.#packets[pid] = (this.#packets[pid] as number) + 1;
    this.#look(bytes, at, base + at);
  }

  /** As {@linkcode PacketTaker} says: how much is missing is not known, and is counted as the loss of step. */
  lose(): void {
    this.#expected.fill(NONE_EXPECTED);
    this.#counter.fill(NOT_SEEN);
    this.#repeated.fill(0);
    this.#parts.tables.interruptAll();
  }

  /** Packets of a PID so far. */
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

  /** What was counted of every PID seen, by number. */
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

  /** Anything but the common packet: ISO/IEC 13818-1, 2.4.3.2 to 2.4.3.5. */
  #look(bytes: Uint8Array, at: number, offset: number): void {
    const { errors, clock, tables } = this.#parts;
    const flags = bytes[at + 1] as number;
    const pid = pidAt(bytes, at);
    const control = bytes[at + 3] as number;
    if (flags >= 0x80) {
      // Nothing else in it can be relied on (TR 101 290, 5.2.2, indicator 2.1).
      errors.note("transportErrors", offset, pid);
      this.#expected[pid] = NONE_EXPECTED;
      this.#counter[pid] = NOT_SEEN;
      tables.interrupt(pid);
      return;
    }
    if (pid === NULL_PID) return;
    if (control >= 0x40) {
      this.#scrambled[pid] = (this.#scrambled[pid] as number) + 1;
      tables.seeScrambled(pid, offset);
    }
    const hasAdaptation = (control & 0x20) !== 0;
    const hasPayload = (control & 0x10) !== 0;
    if (!hasAdaptation && !hasPayload) return; // reserved: to be discarded
    const adaptationBytes = hasAdaptation ? bytes[at + 4] as number : 0;
    const adaptationFlags = adaptationBytes > 0 ? bytes[at + 5] as number : 0;
    const discontinuity = (adaptationFlags & 0x80) !== 0;
    const isNew = this.#follow(pid, { counter: control & 0x0f, hasPayload, discontinuity, offset });
    if ((adaptationFlags & 0x10) !== 0 && adaptationBytes >= 7) {
      clock.take(pid, bytes, at + 6, discontinuity);
      tables.tick(offset);
    }
    if (!isNew || !hasPayload || control >= 0x40 || !tables.wants(pid)) return;
    const start = at + 4 + (hasAdaptation ? 1 + adaptationBytes : 0);
    if (start < at + PACKET_BYTES) {
      tables.take(pid, bytes.subarray(start, at + PACKET_BYTES), { startsUnit: (flags & 0x40) !== 0, offset });
    }
  }

  /** Follows a PID's continuity counter; false where the packet only repeats the one before. */
  #follow(
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
    this.#expected[pid] = repeats || tables.wants(pid) ? NONE_EXPECTED : 0x10 | (counter + 1 & 0x0f);
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
