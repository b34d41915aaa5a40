/**
 * The state of one run, computed from its events. The live table, the stop conditions, the expectations, the reports and the last
 * event use it.
 *
 * @module
 */

import type { UnconnectedPull } from "../vocabulary/unconnected_pull.ts";
import { countByReason } from "../packet/rejection_reason.ts";
import { startOf } from "../report/start_of.ts";
import type {
  DiskEvent,
  ListeningEvent,
  RefusalCount,
  RefusalsEvent,
  RefusedEvent,
  RunCounts,
  SessionEndEvent,
  SessionStartEvent,
  SplitterEvent,
  StatsEvent,
  StoppingEvent,
} from "../vocabulary/events.ts";
import { callerNameOf, LostSessions } from "./lost_sessions.ts";
import { type RecentFigures, RecentWindow } from "./recent_figures.ts";
import { isCleanEnd } from "../vocabulary/values.ts";

/** The cause in the event `stopping` when another listener takes over the address and the sessions. */
export const HANDED_OVER = "replace";

/** Maximum number of refusals kept, and of attempts; others are only counted. Our choice: a flood must not fill the memory. */
const MAX_KEPT = 1000;

/** Sessions kept if nothing needs all of them: a listener runs for months. Our choice: more than the table at the end shows. */
const NEWEST_SESSIONS = 1000;

/** One session. */
export interface SessionState {
  readonly start: SessionStartEvent;
  /** Whether an earlier listener has started it. */
  readonly adopted: boolean;
  /** When it began, in ms of the run's clock. */
  readonly startMs: number;
  /**
   * Whether the caller has proven that it is real: by payload, or by answering for 6 s (`session-proven`). Until then, its
   * session is an attempt.
   */
  readonly proven: boolean;
  /** Absolute path of the file that is written, or of the last one; null if there is none. */
  readonly file: string | null;
  /** The newest figures; null before the first. */
  readonly figures: StatsEvent | SessionEndEvent | null;
  /** Since when no payload has arrived, in ms of the run's clock. Null if payload arrives or never arrived, and after the end. */
  readonly noDataSinceMs: number | null;
  /** The figures of the last 10 s; null before the first, and after its end. */
  readonly recent: RecentFigures | null;
  /** When packets last went missing (RFC 3339); null: never. */
  readonly lastMissing: string | null;
  /** Null while it runs, and if the run ended first. */
  readonly end: SessionEndEvent | null;
}

/** Reports whether it is a session and not an attempt: it has ended and had payload, or it runs and its caller is proven real. */
export function isCounted({ proven, end }: SessionState): boolean {
  return end === null ? proven : !end.attempt;
}

/** The state of one run. It needs about 2 kB of memory for each session that is kept. */
export class RunState {
  readonly #keepsAll: boolean;
  /** Kept sessions in the order of their start. */
  readonly #sessions = new Map<string, SessionState>();
  readonly #running = new Set<string>();
  readonly #recent = new Map<string, RecentWindow>();
  readonly #expectedStreams: readonly string[];
  /** The expected stream names that have had no session. */
  readonly #neverSeen: Set<string>;
  #disk: DiskEvent | null = null;
  /** Payload bytes of the sessions that have ended; see {@linkcode RunState.receivedBytes}. */
  #endedBytes = 0;
  readonly #lost = new LostSessions<SessionState>();
  readonly #ended = { sessions: 0, attempts: 0, failed: 0, bytes: 0 };
  #forgotten = 0;
  #keptAttempts = 0;
  #hadSession = false;
  #idleSinceMs: number | null = null;
  #listening: ListeningEvent | null = null;
  #listeningMs: number | null = null;
  #stopping: StoppingEvent | null = null;
  readonly #refusals: RefusedEvent[] = [];
  /** Counts of the refusals that had an event of their own. `#totals` may count more. */
  readonly #refusedByReason = new Map<number | null, number>();
  #refused = 0;
  #refusedByStop = 0;
  #totals: RefusalsEvent | null = null;
  /**
   * Returns `Pulls.unconnected`. Only some failures have an event, so events are not enough. Set it once listeners are called.
   */
  readPulls: () => readonly UnconnectedPull[] = () => [];

  /**
   * @param options `keepsAll`: every session is kept to the end, as expectations and reports need it; `expectedStreams`: the
   * expected stream names
   */
  constructor(
    { keepsAll, expectedStreams = [] }: { readonly keepsAll: boolean; readonly expectedStreams?: readonly string[] },
  ) {
    this.#keepsAll = keepsAll;
    this.#expectedStreams = expectedStreams;
    this.#neverSeen = new Set(expectedStreams);
  }

