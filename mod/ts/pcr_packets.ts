/**
 * Finds the TS packets of a stream that carry a PCR, each with the time since the first PCR of its PID.
 *
 * @module
 */

import { ErrorLog } from "./error_log.ts";
import { PACKET_BYTES, type PacketAnalyzer, PacketSync, SYNC_BYTE } from "./packet_sync.ts";
import { decodePcr, DISCONTINUITY_TICKS, ticksBetween } from "./stream_clock.ts";

/** A packet with a PCR. */
export interface PcrPacket {
  readonly pid: number;
  /** The PCR in ticks of 27 MHz, 0..2^33*300-1. */
  readonly value: number;
  /** Ticks of 27 MHz since the first PCR of the PID; null from the first jump on, because the time across a jump is not known. */
  readonly elapsedTicks: number | null;
  /** Whether the packet carries payload too. */
  readonly hasPayload: boolean;
  /** The 188 bytes of the packet, valid during the call only. */
  readonly bytes: Uint8Array;
}

/** The PCRs of one PID so far. */
interface Pid {
  value: number;
  elapsedTicks: number | null;
}

/** Finds the packets with a PCR in one stream. */
export class PcrPackets implements PacketAnalyzer {
  readonly #onPacket: (packet: PcrPacket) => void;
  readonly #sync = new PacketSync(this, new ErrorLog());
  readonly #pids = new Map<number, Pid>();

  /** @param onPacket Called for each packet, in order. */
  constructor(onPacket: (packet: PcrPacket) => void) {
    this.#onPacket = onPacket;
  }

  /** Reads the next bytes of the stream; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    this.#sync.push(chunk);
  }

  /** See {@linkcode PacketAnalyzer.analyze}. */
  analyze(bytes: Uint8Array, from: number, to: number, _base: number, spacing: number): number {
    let at = from;
    for (const last = to - PACKET_BYTES; at <= last && bytes[at] === SYNC_BYTE; at += spacing) {
      // adaptation_field_control, adaptation_field_length and PCR_flag (ISO/IEC 13818-1, 2.4.3.2 to 2.4.3.5)
      const control = bytes[at + 3] as number;
      if ((control & 0x20) === 0 || (bytes[at + 4] as number) < 7 || ((bytes[at + 5] as number) & 0x10) === 0) continue;
      if ((bytes[at + 1] as number) < 0x80) this.#read(bytes.subarray(at, at + PACKET_BYTES), control);
    }
    return at;
  }

  /** See {@linkcode PacketAnalyzer.analyzeDamaged}. */
  analyzeDamaged(): void {}

  /** See {@linkcode PacketAnalyzer.reset}. */
  reset(): void {}

  #read(bytes: Uint8Array, control: number): void {
    const pid = ((bytes[1] as number) & 0x1f) << 8 | bytes[2] as number;
    const value = decodePcr(bytes, 6);
    const known = this.#pids.get(pid);
    const state = known ?? { value, elapsedTicks: 0 };
    if (known === undefined) {
      this.#pids.set(pid, state);
    } else {
      const ticks = ticksBetween(known.value, value);
      const isJump = ((bytes[5] as number) & 0x80) !== 0 || ticks > DISCONTINUITY_TICKS;
      state.elapsedTicks = isJump || known.elapsedTicks === null ? null : known.elapsedTicks + ticks;
      state.value = value;
    }
    const hasPayload = (control & 0x10) !== 0;
    this.#onPacket({ pid, value, elapsedTicks: state.elapsedTicks, hasPayload, bytes });
  }
}
