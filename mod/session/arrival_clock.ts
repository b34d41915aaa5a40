/**
 * When the messages of a session arrived.
 *
 * libsrt gives the time at which a message is due: its sender's time stamp on this machine's clock, and the latency. Without the
 * latency, that is its arrival as if each packet had been as long on its way as the CONCLUSION, which is more exact than the
 * moment at which a round receives it.
 *
 * libsrt compares both clocks when it reads the CONCLUSION, which has waited for this process until then. So each message is due
 * later by that time, until libsrt's drift tracer has found out after 1000 ACKs (`CTsbpdTime::addDriftSample`), 10 s or more.
 *
 * @module
 */

import { waitedMs } from "../handoff/contract.ts";
import type { Connection } from "../srt/connection.ts";

/** libsrt removes what its clocks differ by after this many ACKs: `TSBPD_DRIFT_MAX_SAMPLES`. */
const DRIFT_ACKS = 1000;
/** No message is due earlier than this before the connection began, in us: otherwise libsrt has no time for it. */
const MARGIN_US = 1_000_000;

/** What an arrival clock needs. */
export interface ArrivalClockOptions {
  readonly connection: Pick<
    Connection,
    "packetDueUs" | "clockUs" | "latencyMs" | "statistics" | "ageMs" | "sentAcks"
  >;
  /** When the CONCLUSION arrived, in ms since the epoch. */
  readonly concludedMs: number;
  /** Whether libsrt's drift tracer is on. */
  readonly tracesDrift: boolean;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
  /** Wall clock in ms since the epoch. */
  readonly wall: () => number;
}

/** The arrival times of one session, in ms of the clock that never goes back. */
export class ArrivalClock {
  readonly #options: ArrivalClockOptions;
  readonly #startUs: number;
  /** How long the CONCLUSION has waited for this process: without the drift tracer, all messages are due later by that time. */
  readonly lateMs: number;
  #nowMs = 0;
  #nowUs = 0;

  constructor(options: ArrivalClockOptions) {
    const { connection, concludedMs, wall } = options;
    this.#options = options;
    connection.statistics();
    const { ageMs } = connection;
    this.lateMs = waitedMs({ concludedMs }, wall() - ageMs);
    this.update();
    this.#startUs = this.#nowUs - ageMs * 1000;
  }

  /** Compares the clocks of this process and of libsrt. Called in each round, since they may drift apart. */
  update(): void {
    this.#nowMs = this.#options.now();
    this.#nowUs = this.#options.connection.clockUs();
  }

  /** When the message that was received last arrived; without a usable time, when it was received. */
  lastMessageMs(): number {
    const { connection: { packetDueUs, latencyMs, sentAcks }, tracesDrift } = this.#options;
    if (packetDueUs < this.#startUs - MARGIN_US || packetDueUs > this.#nowUs + MARGIN_US) return this.#nowMs;
    const lateMs = tracesDrift && sentAcks >= DRIFT_ACKS ? 0 : this.lateMs;
    return this.#nowMs - (this.#nowUs - packetDueUs) / 1000 - latencyMs - lateMs;
  }
}