  /**
   * Applies an event.
   *
   * @param nowMs The time, in ms of the run's monotonic clock.
   */
  apply(event: SplitterEvent, nowMs: number): void {
    switch (event.event) {
      case "listening":
        this.#listening = event;
        this.#listeningMs = nowMs;
        break;
      case "session-start":
        this.#begin(event, { adopted: false, startMs: nowMs, proven: false });
        break;
      case "session-adopted":
        this.#begin(startOf(event), { adopted: true, startMs: nowMs - event.durationMs, proven: event.proven });
        if (event.proven) this.#prove(event.session);
        break;
      case "session-proven":
        this.#prove(event.session);
        break;
      case "segment":
        this.#update(event.session, { file: event.file });
        break;
      case "stats":
        this.#noteFigures(event);
        break;
      case "session-end":
        this.#end(event, nowMs);
        break;
      case "missing":
        this.#update(event.session, { lastMissing: event.time });
        break;
      case "refused":
        this.#refuse(event);
        break;
      case "refusals":
        this.#totals = event;
        break;
      case "stopping":
        this.#stopping = event;
        break;
      case "no-data":
        this.#update(event.session, { noDataSinceMs: nowMs - event.idleMs });
        break;
      case "data-again":
        this.#update(event.session, { noDataSinceMs: null });
        break;
      case "disk":
        this.#disk = event;
        break;
      case "pull-failed":
      case "disk-low":
      case "deleted":
      case "reloaded":
      case "expectation":
      case "stopped":
        break;
      default:
        event satisfies never;
    }
  }

  /** The `listening` event; null before listening began. */
  get listening(): ListeningEvent | null {
    return this.#listening;
  }

  /** When listening began, in ms of the run's clock; null before. */
  get listeningMs(): number | null {
    return this.#listeningMs;
  }

  /** The `stopping` event; null while the run has no reason to end. */
  get stopping(): StoppingEvent | null {
    return this.#stopping;
  }

  /** The sessions and attempts that are kept, in the order of their start. */
  get sessions(): readonly SessionState[] {
    return [...this.#sessions.values()];
  }

  /** How many sessions are no longer kept. Attempts are not counted. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The sessions that run, also those of callers that are not proven real yet. */
  get running(): readonly SessionState[] {
    return Array.from(this.#running, (session) => this.#sessions.get(session)).filter((session) =>
      session !== undefined
    );
  }

  /**
   * The sessions that were cut off or have failed, and whose caller has not reconnected, in the order of their ends. At most 100,
   * one for each stream name, or for each address of callers without a stream name.
   */
  get lost(): readonly SessionState[] {
    return this.#lost.all;
  }

  /** The expected stream names that have no session now. */
  get absentStreams(): readonly string[] {
    const present = new Set(this.running.filter(isCounted).map(({ start }) => start.stream));
    return this.#expectedStreams.filter((name) => !present.has(name));
  }

  /** The pulls that have no session after a failed call, or after a session that has ended. */
  get unconnectedPulls(): readonly UnconnectedPull[] {
    const connected = new Set(this.running.filter(({ start }) => start.pulled).map(({ start }) => start.stream));
    return this.readPulls().filter(({ stream }) => !connected.has(stream));
  }

  /** The expected stream names that have had no session. */
  get neverSeenStreams(): readonly string[] {
    return [...this.#neverSeen];
  }

  /** Forgets the sessions that are lost. */
  clearLost(): void {
    this.#lost.clear();
  }

  /** Forgets the lost session with this ID. Returns false if there is none. */
  clearLostSession(session: string): boolean {
    return this.#lost.clearOne(session);
  }

  /** The free space on the disk of recordings; null if it is not known. */
  get disk(): DiskEvent | null {
    return this.#disk;
  }

  /**
   * Payload bytes received so far. Never decreases: the end of a failed session may report fewer bytes than its last `stats`, and
   * the larger number counts.
   */
  get receivedBytes(): number {
    return this.#endedBytes + this.running.reduce((sum, { figures }) => sum + (figures?.bytes ?? 0), 0);
  }

  /** How many sessions have ended. Attempts are not counted. */
  get endedSessions(): number {
    return this.#ended.sessions;
  }

  /** Whether there has been a session: a caller has proven that it is real, or its session has ended with payload. */
  get hadSession(): boolean {
    return this.#hadSession;
  }

  /** When the last session ended, in ms of the run's clock; null before the first, and while one runs. */
  get idleSinceMs(): number | null {
    return this.#idleSinceMs;
  }

  /**
   * The counts so far. Running sessions are counted once their callers are proven real; `bytes` is of sessions that have ended.
   */
  get counts(): RunCounts {
    const { sessions, attempts, failed, bytes } = this.#ended;
    return {
      sessions: sessions + this.running.filter(isCounted).length,
      attempts,
      failed,
      refused: Math.max(this.#refused, this.#totals?.refused ?? 0),
      refusedByStop: Math.max(this.#refusedByStop, this.#totals?.refusedByStop ?? 0),
      bytes,
    };
  }

  /** Whether the sessions that still run at the end of the run belong to another listener. */
  get isHandedOver(): boolean {
    return this.#stopping?.cause === HANDED_OVER;
  }

  /** The counts of a run that has ended: what still runs was cut off, which is a failure, or handed over. */
  get finalCounts(): RunCounts {
    const { running, counts } = this;
    if (this.isHandedOver) return counts;
    const unproven = running.filter((session) => !isCounted(session)).length;
    return { ...counts, attempts: counts.attempts + unproven, failed: counts.failed + running.length };
  }

  /** The first 1000 `refused` events. */
  get refusals(): readonly RefusedEvent[] {
    return this.#refusals;
  }

  /** All refusals by reason, the most frequent first. Refusals because the run was stopping are not counted. */
  get refusalCounts(): readonly RefusalCount[] {
    if (this.#totals !== null && this.#totals.refused >= this.#refused) return this.#totals.reasons;
    return countByReason(this.#refusedByReason);
  }

  #begin(start: SessionStartEvent, known: Pick<SessionState, "adopted" | "startMs" | "proven">): void {
    this.#running.add(start.session);
    this.#sessions.set(start.session, {
      ...known,
      start,
      file: start.file,
      figures: null,
      noDataSinceMs: null,
      recent: null,
      lastMissing: null,
      end: null,
    });
    this.#recent.set(start.session, new RecentWindow(known));
  }

  #prove(id: string): void {
    this.#update(id, { proven: true });
    this.#noteReturn(id);
    this.#hadSession = true;
    this.#idleSinceMs = null;
  }

  #update(id: string, changes: Partial<SessionState>): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) this.#sessions.set(id, { ...session, ...changes });
  }

  #noteReturn(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#lost.noteReturn(session.start);
    this.#neverSeen.delete(session.start.stream ?? "");
  }

