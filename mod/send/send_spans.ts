/**
 * Sends bytes when they are due, in SRT messages, and waits until the listener has them.
 *
 * @module
 */

import { sleep } from "../os/timer.ts";
import { ProblemError } from "../report/problem.ts";
import type { Caller } from "../srt/caller.ts";
import type { Span } from "./paced_spans.ts";

/** Seven TS packets: libsrt's message in live mode. */
const MESSAGE_BYTES = 1316;
/** Messages that are due this soon are sent at once: a timer for each would cost too much processor time. */
const EARLY_MS = 2;
/** Longest sleep before the connection is checked again. */
const SLEEP_MS = 200;
/** How often a full sender buffer is tried again, and how often acknowledgements are checked. */
const CHECK_MS = 5;
/**
 * After a longer delay than this, as after a suspend, the time is not caught up: a burst of late packets would only be dropped.
 */
const MAX_LATE_MS = 1000;
/** Longest wait for acknowledgements after the last message. Our choice: longer than libsrt's peer idle timeout of 5 s. */
const DELIVERY_MS = 10_000;

/** How long after its due time a listener may still deliver a packet. Our choice: gosrt delivers packets every 10 ms. */
const LATE_DELIVERY_MS = 50;

/** The listener did not get everything, or the connection ended too early to be sure. */
export class ListenerGoneError extends ProblemError {
  override readonly name = "ListenerGoneError";
}

/** The parts of a caller that are needed. */
export type SpanSink = Pick<Caller, "send" | "isOpen" | "unacknowledged" | "latencyMs" | "statistics">;

/** What was sent. */
export interface Sent {
  readonly bytes: number;
  readonly durationMs: number;
}

/**
 * Sends all spans in real time.
 *
 * @param options `signal`: send no more, but wait for what was sent.
 * @throws {ListenerGoneError} Not everything that was sent has arrived.
 */
export async function sendSpans(
  spans: AsyncIterable<Span>,
  { caller, signal }: { readonly caller: SpanSink; readonly signal: AbortSignal },
): Promise<Sent> {
  const sender = new Sender(caller, signal);
  for await (const span of spans) {
    await sender.send(span);
    if (signal.aborted) break;
  }
  await sender.finish();
  return { bytes: sender.bytes, durationMs: sender.durationMs };
}

class Sender {
  readonly #caller: SpanSink;
  readonly #signal: AbortSignal;
  readonly #message = new Uint8Array(MESSAGE_BYTES);
  readonly #startMs = performance.now();
  #filled = 0;
  #dueMs = this.#startMs;
  #bytes = 0;

  constructor(caller: SpanSink, signal: AbortSignal) {
    this.#caller = caller;
    this.#signal = signal;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get durationMs(): number {
    return performance.now() - this.#startMs;
  }

  async send({ bytes, durationMs }: Span): Promise<void> {
    const msPerByte = durationMs / bytes.length;
    for (let at = 0; at < bytes.length && !this.#signal.aborted;) {
      const part = bytes.subarray(at, at + MESSAGE_BYTES - this.#filled);
      this.#message.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < MESSAGE_BYTES) break;
      await this.#waitUntil(this.#dueMs + at * msPerByte);
      await this.#sendMessage();
    }
    this.#dueMs += durationMs;
  }

  /**
   * Sends the rest unless stopped early, waits until everything that was sent is acknowledged, and then for the latency, until
   * the listener's libsrt has delivered it.
   */
  async finish(): Promise<void> {
    if (this.#filled > 0 && !this.#signal.aborted) await this.#sendMessage();
    const deadlineMs = performance.now() + DELIVERY_MS;
    while (this.#caller.unacknowledged > 0) {
      if (performance.now() > deadlineMs) {
        throw new ListenerGoneError(
          `cannot deliver everything: the listener did not acknowledge all ${this.#bytes} bytes within ${
            DELIVERY_MS / 1000
          } s`,
          {
            hint: "the last packets may be lost: SRT requests a lost packet only if another one follows it; send again",
          },
        );
      }
      await sleep(CHECK_MS);
    }
    const { pktSndDropTotal } = this.#caller.statistics();
    if (!this.#caller.isOpen) throw this.#goneError();
    if (pktSndDropTotal > 0) {
      throw new ListenerGoneError(
        `cannot deliver everything: ${pktSndDropTotal} packets were too late, because the network is too slow or loses too many`,
        { hint: "raise latency= in the address, or lower the rate" },
      );
    }
    // a listener that receives a SHUTDOWN now may discard what is not due yet
    for (let leftMs = this.#caller.latencyMs + LATE_DELIVERY_MS; leftMs > 0; leftMs -= SLEEP_MS) {
      await sleep(Math.min(leftMs, SLEEP_MS));
      if (!this.#caller.isOpen) throw this.#goneError();
    }
  }

  async #waitUntil(dueMs: number): Promise<void> {
    for (;;) {
      const leftMs = dueMs - performance.now();
      if (leftMs < -MAX_LATE_MS) this.#dueMs -= leftMs;
      if (leftMs <= EARLY_MS || this.#signal.aborted) return;
      await sleep(Math.min(leftMs, SLEEP_MS));
      if (!this.#caller.isOpen) throw this.#goneError();
    }
  }

  async #sendMessage(): Promise<void> {
    const message = this.#message.subarray(0, this.#filled);
    for (;;) {
      const result = this.#caller.send(message);
      if (result === "gone") throw this.#goneError();
      if (result === "sent") break;
      await sleep(CHECK_MS);
    }
    this.#bytes += message.length;
    this.#filled = 0;
  }

  #goneError(): ListenerGoneError {
    return new ListenerGoneError(
      `cannot deliver everything: the listener ended the connection after ${this.#bytes} bytes`,
      { hint: "check the listener's log" },
    );
  }
}
