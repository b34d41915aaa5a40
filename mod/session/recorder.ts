/**
 * An accepted caller's recording: its begin, its figures while it runs, its end and why.
 *
 * @module
 */

import type { Ticket } from "../handoff/contract.ts";
import type { InheritedSocket } from "../os/inherited_socket.ts";
import type { Sink } from "../recording/sink.ts";
import { isCleanEnd } from "../vocabulary/values.ts";
import type { SessionEndEvent, SessionStartEvent, StatsEvent } from "../vocabulary/events.ts";
import type { SrtStatistics } from "../vocabulary/statistics.ts";
import type { Connection } from "../srt/connection.ts";
import { type End, explainFailure } from "./explain_failure.ts";
import { LeaveWatch } from "./leave_watch.ts";
import { receive } from "./receive.ts";
import type { Watch } from "./watch.ts";

/** Longer than this without a datagram before the end is silence: a clean close is a datagram itself. */
const SILENCE_MS = 1000;
/** libsrt gives no statistics of a connection that is over: the last ones are at most so old. */
const STATISTICS_MS = 200;

/** Reason of an abort: another caller takes the session's place. */
export const REPLACED = "replaced";

/** Where payload comes from and goes to. */
export interface RecorderParts {
  readonly connection: Connection;
  readonly sink: Sink;
  readonly socket: InheritedSocket;
  readonly watch: Watch;
}

/** Runs once. */
export class Recorder {
  readonly #ticket: Ticket;
  readonly #parts: RecorderParts;
  readonly #startMs = performance.now();
  #statisticsMs = this.#startMs;
  #statsMs = this.#startMs;
  #nextStatsMs = Infinity;
  #statsBytes = 0;
  #silentMs = 0;
  #saidGone = false;
  #attempt = true;
  /** Ends the session from within; its reason is the end. */
  readonly #leave = new AbortController();

  constructor(ticket: Ticket, parts: RecorderParts) {
    this.#ticket = ticket;
    this.#parts = parts;
    if (ticket.statsIntervalMs !== null) this.#nextStatsMs = this.#startMs + ticket.statsIntervalMs;
  }

  /** The session as it begins. */
  start(): SessionStartEvent {
    const { session, caller, local, stream, streamId, encrypted, keyLength, srtVersion } = this.#ticket;
    const { connection, sink } = this.#parts;
    return {
      event: "session-start",
      time: new Date().toISOString(),
      session,
      caller,
      local,
      stream,
      streamId,
      latencyMs: connection.latencyMs,
      encrypted,
      keyLength,
      srtVersion,
      file: sink.file,
      pid: Deno.pid,
    };
  }

