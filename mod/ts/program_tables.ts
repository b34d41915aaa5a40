/**
 * PAT and PMTs: which services and streams there are, and whether tables and streams come as often as they must.
 *
 * Time is the stream's own (PCR): a check happens when a PCR comes. Each lateness is one error, however long it lasts.
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
import { Service } from "./service.ts";
import { ServiceNameList } from "./service_name_list.ts";
import type { StreamClock } from "./stream_clock.ts";
import { TableRhythm } from "./table_rhythm.ts";
import type { TsService, TsTableHealth } from "../vocabulary/ts_health.ts";

const PAT_PID = 0;
/** PID of the service description (ETSI EN 300 468, table 1). */
const SDT_PID = 0x11;
const READ_TABLES: ReadonlySet<number> = new Set([PAT_TABLE, PMT_TABLE, SDT_TABLE]);
/** Our choice: more than any multiplex has, so that a forged PAT costs little. */
const MAX_SERVICES = 256;
/** Our choice: streams are looked for this often. */
const LOOK_MS = 1000;
/** Our choice: what a finding lists at most, since it is one line of an event stream. */
const LISTED = { services: 32, streams: 128 } as const;

/** What {@linkcode ProgramTables} needs. */
export interface ProgramTablesParts {
  readonly errors: ErrorLog;
  readonly clock: StreamClock;
  readonly crc: Crc32;
  /** Packets of a PID so far. */
  readonly packets: (pid: number) => number;
}

/** One stream's tables. */
export class ProgramTables {
  readonly #parts: ProgramTablesParts;
  readonly #readers = new Map([PAT_PID, SDT_PID].map((pid) => [pid, new SectionReader()]));
  readonly #pat = new TableRhythm(null);
  readonly #patSections = new Map<number, { readonly crc: number; readonly entries: readonly PatEntry[] }>();
  #patVersion = -1;
  readonly #names = new ServiceNameList();
  #services = new Map<number, Service>();
  #clockRuns = false;
  #dueMs = Infinity;
  #lookMs = LOOK_MS;
  /** Where the packet lies whose sections are being taken. */
  #offset = 0;
  #pid = 0;

  constructor(parts: ProgramTablesParts) {
    this.#parts = parts;
  }

  /** Whether a PID carries tables that are read here. */
  wants(pid: number): boolean {
    return this.#readers.has(pid);
  }

  /** A packet of this PID is missing. */
  interrupt(pid: number): void {
    this.#readers.get(pid)?.interrupt();
  }

  /** Packets of any PID may be missing. */
  interruptAll(): void {
    for (const reader of this.#readers.values()) reader.interrupt();
  }

  /** A scrambled packet: tables must be in the clear. */
  seeScrambled(pid: number, offset: number): void {
    if (pid === PAT_PID) this.#parts.errors.note("patErrors", offset, pid);
    else if (pid !== SDT_PID && this.#readers.has(pid)) this.#parts.errors.note("pmtErrors", offset, pid);
  }

  /** Takes the payload of a packet whose PID {@linkcode wants}; it is not kept. */
  take(
    pid: number,
    payload: Uint8Array,
    { startsUnit, offset }: { readonly startsUnit: boolean; readonly offset: number },
  ): void {
    this.#offset = offset;
    this.#pid = pid;
    this.#readers.get(pid)?.take(payload, startsUnit, this.#takeSection);
  }

  /** The clock went on: what is late now? */
  tick(offset: number): void {
    const nowMs = this.#parts.clock.nowMs;
    if (nowMs === null) return;
    if (!this.#clockRuns) this.#begin();
    if (nowMs > this.#dueMs) this.#noteLateTables(nowMs, offset);
    if (nowMs < this.#lookMs) return;
    this.#lookMs = nowMs + LOOK_MS;
    for (const service of this.#services.values()) {
      for (const pid of service.missing(nowMs, this.#parts.packets)) this.#parts.errors.note("pidErrors", offset, pid);
    }
  }

  /** The PAT as it came so far. */
  pat(): TsTableHealth | null {
    return this.#pat.health();
  }

  /** Services by number, as many as a finding lists. */
  services(): TsService[] {
    let left: number = LISTED.streams;
    return [...this.#services.values()].sort((a, b) => a.number - b.number).slice(0, LISTED.services).map((service) => {
      const health = { ...this.#names.of(service.number), ...service.health(left) };
      left -= health.streams.length;
      return health;
    });
  }

  readonly #takeSection = (bytes: Uint8Array): void => {
    const { errors, crc } = this.#parts;
    const tableId = bytes[0] as number;
    if (this.#pid === PAT_PID && tableId !== PAT_TABLE) return errors.note("patErrors", this.#offset, PAT_PID);
    if (!READ_TABLES.has(tableId)) return; // other tables may share a PMT's PID
    if (crc.of(bytes) !== 0) return errors.note("crcErrors", this.#offset, this.#pid);
    const section = parseSection(bytes);
    if (section === null || !section.current) return;
    if (tableId === PAT_TABLE && this.#pid === PAT_PID) this.#takePat(section);
    else if (tableId === PMT_TABLE) this.#takePmt(section);
    else if (tableId === SDT_TABLE && this.#pid === SDT_PID) this.#names.take(section);
    this.#findDue();
  };

  #takePat({ version, number, last, crc, body }: Section): void {
    const nowMs = this.#parts.clock.nowMs;
    if (number === 0) this.#pat.come(version, nowMs);
    if (version !== this.#patVersion) {
      this.#patVersion = version;
      this.#patSections.clear();
    }
    if (this.#patSections.get(number)?.crc === crc) return; // as it was
    this.#patSections.set(number, { crc, entries: parsePat(body) });
    if (this.#patSections.size <= last) return; // not whole yet: what was known goes on
    const services = new Map<number, Service>();
    const entries = [...this.#patSections.values()].flatMap(({ entries }) => entries);
    for (const { number, pmtPid } of entries.slice(0, MAX_SERVICES)) {
      const known = this.#services.get(number);
      services.set(number, known?.pmtPid === pmtPid ? known : new Service(number, pmtPid, nowMs));
    }
    this.#services = services;
    const wanted = new Set([PAT_PID, SDT_PID, ...[...services.values()].map(({ pmtPid }) => pmtPid)]);
    for (const pid of this.#readers.keys()) if (!wanted.has(pid)) this.#readers.delete(pid);
    for (const pid of wanted) if (!this.#readers.has(pid)) this.#readers.set(pid, new SectionReader());
  }

  #takePmt(section: Section): void {
    const service = this.#services.get(section.id);
    if (service?.pmtPid === this.#pid && section.number === 0) service.take(section, this.#parts.clock.nowMs);
  }

  #begin(): void {
    this.#clockRuns = true;
    this.#pat.begin();
    for (const { rhythm } of this.#services.values()) rhythm.begin();
    this.#findDue();
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
    this.#findDue();
  }

  #findDue(): void {
    this.#dueMs = this.#pat.dueMs;
    for (const { rhythm } of this.#services.values()) this.#dueMs = Math.min(this.#dueMs, rhythm.dueMs);
  }
}
