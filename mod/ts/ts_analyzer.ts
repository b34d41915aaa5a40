/**
 * Analyses an MPEG transport stream while it comes: the first priority of ETSI TR 101 290, services, PIDs and PCR.
 *
 * The result depends on the bytes alone, never on the chunks they came in.
 *
 * @module
 */

import { Crc32 } from "./crc32.ts";
import { ErrorLog, firstPriorityErrors } from "./error_log.ts";
import { GUESS_BYTES, guessFormat } from "./guess_format.ts";
import { PacketSync } from "./packet_sync.ts";
import { NULL_PID, PidTable } from "./pid_table.ts";
import { ProgramTables } from "./program_tables.ts";
import { roundMs, StreamClock } from "./stream_clock.ts";
import type { TsHealth, TsPid } from "../vocabulary/ts_health.ts";

/** Our choice: who sends TS at all has sent five packets in step within so many bytes. */
const OTHER_AFTER_BYTES = 65_536;
/** Our choice: a stream without PCR and without PAT has no clock to be late by; so many packets without one are an error too. */
const PACKETS_WITHOUT_PAT = 65_536;
/** Our choice: a finding is one line of an event stream. */
const LISTED_PIDS = 128;

/** One stream. About 200 kB, all of it at the start. */
export class TsAnalyzer {
  readonly #errors = new ErrorLog();
  readonly #clock = new StreamClock();
  readonly #tables: ProgramTables;
  readonly #pids: PidTable;
  readonly #sync: PacketSync;
  readonly #head = new Uint8Array(GUESS_BYTES);
  #bytes = 0;

  constructor() {
    const errors = this.#errors;
    const clock = this.#clock;
    const packets = (pid: number) => this.#pids.packets(pid);
    this.#tables = new ProgramTables({ errors, clock, crc: new Crc32(), packets });
    this.#pids = new PidTable({ errors, clock, tables: this.#tables });
    this.#sync = new PacketSync(this.#pids, errors);
  }

  /** Looks at the next bytes of the stream, any number of them; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    if (this.#bytes < GUESS_BYTES) this.#head.set(chunk.subarray(0, GUESS_BYTES - this.#bytes), this.#bytes);
    this.#bytes += chunk.length;
    this.#sync.push(chunk);
  }

  /** As {@linkcode TsHealth.payload}, without the rest. */
  get payload(): TsHealth["payload"] {
    if (this.#sync.found) return "ts";
    return this.#sync.decided >= OTHER_AFTER_BYTES ? "other" : "unknown";
  }

  /** As {@linkcode TsHealth.format}. */
  get format(): string | null {
    return this.#sync.found ? null : guessFormat(this.#head.subarray(0, Math.min(this.#bytes, GUESS_BYTES)));
  }

  /** What was found so far. Takes less than a millisecond. */
  report(): TsHealth {
    const pids = this.#pids.pids();
    const packets = this.#pids.total;
    const counts = this.#errors.counts();
    const first = this.#errors.first();
    if (this.#lacksPat(packets) && counts.patErrors === 0) {
      counts.patErrors = 1;
      first.patErrors = { offset: 0, pid: 0 };
    }
    return {
      payload: this.payload,
      format: this.format,
      bytes: this.#bytes,
      packets,
      errors: firstPriorityErrors(counts),
      ...counts,
      first,
      nullPackets: this.#pids.packets(NULL_PID),
      scrambledPackets: this.#pids.scrambled,
      clockMs: this.#clock.spanMs === null ? null : roundMs(this.#clock.spanMs),
      pat: this.#tables.pat(),
      services: this.#tables.services(),
      pcrPids: this.#clock.pcrPids().slice(0, LISTED_PIDS / 4),
      pids: mostPackets(pids),
      pidsTotal: pids.length,
    };
  }

  #lacksPat(packets: number): boolean {
    return packets >= PACKETS_WITHOUT_PAT && this.#clock.nowMs === null && this.#tables.pat() === null;
  }
}

/** The {@linkcode LISTED_PIDS} with the most packets, by number. */
function mostPackets(pids: readonly TsPid[]): readonly TsPid[] {
  if (pids.length <= LISTED_PIDS) return pids;
  return pids.toSorted((a, b) => b.packets - a.packets).slice(0, LISTED_PIDS).sort((a, b) => a.pid - b.pid);
}