  /** Notes the session as lost if its end was not intended, unless the same caller has another session that runs. */
  #noteLoss(end: SessionEndEvent): void {
    const session = this.#sessions.get(end.session);
    if (session === undefined) return;
    const name = callerNameOf(session.start);
    if (this.running.some((other) => isCounted(other) && callerNameOf(other.start) === name)) return;
    this.#lost.noteEnd(session, { start: session.start, end });
  }

  #noteFigures(event: StatsEvent): void {
    const missingBefore = this.#sessions.get(event.session)?.figures?.statistics?.pktRcvDropTotal ?? 0;
    this.#update(event.session, {
      figures: event,
      recent: this.#recent.get(event.session)?.add(event) ?? null,
      ...(event.statistics.pktRcvDropTotal > missingBefore ? { lastMissing: event.time } : {}),
    });
  }

  #end(end: SessionEndEvent, nowMs: number): void {
    if (!this.#running.delete(end.session)) return;
    this.#recent.delete(end.session);
    this.#endedBytes += Math.max(end.bytes, this.#sessions.get(end.session)?.figures?.bytes ?? 0);
    this.#update(end.session, { end, figures: end, recent: null, noDataSinceMs: null, file: end.file });
    this.#noteLoss(end);
    if (!isCleanEnd(end.reason)) this.#ended.failed += 1;
    this.#ended.bytes += end.bytes;
    if (end.attempt) {
      this.#ended.attempts += 1;
      this.#keptAttempts += 1;
      if (this.#keptAttempts > MAX_KEPT) this.#forget(end.session);
    } else {
      this.#ended.sessions += 1;
      this.#neverSeen.delete(end.stream ?? "");
      this.#hadSession = true;
      this.#idleSinceMs = null; // a session that ended before it was proven ends an idle time, too
    }
    if (this.#hadSession && !this.running.some(isCounted)) this.#idleSinceMs ??= nowMs;
    if (!this.#keepsAll && this.#sessions.size > NEWEST_SESSIONS) this.#forgetOldest();
  }

  #refuse(event: RefusedEvent): void {
    if (this.#refusals.length < MAX_KEPT) this.#refusals.push(event);
    if (event.byStop) {
      this.#refusedByStop += event.times;
    } else {
      this.#refused += event.times;
      this.#refusedByReason.set(event.reason, (this.#refusedByReason.get(event.reason) ?? 0) + event.times);
    }
  }

  #forgetOldest(): void {
    for (const [id, { end }] of this.#sessions) {
      if (end !== null) return this.#forget(id);
    }
  }

  #forget(id: string): void {
    if (this.#sessions.get(id)?.end?.attempt) this.#keptAttempts -= 1;
    else this.#forgotten += 1;
    this.#sessions.delete(id);
  }
}
