/**
 * An accepted caller from its first packet to its end: receives, monitors the caller, decides why the session ends, and drains
 * what has arrived by then.
 *
 * @module
 */

import { startFields, type Ticket } from "../handoff/contract.ts";
import type { ChildMessage } from "../handoff/child_message.ts";
import type { InheritedSocket } from "../os/inherited_socket.ts";
import { sleep } from "../os/timer.ts";
import { encodeShutdown } from "../packet/reply.ts";
import { bitsPerSecond } from "../report/format.ts";
import type { Recording } from "../recording/recording.ts";
import type { SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";
import type { ClockStep } from "../vocabulary/sidecar.ts";
import type { SrtStatistics } from "../vocabulary/statistics.ts";
import type { Connection } from "../srt/connection.ts";
import { SrtError } from "../srt/error.ts";
import { silenceMsOf } from "../srt/session_option.ts";
import { ArrivalClock } from "./arrival_clock.ts";
import { CallerMonitor, type CallerSign, type CountedBefore } from "./caller_monitor.ts";
import {
  brokenEnd,
  callerEnd,
  diskEnd,
  type End,
  idleEnd,
  keyLostEnd,
  orderedEnd,
  stuckEnd,
  withRecording,
  withUndelivered,
} from "./end.ts";
import { LiveFeed, type LiveTap } from "./live_feed.ts";
import { Receiver } from "./receiver.ts";
import { Rounds } from "./rounds.ts";
import { SessionReports, type SessionState } from "./session_reports.ts";
import { SessionStatistics } from "./session_statistics.ts";
import type { PayloadAnalysis } from "./payload_analysis.ts";

/** Time between two checks, at the end of a session, whether all payload is written to stdout, in ms. */
const READER_MS = 20;
/** How long the disk may take, after the last payload, to write and sync what is left. */
const CLOSE_MS = 4000;
/**
 * libsrt is stuck if payload arrives and none is delivered for this long after the time at which it is due. Our choice: more
 * than a busy machine needs.
 */
const STUCK_MARGIN_MS = 5000;
/** Our choice: how long to wait for payload that a SHUTDOWN has overtaken, on a link that delivers out of order. */
const REORDER_MS = 200;
/** How long a busy machine may need, after the end was decided, to deliver payload that has become due. */
const DRAIN_MARGIN_MS = 5000;
/** After this side sent SHUTDOWN, payload still counts if it arrives within two round trips plus this time. */
const IN_FLIGHT_MARGIN_MS = 100;
/** The longest round trip that is waited for: more than a satellite's. */
const MAX_ROUND_TRIP_MS = 1000;

/** Where payload comes from and goes to. */
export interface RecorderParts {
  readonly ticket: Ticket;
  readonly connection: Connection;
  readonly recording: Recording;
  readonly socket: InheritedSocket;
  readonly analysis: PayloadAnalysis;
  /** Called with each message as soon as it is received. */
  readonly liveTaps: readonly LiveTap[];
  readonly countedBefore: CountedBefore;
  /** Datagrams that all sockets lost in full receive buffers so far, or null if the kernel does not report it. */
  readonly overflows: () => number | null;
  readonly emit: (message: ChildMessage) => void;
  /** Reports a condition that does not end the session. */
  readonly warn: (text: string) => void;
  /** Handles the orders that have arrived. */
  readonly readOrders: () => void;
}

/** An end that was decided, and what is still waited for. */
interface Ending {
  /** Returns the end; called once everything is drained, because its text depends on whether payload had arrived. */
  readonly end: () => End;
  /** After this nothing is waited for. */
  readonly deadlineMs: number;
  /** Datagrams of the caller that arrive up to this time still count. */
  readonly receiveUntilMs: number;
  /** Whether the caller may call again from the same port: its next datagram is for the listener. */
  readonly gone: boolean;
}

/** Records one session. */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #startMs = performance.now();
  readonly #caller: CallerMonitor;
  readonly #arrivals: ArrivalClock;
  readonly #receiver: Receiver;
  readonly #statistics: SessionStatistics;
  readonly #reports: SessionReports;
  #emptyRounds = 0;
  #ending: Ending | null = null;
  #isReceiving = true;

  constructor(parts: RecorderParts) {
    const { ticket, connection, recording, socket, analysis, countedBefore, overflows } = parts;
    this.#parts = parts;
    const filter = {
      callerSocketId: ticket.callerSocketId,
      encrypted: ticket.encrypted,
      socketId: connection.socketId,
    };
    this.#caller = new CallerMonitor({
      socket,
      before: countedBefore,
      silenceMs: silenceMsOf(ticket.srt),
      neverCalls: ticket.call !== null,
      setFilter: (calls) => socket.filter({ ...filter, ...calls }),
      overflows,
    }, this.#startMs);
    this.#arrivals = new ArrivalClock({
      connection,
      concludedMs: ticket.concludedMs,
      tracesDrift: ticket.srt.drifttracer !== false,
      now: () => performance.now(),
      wall: () => Date.now(),
    });
    const live = parts.liveTaps.length === 0 ? null : new LiveFeed(recording, parts.liveTaps);
    this.#receiver = new Receiver({
      connection,
      initialSequence: ticket.initialSequence,
      noise: analysis.noise,
      sink: live ?? recording,
      onMessage: (sequence, offset) => {
        analysis.losses?.take(sequence, recording.acceptedBytes + offset, this.#arrivals.lastMessageMs());
        live?.note(offset, this.#arrivals.lastDueMs());
      },
    });
    this.#statistics = new SessionStatistics({ connection, receiver: this.#receiver }, this.#startMs);
    this.#reports = new SessionReports(parts, this.#startMs);
  }

  /** Steps of the wall clock since the start, the first 100. */
  get clockSteps(): readonly ClockStep[] {
    return this.#reports.clockSteps;
  }

  /** Returns the event that reports the session's start, without the bytes that the file had before (`earlierBytes`). */
  start(): Omit<SessionStartEvent, "earlierBytes"> {
    const { ticket, connection, recording } = this.#parts;
    return {
      event: "session-start",
      time: new Date().toISOString(),
      ...startFields(ticket),
      latencyMs: connection.latencyMs,
      file: recording.file,
      pid: Deno.pid,
    };
  }

  /** Receives to the end, closes connection and recording, and reports why the session ended. `stop` orders the end. */
  async run(stop: AbortSignal): Promise<SessionEndEvent> {
    let end: End;
    try {
      end = await this.#receive(stop);
    } catch (error) {
      if (!(error instanceof SrtError)) throw error;
      end = { reason: "connection-failed", text: error.message, advice: "" };
    }
    return await this.#finish(end, stop);
  }

  /** Runs the rounds of the session until its end is decided and everything is delivered. */
  async #receive(stop: AbortSignal): Promise<End> {
    const { analysis, recording, readOrders, ticket: { outputs, sink } } = this.#parts;
    const rounds = new Rounds({ isLive: outputs !== null || sink.kind === "stdout" });
    while (true) {
      readOrders();
      if (analysis.noise !== null) this.#expectDamage();
      this.#arrivals.update();
      const gap = this.#receiver.drain();
      recording.writeDue();
      const nowMs = performance.now();
      this.#statistics.update(nowMs, { gap, isEnding: this.#ending !== null });
      this.#ending ??= this.#decideEnd(stop, nowMs);
      if (this.#ending !== null && this.#isDrained(this.#ending, nowMs)) return this.#ending.end();
      this.#reports.report(this.#state(nowMs));
      await rounds.next({
        nowMs,
        gap,
        behind: this.#parts.connection.isBehind,
        hasDelivered: this.#receiver.messages > 0,
        ending: this.#ending !== null,
        undelivered: this.#statistics.undelivered > 0,
      });
    }
  }

  /** Checks, before anything of this round is written, whether packets have arrived that cannot be decrypted. */
  #expectDamage(): void {
    const arrived = this.#parts.connection.arrivedPackets();
    if (arrived !== null && arrived.undecryptable > 0) this.#receiver.expectDamage(arrived.packets);
  }

  /** Returns why the session ends now, or null. */
  #decideEnd(stop: AbortSignal, nowMs: number): Ending | null {
    const { connection, recording, socket, ticket } = this.#parts;
    const { idleMs } = ticket;
    const waitsMs = connection.latencyMs + this.#arrivals.lateMs;
    const drainedMs = nowMs + waitsMs + DRAIN_MARGIN_MS;
    if (recording.failure !== null) return this.#leave(diskEnd(recording.failure), { deadlineMs: nowMs, nowMs });
    if (this.#isKeyLost()) return this.#leave(keyLostEnd(ticket), { deadlineMs: drainedMs, nowMs });
    if (connection.phase !== "open") {
      return { end: () => brokenEnd(ticket), deadlineMs: drainedMs, receiveUntilMs: nowMs, gone: true };
    }
    if (stop.aborted) return this.#leave(orderedEnd(stop.reason, ticket), { deadlineMs: drainedMs, nowMs });
    const sign = this.#caller.check(nowMs, {
      idleMs: this.#statistics.idleMs(nowMs),
      hasPayload: this.#statistics.hasPayload,
      roundTripMs: this.#statistics.roundTripMs,
    });
    if (sign !== null) {
      if (sign === "silent") this.#sendShutdown(); // in case the caller is only cut off and returns later
      const receiveUntilMs = sign === "closed" && connection.isReordered ? nowMs + REORDER_MS : nowMs;
      return { end: () => this.#callerEnd(sign), deadlineMs: drainedMs, receiveUntilMs, gone: true };
    }
    if (this.#statistics.undeliveredMs(nowMs) >= waitsMs + STUCK_MARGIN_MS) {
      return this.#leave(stuckEnd(ticket), { deadlineMs: nowMs, nowMs });
    }
    // on a starved machine, payload may have arrived that libsrt's thread has not read
    const isIdle = idleMs > 0 && this.#statistics.idleMs(nowMs) >= idleMs && socket.queue().queuedBytes === 0;
    if (isIdle && !this.#caller.isUndecided) {
      return this.#leave(idleEnd(ticket), { deadlineMs: drainedMs, nowMs });
    }
    return null;
  }

  #callerEnd(sign: CallerSign): End {
    const { call } = this.#parts.ticket;
    return callerEnd(sign, { call, attempt: !this.#statistics.hasPayload, silenceMs: this.#caller.silenceMs });
  }

  #isKeyLost(): boolean {
    return this.#receiver.damaged || (this.#parts.analysis.noise !== null && this.#statistics.hasUndecryptable);
  }

  /**
   * Ends the connection from this side with a SHUTDOWN. The session waits until `deadlineMs` at most for what the caller sends
   * before it gets the SHUTDOWN.
   */
  #leave(end: End, { deadlineMs, nowMs }: { readonly deadlineMs: number; readonly nowMs: number }): Ending {
    this.#sendShutdown();
    const roundTripMs = Math.min(this.#statistics.roundTripMs, MAX_ROUND_TRIP_MS);
    return { end: () => end, deadlineMs, receiveUntilMs: nowMs + 2 * roundTripMs + IN_FLIGHT_MARGIN_MS, gone: false };
  }

  /** Sends a SHUTDOWN to the caller. For a called listener, whose socket ID is not known here, libsrt sends it at the end. */
  #sendShutdown(): void {
    const { socket, ticket: { call, callerSocketId } } = this.#parts;
    if (call === null) socket.send(encodeShutdown(callerSocketId));
  }

  /**
   * Reports whether everything that had arrived was delivered, or nothing more can be. Stops receiving from the caller once its
   * datagrams do not count any more.
   */
  #isDrained({ deadlineMs, receiveUntilMs, gone }: Ending, nowMs: number): boolean {
    const { connection, socket, ticket } = this.#parts;
    if (nowMs >= deadlineMs || this.#receiver.damaged || connection.phase === "ended") return true;
    if (nowMs < receiveUntilMs) return false;
    const isRead = socket.queue().queuedBytes === 0;
    if (this.#isReceiving && (isRead || !gone)) {
      if (gone) socket.detach(ticket.local);
      else socket.hideAll();
      this.#isReceiving = false;
    }
    if (connection.phase === "draining") return false;
    const isEmpty = this.#statistics.undelivered === 0 && isRead;
    this.#emptyRounds = isEmpty ? this.#emptyRounds + 1 : 0;
    return this.#emptyRounds > 1; // libsrt's thread may hold a datagram that it has just read
  }

  #state(nowMs: number): SessionState {
    return {
      nowMs,
      bytes: this.#parts.recording.acceptedBytes,
      hasPayload: this.#statistics.hasPayload,
      idleMs: this.#statistics.idleMs(nowMs),
      silentMs: this.#caller.silentMs(nowMs),
      missingPackets: this.#statistics.missingPackets,
      isEnding: this.#ending !== null,
      kernelDrops: this.#caller.kernelDrops,
      statistics: () => this.#reportedStatistics(),
    };
  }

  #reportedStatistics(): SrtStatistics | null {
    return this.#statistics.report({ kernelDrops: this.#caller.kernelDrops, isEnding: this.#ending !== null });
  }

  /** Waits until all payload is written to stdout or the write has failed, or until this session is ordered to stop. */
  async #waitForStdout(stop: AbortSignal): Promise<void> {
    const { recording, readOrders } = this.#parts;
    const isDone = () => recording.writtenBytes === recording.acceptedBytes || recording.failure !== null;
    while (!isDone() && !stop.aborted) {
      this.#reports.reportAlive(performance.now());
      await sleep(READER_MS);
      readOrders();
    }
  }

  async #finish(received: End, stop: AbortSignal): Promise<SessionEndEvent> {
    const { connection, recording, analysis, ticket } = this.#parts;
    const { session, caller, stream } = ticket;
    this.#receiver.finish();
    const durationMs = Math.round(performance.now() - this.#startMs);
    const undelivered = recording.failure === null ? this.#statistics.undelivered : 0; // after a failure, nothing is drained
    analysis.losses?.end(undelivered, recording.acceptedBytes);
    connection.close();
    if (recording.kind === "stdout") await this.#waitForStdout(stop);
    await recording.close(CLOSE_MS);
    this.#reports.reportFormat();
    const end = withRecording(
      this.#receiver.damaged && recording.failure === null
        ? keyLostEnd(ticket)
        : withUndelivered(received, undelivered),
      recording,
    );
    const bytes = recording.writtenBytes;
    return {
      event: "session-end",
      time: new Date().toISOString(),
      session,
      caller,
      stream,
      ...end,
      signal: null,
      durationMs,
      bytes,
      bitsPerSecond: bitsPerSecond(bytes, durationMs),
      file: recording.file,
      files: recording.files,
      attempt: !this.#statistics.hasPayload,
      outputs: [],
      statistics: this.#reportedStatistics(),
      ts: analysis.health(),
    };
  }
}
