/**
 * Finds the TS packets in a byte stream that comes in chunks of any size, and finds them again where it is broken.
 *
 * Packets are handed on where they lie; bytes are copied only where a packet spans two chunks, and while step is lost. What is
 * found depends on the bytes alone, never on how they were cut into chunks: what cannot be decided yet waits for more.
 *
 * @module
 */

import type { ErrorLog } from "./error_log.ts";

/** Length of a TS packet in bytes (ISO/IEC 13818-1, 2.4.3.1). */
export const PACKET_BYTES = 188;
/** First byte of every TS packet (ISO/IEC 13818-1, 2.4.3.3). */
export const SYNC_BYTE = 0x47;

/** Packets in a row with a right sync byte that make step certain (ETSI TR 101 290, 5.2.1, indicator 1.1). */
const CERTAIN_PACKETS = 5;
/** From the first to the last byte that makes step certain. */
const CERTAIN_SPAN = (CERTAIN_PACKETS - 1) * PACKET_BYTES;
/** Room for undecided bytes, at most `CERTAIN_SPAN` of them, and for as many again behind them. */
const HELD_BYTES = 2048;

/** Takes packets where they lie. */
export interface PacketTaker {
  /**
   * Takes whole packets from `from` on, as long as they begin with the sync byte and end at or before `to`.
   *
   * @param bytes Not kept.
   * @param base Offset of `bytes[0]` in the stream.
   * @returns Where it stopped.
   */
  take(bytes: Uint8Array, from: number, to: number, base: number): number;
  /** Takes the one packet at `at`, whatever its sync byte. */
  takeDamaged(bytes: Uint8Array, at: number, base: number): void;
  /** Step was lost: what was begun cannot be completed. */
  lose(): void;
}

/** One byte stream. */
export class PacketSync {
  readonly #taker: PacketTaker;
  readonly #errors: ErrorLog;
  /** Undecided bytes of the chunks before. */
  readonly #held = new Uint8Array(HELD_BYTES);
  #heldLength = 0;
  #decided = 0;
  #inStep = false;
  #everInStep = false;

  constructor(taker: PacketTaker, errors: ErrorLog) {
    this.#taker = taker;
    this.#errors = errors;
  }

  /** Whether packets were found at all so far. */
  get found(): boolean {
    return this.#everInStep;
  }

  /** Bytes that need no more looking at: packets taken, and bytes that belong to none. */
  get decided(): number {
    return this.#decided;
  }

  /** Looks at the next bytes of the stream; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (this.#heldLength > 0 && at < chunk.length) {
      const before = this.#heldLength;
      const added = Math.min(HELD_BYTES - before, chunk.length - at);
      this.#held.set(added === chunk.length ? chunk : chunk.subarray(at, at + added), before);
      const used = this.#decide(this.#held, 0, before + added);
      if (used >= before) {
        at += used - before; // from here on in the chunk itself
        this.#heldLength = 0;
      } else {
        at += added;
        this.#held.copyWithin(0, used, before + added);
        this.#heldLength = before + added - used;
      }
    }
    if (at === chunk.length) return;
    at = this.#decide(chunk, at, chunk.length);
    if (at < chunk.length) {
      this.#held.set(chunk.subarray(at));
      this.#heldLength = chunk.length - at;
    }
  }

  /** Decides about bytes `from` to `to` as far as they allow, and returns where it stopped. */
  #decide(bytes: Uint8Array, from: number, to: number): number {
    const base = this.#decided - from;
    let at = from;
    while (true) {
      if (!this.#inStep) {
        at = findStep(bytes, at, to);
        if (at + CERTAIN_SPAN >= to) break;
        this.#inStep = true;
        this.#everInStep = true;
      }
      at = this.#taker.take(bytes, at, to, base);
      if (at + PACKET_BYTES >= to) break;
      // A whole packet is there, without its sync byte, and so is the first byte behind it.
      if (bytes[at + PACKET_BYTES] === SYNC_BYTE) {
        this.#errors.note("syncErrors", base + at, null);
        this.#taker.takeDamaged(bytes, at, base);
        at += PACKET_BYTES;
      } else {
        this.#errors.note("syncLosses", base + at, null);
        this.#taker.lose();
        this.#inStep = false;
      }
    }
    this.#decided = base + at;
    return at;
  }
}

/** The first place from `from` on that is, or with more bytes could be, the begin of packets in step; `to` if there is none. */
function findStep(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from;; at += 1) {
    at = bytes.indexOf(SYNC_BYTE, at);
    if (at === -1 || at >= to) return to;
    let next = at + PACKET_BYTES;
    while (next <= at + CERTAIN_SPAN && next < to && bytes[next] === SYNC_BYTE) next += PACKET_BYTES;
    if (next > at + CERTAIN_SPAN || next >= to) return at;
  }
}
