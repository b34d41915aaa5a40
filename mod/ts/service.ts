/**
 * Follows one program of the PAT (its PMT, its video and audio streams), and the names of programs in the SDT.
 *
 * @module
 */

import { parsePmt, parseSdt, type Pmt, type Section, type ServiceNames } from "./parse_section.ts";
import { TableRhythm } from "./table_rhythm.ts";
import type { TsService } from "../vocabulary/ts_health.ts";

/** Longest time without a packet of a video or audio PID (ETSI TR 101 290, 5.2.1, indicator 1.6). */
const LONGEST_MS = 5000;
/** Our choice: the maximum number of services. It is more than any multiplex has, and limits the cost of a forged table. */
export const MAX_SERVICES = 256;

/** A video or audio stream, which must not pause. */
interface RequiredStream {
  readonly pid: number;
  /** Packets at the last check; -1 before the first check. */
  packets: number;
  seenMs: number;
  missing: boolean;
}

/** One service. Times are of the stream's clock, in ms. */
export class Service {
  readonly number: number;
  readonly pmtPid: number;
  /** How often the PMT is repeated. */
  readonly rhythm: TableRhythm;
  #pmt: Pmt | null = null;
  #crc = -1;
  #required: RequiredStream[] = [];

  /** @param options `sinceMs`: when the PAT first listed the service; null if the clock does not run yet */
  constructor(number: number, { pmtPid, sinceMs }: { readonly pmtPid: number; readonly sinceMs: number | null }) {
    this.number = number;
    this.pmtPid = pmtPid;
    this.rhythm = new TableRhythm(sinceMs);
  }

  /** Reads a section of the PMT. */
  readPmt({ version, crc, body }: Section, nowMs: number | null): void {
    this.rhythm.noteArrival(version, nowMs);
    if (crc === this.#crc) return; // unchanged
    const pmt = parsePmt(body);
    if (pmt === null) return;
    this.#crc = crc;
    this.#pmt = pmt;
    this.#required = pmt.streams.filter(({ kind }) => kind !== "data").map(({ pid }) => ({
      pid,
      packets: -1,
      seenMs: nowMs ?? 0,
      missing: false,
    }));
  }

  /** Returns the PIDs that have become missing since the last check. */
  newlyMissing(nowMs: number, packetsOf: (pid: number) => number): readonly number[] {
    const missing: number[] = [];
    for (const stream of this.#required) {
      const packets = packetsOf(stream.pid);
      const isFirstCheck = stream.packets === -1;
      if (packets !== stream.packets) {
        stream.packets = packets;
        // a PID without a packet at the first check counts as seen when the PMT arrived
        if (!isFirstCheck || packets > 0) stream.seenMs = nowMs;
        stream.missing = false;
      } else if (!stream.missing && nowMs - stream.seenMs > LONGEST_MS) {
        stream.missing = true;
        missing.push(stream.pid);
      }
    }
    return missing;
  }

  /** Returns the service without its names, with at most `maxStreams` streams. */
  health(maxStreams: number): Omit<TsService, "name" | "provider"> {
    return {
      number: this.number,
      pmtPid: this.pmtPid,
      pcrPid: this.#pmt?.pcrPid ?? null,
      pmt: this.rhythm.health(),
      streams: (this.#pmt?.streams ?? []).slice(0, Math.max(0, maxStreams)).map(({ pid, type, text }) => ({
        pid,
        type,
        text,
      })),
    };
  }
}

/** The names of one stream's services. */
export class ServiceNameList {
  readonly #names = new Map<number, ServiceNames>();
  /** Checksums of the sections that were read, by section number. */
  readonly #crcs = new Map<number, number>();

  /** Reads a section of the SDT. */
  readSdt({ number, crc, body }: Section): void {
    if (this.#crcs.get(number) === crc) return; // unchanged
    this.#crcs.set(number, crc);
    for (const names of parseSdt(body)) {
      if (this.#names.size < MAX_SERVICES || this.#names.has(names.number)) this.#names.set(names.number, names);
    }
  }

  /** Returns the names of a service; null for each that is not known. */
  namesOf(service: number): Omit<ServiceNames, "number"> {
    const { name = null, provider = null } = this.#names.get(service) ?? {};
    return { name, provider };
  }
}
