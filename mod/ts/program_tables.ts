/**
 * Reads PAT, PMTs and SDT. Checks that PAT and PMTs are repeated in time, and that packets of video and audio keep arriving.
 *
 * Time is the stream's own (PCR), and checks run when a PCR arrives. Each delay is one error, however long it lasts.
 *
 * @module
 */

import type { Crc32 } from "./crc32.ts";
import type { ErrorLog } from "./error_log.ts";
import {
  parsePat,
  parseSection,
  PAT_TABLE,
  type PatEntry,
  PMT_TABLE,
  SDT_TABLE,
  type Section,
} from "./parse_section.ts";
import { SectionReader } from "./section_reader.ts";
import { MAX_SERVICES, Service, ServiceNameList } from "./service.ts";
import type { StreamClock } from "./stream_clock.ts";
import { TableRhythm } from "./table_rhythm.ts";
import type { TsService, TsTableHealth } from "../vocabulary/ts_health.ts";

const PAT_PID = 0;
/** PID of the SDT (ETSI EN 300 468, table 1). */
const SDT_PID = 0x11;
const READ_TABLES: ReadonlySet<number> = new Set([PAT_TABLE, PMT_TABLE, SDT_TABLE]);
/** Our choice: shortest time between two checks for missing elementary streams (video and audio). */
const STREAM_CHECK_MS = 1000;
/** Our choice: maximum entries of a report, so that an event with it fits in one line. */
const LISTED = { services: 32, streams: 128 } as const;

/** What {@linkcode ProgramTables} needs from its analyzer. */
export interface ProgramTablesParts {
  readonly errors: ErrorLog;
  readonly clock: StreamClock;
  readonly crc: Crc32;
  /** Returns the number of packets of a PID so far. */
  readonly packets: (pid: number) => number;
  /** Called for each PID that carries tables from now on. */
  readonly onTablePid: (pid: number) => void;
}

/** The tables of one transport stream. */
export class ProgramTables {
  readonly #parts: ProgramTablesParts;
  readonly #readers = new Map([PAT_PID, SDT_PID].map((pid) => [pid, new SectionReader()]));
  readonly #pat = new TableRhythm(null);
  readonly #patSections = new Map<number, { readonly crc: number; readonly entries: readonly PatEntry[] }>();
  #patVersion = -1;
  readonly #names = new ServiceNameList();
  #services = new Map<number, Service>();
  #clockRuns = false;
  /** The earliest deadline of all tables, in stream time. */
  #dueMs = Infinity;
  /** Stream time of the next check for missing elementary streams. */
  #nextStreamCheckMs = STREAM_CHECK_MS;
  /** Offset of the packet whose sections are being read. */
  #offset = 0;
  #pid = 0;

  /** Keeps `parts`. */
  constructor(parts: ProgramTablesParts) {
    this.#parts = parts;
  }

  /** Reports whether a PID carries tables that are read here. */
  reads(pid: number): boolean {
    return this.#readers.has(pid);
  }

  /** Drops an incomplete section of a PID. Call it when a packet of the PID is missing. */
  interrupt(pid: number): void {
    this.#readers.get(pid)?.interrupt();
  }

