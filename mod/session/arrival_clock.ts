/**
 * Calculates when the messages of a session arrived.
 *
 * libsrt gives the time at which a message is due: its sender's time stamp, converted to this machine's clock, plus the
 * latency. Minus the latency, this is the arrival time, if the packet was on its way as long as the CONCLUSION. It is more
 * exact than the time at which a round of the session (see rounds.ts) receives the message.
 *
 * libsrt compares both clocks when it reads the CONCLUSION, which has waited for this process until then. Therefore each
 * message is due later by this wait, until libsrt's drift tracer corrects it after 1000 ACKs (`CTsbpdTime::addDriftSample`),
 * which take 10 s or more.
 *
 * @module
 */

import { waitedMs } from "../handoff/contract.ts";
import type { Connection } from "../srt/connection.ts";

/** libsrt corrects the difference between the two clocks after this many ACKs: `TSBPD_DRIFT_MAX_SAMPLES`. */
const DRIFT_ACKS = 1000;
/** A due time is not usable if it is more than this before the start of the connection, or more than this after now, in us. */
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
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  /** Wall clock in ms since the epoch. */
  readonly wall: () => number;
}

/** The arrival times of one session, in ms of the monotonic clock. */
export class ArrivalClock {
  readonly #options: ArrivalClockOptions;
  readonly #startUs: number;
  /**
   * How long the CONCLUSION waited for this process, in ms: without the drift tracer, all messages are due later by this time.
   */
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

  /** Compares the clocks of this process and of libsrt. Call it in each round, because they may drift apart. */
  update(): void {
    this.#nowMs = this.#options.now();
    this.#nowUs = this.#options.connection.clockUs();
  }

  /** Returns when the last received message arrived; if libsrt has no usable time for it, when it was received. */
  lastMessageMs(): number {
    const { connection: { latencyMs, sentAcks }, tracesDrift } = this.#options;
    const dueMs = this.#usableDueMs();
    const lateMs = tracesDrift && sentAcks >= DRIFT_ACKS ? 0 : this.lateMs;
    return dueMs === null ? this.#nowMs : dueMs - latencyMs - lateMs;
  }

  /** Returns when the last received message was due; if libsrt has no usable time for it, when it was received. */
  lastDueMs(): number {
    return this.#usableDueMs() ?? this.#nowMs;
  }

  #usableDueMs(): number | null {
    const { packetDueUs } = this.#options.connection;
    if (packetDueUs < this.#startUs - MARGIN_US || packetDueUs > this.#nowUs + MARGIN_US) return null;
    return this.#nowMs - (this.#nowUs - packetDueUs) / 1000;
  }
}
