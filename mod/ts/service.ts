/**
 * One program of the PAT: its PMT, and whether its video and audio come.
 *
 * @module
 */

import { parsePmt, type Pmt, type Section } from "./parse_section.ts";
import { TableRhythm } from "./table_rhythm.ts";
import type { TsService } from "../vocabulary/ts_health.ts";

/** Longest time without a packet of a video or audio PID (ETSI TR 101 290, 5.2.1, indicator 1.6). */
const LONGEST_MS = 5000;

/** A stream that must come all the time. */
interface Watched {
  readonly pid: number;
  packets: number;
  seenMs: number;
  missing: boolean;
}

/** One service. */
export class Service {
  readonly number: number;
  readonly pmtPid: number;
  /** How often its PMT comes. */
  readonly rhythm: TableRhythm;
  #pmt: Pmt | null = null;
  #crc = -1;
  #watched: Watched[] = [];

  /** @param sinceMs When the PAT named it, by the stream's clock. */
  constructor(number: number, pmtPid: number, sinceMs: number | null) {
    this.number = number;
    this.pmtPid = pmtPid;
    this.rhythm = new TableRhythm(sinceMs);
  }

  /** Its PMT came. */
  take({ version, crc, body }: Section, nowMs: number | null): void {
    this.rhythm.come(version, nowMs);
    if (crc === this.#crc) return; // as it was
    const pmt = parsePmt(body);
    if (pmt === null) return;
    this.#crc = crc;
    this.#pmt = pmt;
    this.#watched = pmt.streams.filter(({ kind }) => kind !== "data").map(({ pid }) => ({
      pid,
      packets: -1,
      seenMs: nowMs ?? 0,
      missing: false,
    }));
  }

  /** PIDs that have become missing since the last look. */
  missing(nowMs: number, packetsOf: (pid: number) => number): readonly number[] {
    const missing: number[] = [];
    for (const stream of this.#watched) {
      const packets = packetsOf(stream.pid);
      const isFirstLook = stream.packets === -1;
      if (packets !== stream.packets) {
        stream.packets = packets;
        // packets of before the PMT prove nothing, but neither do they accuse
        if (!isFirstLook || packets > 0) stream.seenMs = nowMs;
        stream.missing = false;
      } else if (!stream.missing && nowMs - stream.seenMs > LONGEST_MS) {
        stream.missing = true;
        missing.push(stream.pid);
      }
    }
    return missing;
  }

  /** As {@linkcode TsService} without its names, with at most `streams` streams. */
  health(streams: number): Omit<TsService, "name" | "provider"> {
    return {
      number: this.number,
      pmtPid: this.pmtPid,
      pcrPid: this.#pmt?.pcrPid ?? null,
      pmt: this.rhythm.health(),
      streams: (this.#pmt?.streams ?? []).slice(0, Math.max(0, streams)).map(({ pid, type, text }) => ({
        pid,
        type,
        text,
      })),
    };
  }
}
