/**
 * Divides bytes into spans with a duration: by the stream's own clock (PCR), or by a rate.
 *
 * Between two PCRs of one PID the bytes are spread evenly. Before the first, after the last, and at a jump of the clock, the rate
 * of the nearest known interval applies.
 *
 * @module
 */

import { ProblemError } from "../report/problem.ts";
import { PACKET_BYTES, SYNC_BYTE } from "../ts/packet_sync.ts";
import { TICKS_PER_MS, WRAP_TICKS } from "../ts/stream_clock.ts";
import { readPcr } from "./pcr.ts";

/** Bytes searched for the next PCR. Our choice: more than a second of the fastest streams; ISO/IEC 13818-1 allows 100 ms. */
const LOOKAHEAD_BYTES = 16 * 2 ** 20;

/** A longer interval between two PCRs is a jump of the clock. Our choice, far above the 100 ms of ISO/IEC 13818-1. */
const MAX_INTERVAL_MS = 5000;

/** Bytes that are sent at a constant rate, and how long that takes. */
export interface Span {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly durationMs: number;
}

/** The stream has no usable clock. */
export class NoClockError extends ProblemError {
  override readonly name = "NoClockError";
}

/** Returns each block as a span that lasts as long as its bytes take at `bitsPerSecond`. */
export async function* pacedByRate(
  blocks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  bitsPerSecond: number,
): AsyncGenerator<Span> {
  for await (const bytes of blocks) yield { bytes, durationMs: bytes.length * 8000 / bitsPerSecond };
}

/**
 * Divides `blocks` of a transport stream into spans by its PCR. Yields all bytes in order, also those outside of TS packets.
 *
 * @throws {NoClockError} No two PCRs within the first 16 MiB, or in the whole stream.
 */
export async function* pacedByPcr(blocks: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<Span> {
  const clock = new PcrClock();
  for await (const block of blocks) yield* clock.take(block);
  yield* clock.rest();
}

/** Holds bytes until their time is known. */
class PcrClock {
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #scanned = 0;
  /** The last PCR. `at`: offset of its packet in the held bytes. */
  #last: { readonly pid: number; readonly ticks: number; readonly at: number } | null = null;
  #bytesPerMs: number | null = null;

  *take(block: Uint8Array<ArrayBuffer>): Generator<Span> {
    this.#held = concatenate(this.#held, block);
    while (this.#scanned + PACKET_BYTES <= this.#held.length) {
      const at = this.#scanned;
      if (this.#held[at] !== SYNC_BYTE) {
        this.#scanned += 1;
        continue;
      }
      this.#scanned += PACKET_BYTES;
      const pcr = readPcr(this.#held, at);
      if (pcr !== null && (this.#last === null || this.#last.pid === pcr.pid)) yield* this.#advance(pcr, at);
    }
    if (this.#held.length < LOOKAHEAD_BYTES) return;
    yield* this.rest();
    this.#last = null; // the next PCR of any PID is the clock from then on
  }

  /** Yields what is left, at the last known rate. */
  *rest(): Generator<Span> {
    if (this.#held.length === 0) return;
    if (this.#bytesPerMs === null) {
      throw new NoClockError("cannot send the file in real time: it has no clock (PCR)", {
        hint: "give a rate, such as --rate 8Mbps",
      });
    }
    yield* this.#release(this.#held.length, this.#held.length / this.#bytesPerMs);
  }

  /** Yields the bytes before a PCR, once their rate is known. */
  *#advance({ pid, ticks, jumps }: { pid: number; ticks: number; jumps: boolean }, at: number): Generator<Span> {
    const last = this.#last;
    const intervalMs = last === null ? 0 : ((ticks - last.ticks + WRAP_TICKS) % WRAP_TICKS) / TICKS_PER_MS;
    this.#last = { pid, ticks, at };
    const known = last !== null && !jumps && intervalMs > 0 && intervalMs <= MAX_INTERVAL_MS;
    if (known) this.#bytesPerMs = (at - last.at) / intervalMs;
    if (this.#bytesPerMs === null) return; // held until the first interval is known
    const start = last?.at ?? 0;
    // bytes before the first PCR go out at the rate of the first interval
    if (start > 0) yield* this.#release(start, start / this.#bytesPerMs);
    const bytes = at - start;
    yield* this.#release(bytes, known ? intervalMs : bytes / this.#bytesPerMs);
  }

  *#release(bytes: number, durationMs: number): Generator<Span> {
    if (bytes === 0) return;
    const span = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    this.#scanned = Math.max(0, this.#scanned - bytes);
    if (this.#last !== null) this.#last = { ...this.#last, at: Math.max(0, this.#last.at - bytes) };
    yield { bytes: span, durationMs };
  }
}

function concatenate(first: Uint8Array<ArrayBuffer>, second: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