  /** Receives to the end, closes the connection and the sink, and says why it ended. */
  async run({ stop, emit, warn }: {
    readonly stop: AbortSignal;
    readonly warn: (text: string) => void;
    readonly emit: (event: StatsEvent | { readonly event: "proven" }) => void;
  }): Promise<SessionEndEvent> {
    const { connection, sink, socket, watch } = this.#parts;
    connection.statistics();
    socket.dropInductions();
    const leaving = new LeaveWatch({
      idleMs: this.#ticket.idleMs,
      socket,
      onProven: () => emit({ event: "proven" }),
      onReturn: () => socket.detach(this.#ticket.local),
    }, this.#startMs);
    let end: End;
    try {
      await receive({
        connection,
        sink,
        stop: AbortSignal.any([stop, this.#leave.signal]),
        onOver: () => this.#silentMs = this.#measureSilence(),
        onMessage: (sequence, offset) => {
          this.#attempt = false;
          watch.losses?.take(sequence, offset);
        },
        onRound: () => {
          const watched = { nowMs: performance.now(), wallMs: Date.now(), bytes: sink.bytes };
          const leave = this.#leave.signal.aborted ? null : leaving.look(watched);
          if (leave !== null) this.#leave.abort(leave);
          this.#look(emit, warn);
        },
        now: () => performance.now(),
      });
      end = this.#explainEnd(stop);
    } catch (error) {
      end = explainFailure(error);
    }
    const durationMs = Math.round(performance.now() - this.#startMs);
    const statistics = this.#statistics();
    connection.close();
    try {
      await sink.close();
    } catch (error) {
      end = explainFailure(error);
    }
    end = explainGone(end, sink.gone());
    const { session, caller, stream } = this.#ticket;
    return {
      event: "session-end",
      time: new Date().toISOString(),
      session,
      caller,
      stream,
      ...end,
      signal: null,
      durationMs,
      bytes: sink.bytes,
      bitsPerSecond: bitsPerSecond(sink.bytes, durationMs),
      file: sink.file,
      files: sink.file === null ? [] : [sink.file],
      attempt: this.#attempt,
      statistics,
      ts: watch.health(),
    };
  }

  #look(emit: (event: StatsEvent) => void, warn: (text: string) => void): void {
    const nowMs = performance.now();
    if (nowMs - this.#statisticsMs < STATISTICS_MS && nowMs < this.#nextStatsMs) return;
    this.#statisticsMs = nowMs;
    const { sink, watch } = this.#parts;
    const statistics = this.#statistics();
    const format = watch.foreignFormat();
    if (format !== null) warn(`the payload is no transport stream but looks like ${format}; it is taken all the same`);
    this.#lookForFile(warn);
    const { statsIntervalMs, session, stream } = this.#ticket;
    if (statistics === null || statsIntervalMs === null || nowMs < this.#nextStatsMs) return;
    this.#nextStatsMs += statsIntervalMs;
    emit({
      event: "stats",
      time: new Date().toISOString(),
      session,
      stream,
      durationMs: Math.round(nowMs - this.#startMs),
      bytes: sink.bytes,
      bitsPerSecond: bitsPerSecond(sink.bytes - this.#statsBytes, nowMs - this.#statsMs),
      statistics,
      ts: watch.health(),
    });
    this.#statsMs = nowMs;
    this.#statsBytes = sink.bytes;
  }

  #statistics(): SrtStatistics | null {
    const statistics = this.#parts.connection.statistics();
    return statistics && { ...statistics, pktKernelDropTotal: null, pktUndeliveredTotal: null };
  }

  #lookForFile(warn: (text: string) => void): void {
    const gone = this.#saidGone ? null : this.#parts.sink.gone();
    if (gone === null) return;
    this.#saidGone = true;
    warn(`${gone}; let the caller call again for a new file`);
  }

  #measureSilence(): number {
    const lastArrivalMs = this.#parts.socket.lastArrivalMs();
    return lastArrivalMs === null ? 0 : Date.now() - lastArrivalMs;
  }

  #explainEnd(stop: AbortSignal): End {
    if (this.#leave.signal.aborted) return this.#leave.signal.reason as End;
    if (stop.aborted && stop.reason === REPLACED) {
      return { reason: "replaced", text: "replaced by another caller" };
    }
    if (stop.aborted) return { reason: "stopped", text: "stopped by the listener" };
    if (this.#silentMs < SILENCE_MS) return { reason: "caller-closed", text: "the caller closed the connection" };
    const seconds = (this.#silentMs / 1000).toFixed(1);
    return { reason: "silence", text: `nothing came from the caller for ${seconds} s: look at its power and network` };
  }
}

/** A recording that is not where it should be is a failure, however the session ended; an earlier failure is the cause still. */
function explainGone(end: End, gone: string | null): End {
  if (gone === null) return end;
  if (!isCleanEnd(end.reason)) return { ...end, text: `${end.text}; ${gone}` };
  return { reason: "write-failed", text: `${gone}; leave recordings where they are until they have ended` };
}

function bitsPerSecond(bytes: number, durationMs: number): number {
  return durationMs > 0 ? Math.round(bytes * 8000 / durationMs) : 0;
}
