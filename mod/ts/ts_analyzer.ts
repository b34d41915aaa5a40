/**
 * Analyzes an MPEG transport stream as it arrives: the first priority of ETSI TR 101 290, services, PIDs and PCRs.
 *
 * The result depends on the bytes alone, never on the chunks.
 *
 * @module
 */

import { Crc32 } from "./crc32.ts";
import { ErrorLog, firstPriorityErrors } from "./error_log.ts";
import { GUESS_BYTES, guessFormat, isRtp } from "./guess_format.ts";
import { PACKET_BYTES, PacketSync } from "./packet_sync.ts";
import { NULL_PID, PidTable } from "./pid_table.ts";
import { ProgramTables } from "./program_tables.ts";
import { type PcrPlace, roundMs, StreamClock } from "./stream_clock.ts";
import type { TsHealth, TsPid } from "../vocabulary/ts_health.ts";

/** Our choice: a payload without five packets in a row in this many bytes is not TS. */
const OTHER_AFTER_BYTES = 65_536;
/** Our choice: in a stream without a PCR no PAT is ever late, so this many packets without a PAT are an error instead. */
const PACKETS_WITHOUT_PAT = 65_536;
/** Our choice: limits of a report, which must fit one line of an event stream. */
const LISTED = { pids: 128, pcrPids: 32 } as const;

/** The analysis of one stream. Allocates about 200 kB at the start, and nothing for most packets. */
export class TsAnalyzer {
  #parts = createParts();
  readonly #head = new Uint8Array(GUESS_BYTES);
  #bytes = 0;
  #isRtp = false;

  /** Analyzes the next bytes of the stream, any number of them; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    if (this.#bytes < GUESS_BYTES) {
      this.#head.set(chunk.subarray(0, GUESS_BYTES - this.#bytes), this.#bytes);
      this.#bytes += chunk.length;
      this.#detectRtp();
    } else {
      this.#bytes += chunk.length;
    }
    if (!this.#isRtp) this.#parts.sync.push(chunk);
  }

  /** See {@linkcode TsHealth.payload}. */
  get payload(): TsHealth["payload"] {
    if (this.#isRtp) return "other";
    const { sync } = this.#parts;
    if (sync.spacing !== null) return "ts";
    return sync.decided >= OTHER_AFTER_BYTES ? "other" : "unknown";
  }

  /** See {@linkcode TsHealth.format}. */
  get format(): string | null {
    return this.payload === "ts" ? this.#packetFormat() : guessFormat(this.#headSoFar());
  }

  /** See {@linkcode StreamClock.firstPcr}. */
  get firstPcr(): PcrPlace | null {
    return this.#parts.clock.firstPcr;
  }

  /** See {@linkcode StreamClock.lastPcr}. */
  get lastPcr(): PcrPlace | null {
    return this.#parts.clock.lastPcr;
  }

  /** Returns the result so far. Takes less than a millisecond. */
  report(): TsHealth {
    const { clock, errors, pids, sync, tables } = this.#parts;
    const listed = pids.pids();
    const packets = pids.total;
    const counts = errors.counts();
    const first = errors.first();
    if (this.#lacksPat(packets) && counts.patErrors === 0) {
      counts.patErrors = 1;
      first.patErrors = { offset: 0, pid: 0 };
    }
    return {
      payload: this.payload,
      format: this.format,
      packetBytes: sync.spacing,
      bytes: this.#bytes,
      packets,
      errors: firstPriorityErrors(counts),
      ...counts,
      syncLostSinceOffset: sync.lostOffset,
      first,
      nullPackets: pids.packets(NULL_PID),
      scrambledPackets: pids.scrambled,
      clockMs: clock.spanMs === null ? null : roundMs(clock.spanMs),
      pat: tables.pat(),
      services: tables.services(),
      pcrPids: clock.pcrPids().slice(0, LISTED.pcrPids),
      pids: withMostPackets(listed),
      pidsTotal: listed.length,
    };
  }

  /** Detects RTP, and then discards the analysis: an RTP datagram may contain enough TS packets in a row to pass for TS. */
  #detectRtp(): void {
    if (this.#isRtp || !isRtp(this.#headSoFar())) return;
    this.#isRtp = true;
    this.#parts = createParts();
  }

  #headSoFar(): Uint8Array {
    return this.#head.subarray(0, Math.min(this.#bytes, GUESS_BYTES));
  }

  #packetFormat(): string | null {
    const { spacing, hasTimeStamps } = this.#parts.sync;
    switch (spacing) {
      case null:
      case PACKET_BYTES:
        return null;
      case 192:
        return hasTimeStamps ? "M2TS (192-byte packets with time stamps)" : "TS in 192-byte packets";
      case 204:
        return "TS in 204-byte packets";
      default:
        return spacing satisfies never;
    }
  }

  #lacksPat(packets: number): boolean {
    const { clock, tables } = this.#parts;
    return packets >= PACKETS_WITHOUT_PAT && clock.nowMs === null && tables.pat() === null;
  }
}

/** What analyzes one stream of TS packets. */
interface AnalyzerParts {
  readonly errors: ErrorLog;
  readonly clock: StreamClock;
  readonly tables: ProgramTables;
  readonly pids: PidTable;
  readonly sync: PacketSync;
}

function createParts(): AnalyzerParts {
  const errors = new ErrorLog();
  const clock = new StreamClock();
  const tables = new ProgramTables({
    errors,
    clock,
    crc: new Crc32(),
    packets: (pid) => pids.packets(pid),
    onTablePid: (pid) => pids.expectTables(pid),
  });
  const pids: PidTable = new PidTable({ errors, clock, tables });
  return { errors, clock, tables, pids, sync: new PacketSync(pids, errors) };
}

/** Returns the PIDs with the most packets, sorted by PID. */
function withMostPackets(pids: readonly TsPid[]): readonly TsPid[] {
  if (pids.length <= LISTED.pids) return pids;
  return pids.toSorted((a, b) => b.packets - a.packets).slice(0, LISTED.pids).sort((a, b) => a.pid - b.pid);
}
