/**
 * What a session reports while it runs: that it is alive and its caller is real, its statistics, and conditions that do not end it.
 *
 * @module
 */

import type { ChildMessage } from "../handoff/child_message.ts";
import type { Ticket } from "../handoff/contract.ts";
import type { ClockStep } from "../vocabulary/sidecar.ts";
import { bitsPerSecond } from "../report/format.ts";
import { SILENCE_MS } from "../srt/session_option.ts";
import type { SrtStatistics } from "../vocabulary/statistics.ts";
import { ClockSteps } from "./session_clock.ts";
import type { PayloadAnalysis } from "./payload_analysis.ts";
import { PayloadTrouble } from "./payload_trouble.ts";

/** How often this process reports that it is alive. */
const ALIVE_MS = 2500;
/**
 * A caller is real if it has sent payload, or if its session still runs after this time and something, such as a KEEPALIVE, has
 * arrived within the last {@linkcode SILENCE_MS}. A session that still runs is not enough: with a long `peeridletimeo`, it runs
 * even if its caller has sent nothing.
 */
const ANSWERED_MS = 6000;
const KERNEL_DROPS =
  "this machine's receive buffer was full: packets that had arrived were lost before libsrt could read them, and have to be " +
  "sent again\nraise net.core.rmem_max to 12582912 (sysctl -w net.core.rmem_max=12582912)";

/** The state of a session, as of now. */
export interface SessionState {
  readonly nowMs: number;
  readonly bytes: number;
  /** Whether any payload has arrived. */
  readonly hasPayload: boolean;
  /** How long no payload has arrived, in ms. */
  readonly idleMs: number;
  /** How long nothing has arrived, not even KEEPALIVE, in ms. */
  readonly silentMs: number;
  /** Packets that are missing so far. */
  readonly missingPackets: number;
  /** Whether the end is decided. */
  readonly isEnding: boolean;
  /** Datagrams that the receive buffer had no room for. */
  readonly kernelDrops: number;
  /** Returns the statistics, or null if libsrt gives none. */
  readonly statistics: () => SrtStatistics | null;
}

/** Where the reports go. */
export interface SessionReportsOptions {
  readonly ticket: Ticket;
  readonly analysis: PayloadAnalysis;
  readonly emit: (message: ChildMessage) => void;
  /** Reports a condition that does not end the session. */
  readonly warn: (text: string) => void;
}

/** Reports of one session. */
export class SessionReports {
  readonly #options: SessionReportsOptions;
  readonly #startMs: number;
  readonly #clock: ClockSteps;
  readonly #trouble = new PayloadTrouble();
  #isProven = false;
  #isWarned = false;
  #aliveMs: number;
  /** The statistics that were reported last: when, and of how many bytes. */
  #last: { readonly atMs: number; readonly bytes: number };
  #nextMs: number;

  /** @param nowMs Of the same monotonic clock as {@linkcode SessionState.nowMs}. */
  constructor(options: SessionReportsOptions, nowMs: number) {
    this.#options = options;
    this.#startMs = nowMs;
    this.#clock = new ClockSteps(nowMs);
    this.#aliveMs = nowMs;
    this.#last = { atMs: nowMs, bytes: 0 };
    this.#nextMs = nowMs + (options.ticket.statsIntervalMs ?? Infinity);
  }

  /** Steps of the wall clock since the start, the first 100. */
  get clockSteps(): readonly ClockStep[] {
    return this.#clock.steps;
  }

  /** Reports what is due. */
  report(state: SessionState): void {
    const { emit, warn } = this.#options;
    const { nowMs, hasPayload, silentMs, isEnding, kernelDrops } = state;
    // after a stall of the machine, the round that ends the session of a silent caller may be the first after ANSWERED_MS
    const hasAnswered = !isEnding && nowMs - this.#startMs >= ANSWERED_MS && silentMs < SILENCE_MS;
    if (!this.#isProven && (hasPayload || hasAnswered)) {
      this.#isProven = true;
      emit({ event: "proven" });
    }
    this.reportAlive(nowMs);
    if (kernelDrops > 0 && !this.#isWarned) {
      this.#isWarned = true;
      warn(KERNEL_DROPS);
    }
    const step = this.#clock.compare();
    if (step !== null) {
      warn(`the clock of this machine was changed by ${step.stepMs / 1000} s; durations are not affected`);
    }
    this.reportFormat();
    this.#reportTrouble(state);
    if (nowMs >= this.#nextMs) this.#reportStatistics(state);
  }

  /** Warns once about payload that is not TS. Payload is analyzed after it is written, so the warning may be late. */
  reportFormat(): void {
    const { warn, analysis } = this.#options;
    const format = analysis.foreignFormat();
    if (format !== null) warn(`the payload is not a transport stream but ${format}; it is recorded as it is`);
  }

  /** Reports that this process is alive, if that is due. */
  reportAlive(nowMs: number): void {
    if (nowMs - this.#aliveMs < ALIVE_MS) return;
    this.#aliveMs = nowMs;
    this.#options.emit({ event: "alive" });
  }

  #reportTrouble(state: SessionState): void {
    const { session, stream } = this.#options.ticket;
    const common = () => ({ time: new Date().toISOString(), session, stream });
    const pause = this.#trouble.pause(state);
    if (pause !== null) this.#options.emit({ ...pause, ...common() });
    const missing = this.#trouble.missing(state);
    if (missing !== null) this.#options.emit({ ...missing, ...common() });
  }

  #reportStatistics({ nowMs, bytes, statistics: read }: SessionState): void {
    const statistics = read();
    const { emit, analysis, ticket: { session, stream, statsIntervalMs } } = this.#options;
    if (statistics === null || statsIntervalMs === null) return;
    emit({
      event: "stats",
      time: new Date().toISOString(),
      session,
      stream,
      durationMs: Math.round(nowMs - this.#startMs),
      bytes,
      bitsPerSecond: bitsPerSecond(bytes - this.#last.bytes, nowMs - this.#last.atMs),
      statistics,
      ts: analysis.health(),
    });
    this.#last = { atMs: nowMs, bytes };
    this.#nextMs += statsIntervalMs;
  }
}