  /** Drops all incomplete sections. */
  interruptAll(): void {
    for (const reader of this.#readers.values()) reader.interrupt();
  }

  /** Counts a scrambled packet as an error if its PID carries a PAT or a PMT, which must be in the clear. */
  noteScrambled(pid: number, offset: number): void {
    if (pid === PAT_PID) this.#parts.errors.note("patErrors", offset, pid);
    else if (pid !== SDT_PID && this.#readers.has(pid)) this.#parts.errors.note("pmtErrors", offset, pid);
  }

  /** Reads the payload of a packet, which is not kept. Call it only for a PID for which {@linkcode reads} returns true. */
  read(
    pid: number,
    payload: Uint8Array,
    { startsUnit, offset }: { readonly startsUnit: boolean; readonly offset: number },
  ): void {
    this.#offset = offset;
    this.#pid = pid;
    this.#readers.get(pid)?.read(payload, { startsUnit, onSection: this.#readSection });
  }

  /** Checks all deadlines, after the clock has advanced. `offset` is that of the packet with the PCR. */
  checkDeadlines(offset: number): void {
    const nowMs = this.#parts.clock.nowMs;
    if (nowMs === null) return;
    if (!this.#clockRuns) this.#startClock();
    if (nowMs > this.#dueMs) this.#noteLateTables(nowMs, offset);
    if (nowMs < this.#nextStreamCheckMs) return;
    this.#nextStreamCheckMs = nowMs + STREAM_CHECK_MS;
    for (const service of this.#services.values()) {
      const pids = service.newlyMissing(nowMs, this.#parts.packets);
      for (const pid of pids) this.#parts.errors.note("pidErrors", offset, pid);
    }
  }

  /** Returns the statistics of the PAT; null if it never arrived. */
  pat(): TsTableHealth | null {
    return this.#pat.health();
  }

  /** Returns the services in the order of their numbers, as many as a report lists. */
  services(): TsService[] {
    let left: number = LISTED.streams;
    return [...this.#services.values()].sort((a, b) => a.number - b.number).slice(0, LISTED.services).map((service) => {
      const health = { ...this.#names.namesOf(service.number), ...service.health(left) };
      left -= health.streams.length;
      return health;
    });
  }

  readonly #readSection = (bytes: Uint8Array): void => {
    const { errors, crc } = this.#parts;
    const tableId = bytes[0] as number;
    if (this.#pid === PAT_PID && tableId !== PAT_TABLE) return errors.note("patErrors", this.#offset, PAT_PID);
    if (!READ_TABLES.has(tableId)) return; // other tables may share the PID of a PMT
    if (crc.of(bytes) !== 0) return errors.note("crcErrors", this.#offset, this.#pid);
    const section = parseSection(bytes);
    if (section === null || !section.current) return;
    if (tableId === PAT_TABLE && this.#pid === PAT_PID) this.#readPat(section);
    else if (tableId === PMT_TABLE) this.#readPmt(section);
    else if (tableId === SDT_TABLE && this.#pid === SDT_PID) this.#names.readSdt(section);
    this.#updateDue();
  };

  #readPat({ version, number, last, crc, body }: Section): void {
    const nowMs = this.#parts.clock.nowMs;
    if (number === 0) this.#pat.noteArrival(version, nowMs);
    if (version !== this.#patVersion) {
      this.#patVersion = version;
      this.#patSections.clear();
    }
    if (this.#patSections.get(number)?.crc === crc) return; // unchanged
    this.#patSections.set(number, { crc, entries: parsePat(body) });
    if (this.#patSections.size <= last) return; // incomplete: the last complete PAT stays valid
    const services = new Map<number, Service>();
    const entries = [...this.#patSections.values()].flatMap(({ entries }) => entries);
    for (const { number, pmtPid } of entries.slice(0, MAX_SERVICES)) {
      const known = this.#services.get(number);
      services.set(number, known?.pmtPid === pmtPid ? known : new Service(number, { pmtPid, sinceMs: nowMs }));
    }
    this.#services = services;
    const wanted = new Set([PAT_PID, SDT_PID, ...[...services.values()].map(({ pmtPid }) => pmtPid)]);
    for (const pid of this.#readers.keys()) if (!wanted.has(pid)) this.#readers.delete(pid);
    for (const pid of wanted) {
      if (this.#readers.has(pid)) continue;
      this.#readers.set(pid, new SectionReader());
      this.#parts.onTablePid(pid);
    }
  }

  #readPmt(section: Section): void {
    const service = this.#services.get(section.id);
    if (service?.pmtPid === this.#pid && section.number === 0) service.readPmt(section, this.#parts.clock.nowMs);
  }

  #startClock(): void {
    this.#clockRuns = true;
    this.#pat.startClock();
    for (const { rhythm } of this.#services.values()) rhythm.startClock();
    this.#updateDue();
  }

  #noteLateTables(nowMs: number, offset: number): void {
    const { errors } = this.#parts;
    if (nowMs > this.#pat.dueMs) {
      this.#pat.markLate();
      errors.note("patErrors", offset, PAT_PID);
    }
    for (const { rhythm, pmtPid } of this.#services.values()) {
      if (nowMs <= rhythm.dueMs) continue;
      rhythm.markLate();
      errors.note("pmtErrors", offset, pmtPid);
    }
    this.#updateDue();
  }

  #updateDue(): void {
    this.#dueMs = this.#pat.dueMs;
    for (const { rhythm } of this.#services.values()) this.#dueMs = Math.min(this.#dueMs, rhythm.dueMs);
  }
}
