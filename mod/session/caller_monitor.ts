/**
 * What a caller does besides sending payload, as the kernel's counters of its socket show it: it closes, goes silent, starts
 * again on the same port, or shares its port with another caller.
 *
 * Once libsrt has read a SHUTDOWN, it no longer delivers payload that is not due yet or that follows a gap. So the socket's
 * filter drops the SHUTDOWN and the kernel counts it; the connection stays open until everything was delivered. An INDUCTION,
 * named a call below, can be counted in the same way, but not distinguished from a SHUTDOWN. So calls are counted only when they
 * are likely, and at intervals. A hidden datagram is ignored by libsrt and not counted.
 *
 * | filter | SHUTDOWN | INDUCTION | in force |
 * |---|---|---|---|
 * | `busy` | counted | hidden | usually: every counted datagram is a SHUTDOWN |
 * | `open` | counted | counted | a caller at rest has gone silent, sends more than KEEPALIVEs, or its SHUTDOWN may be lost; also at intervals |
 * | `answer` | counted | passes | for some seconds after another caller was detected: libsrt's listener rejects it |
 *
 * CONCLUSIONs of other callers are hidden, except under `answer` and in the first seconds.
 *
 * @module
 */

import type { ReceiveQueue } from "../os/receive_queue.ts";
import { CALL_FILTERS, type CallFilter, FIRST_FILTER } from "./call_filters.ts";

/**
 * A libsrt caller at rest sends a KEEPALIVE each second; on a busy machine that may be half a second late. If a call was
 * counted, and nothing has arrived for this long, the connection of this session ("the old connection" below) has ended.
 */
const LEFT_MS = 1500;
/** Datagrams that arrive this long after a call was counted, in microseconds, prove that the old connection still exists. */
const ALIVE_US = 200_000n;
/**
 * Without payload for this long, a caller is at rest, and sends nothing but a KEEPALIVE each second, and the ACKACK of the last
 * payload, which takes one round trip.
 */
const REST_MS = 300;
/** Round trips after the last payload until no ACKACK is expected any more. */
const ACKACK_TRIPS = 2;
/**
 * If datagrams of a caller at rest follow each other sooner than this, in microseconds, one of them may have been a hidden call.
 * If none arrives for {@linkcode KEEPALIVE_LATE_MS}, the caller may have vanished. In both cases calls are counted.
 */
const KEEPALIVE_EARLY_US = 700_000n;
const KEEPALIVE_LATE_MS = 1050;
/** How long after a hidden call the next one is expected. */
const NEXT_CALL_MS = 1500;
/** A call that is repeated each second (libsrt, if `srt_connect` waits) arrives this long after a hidden one. */
const SECOND_CALL_MS = { from: 900, to: 1200 };
/**
 * A call is repeated after 250 ms or a second (libsrt); a round may be late, and so may the caller on a busy machine. A
 * datagram that is counted sooner than `REPEAT_MS` after the first is not a repeat of it: the first was a SHUTDOWN.
 */
const REPEAT_MS = 150;
const REPEATED_MS = 2200;
/**
 * While payload arrives, a hidden call cannot be detected. So calls are counted for `ms` of every `eachMs`. This stops early if
 * nothing arrives for `silentMs`: a SHUTDOWN may arrive then, and must not be mistaken for a call. The call of a caller that
 * vanished arrives later, because its program must start again first.
 */
const BUSY_WINDOW = { ms: 300, eachMs: 1500, silentMs: 40 };
/** The same for a caller that has been at rest for longer: calls that are repeated each second resemble KEEPALIVEs. */
const REST_WINDOW = { ms: 1100, eachMs: 3300 };
/**
 * How long another caller is answered, and how long {@linkcode FIRST_FILTER} remains in force. A caller repeats its INDUCTION after
 * 250 to 1000 ms.
 */
const ANSWER_MS = 4000;

/**
 * How often the UDP counters of the network namespace are read while datagrams arrive and none is dropped. Each reading takes
 * 0.1 ms.
 */
const OVERFLOWS_EACH_MS = 250;
/** How often both counters are read again if they change meanwhile. Our choice: a flood changes them all the time. */
const READ_TRIES = 4;

/** What the monitor needs from the socket. */
export interface MonitoredSocket {
  arrivalStamp(): bigint | null;
  queue(): ReceiveQueue;
}

/** The kernel's counters when the first filter was set. What the filter drops is counted from these values. */
export interface CountedBefore {
  /** Datagrams that the socket had dropped. */
  readonly drops: number;
  /** UDP datagrams that all sockets of the network namespace had lost, nearly all to full buffers; null if unknown. */
  readonly overflows: number | null;
}

/**
 * When something was counted, and the kernel's time stamp of the last datagram before that; null while datagrams from before may
 * wait unread.
 */
interface Moment {
  readonly ms: number;
  stamp: bigint | null;
}

/** What {@linkcode CallerMonitor.check} found. */
export type CallerSign =
  /** It sent SHUTDOWN. */
  | "closed"
  /** It calls again from the same port and sends nothing on this connection any more. */
  | "returned"
  /** Nothing has arrived for as long as a caller may be silent. */
  | "silent";

/** Monitors one caller. */
export class CallerMonitor {
  /** How long the caller may be silent, in ms. */
  readonly silenceMs: number;
  readonly #neverCalls: boolean;
  readonly #socket: MonitoredSocket;
  readonly #setFilter: (filter: CallFilter) => void;
  /** UDP datagrams that all sockets of the network namespace lost so far, nearly all to full buffers; null if unknown. */
  readonly #overflows: () => number | null;
  #filter: keyof typeof CALL_FILTERS = "busy";
  /** Since when the filter `open` is in force: what arrives under it belongs to the old connection. */
  #openedMs = -Infinity;
  /** Whether the filter in force is that of the first seconds, under which the CONCLUSIONs of other callers pass. */
  #isFirst = true;
  readonly #startMs: number;
  #stamp: bigint | null;
  #arrivedMs: number;
  /** When a datagram arrived at rest that may have been a hidden call. */
  #hiddenMs = -Infinity;
  #drops: number;
  #overflowsBefore: number;
  /** What was counted under the filter `open` and is not judged yet: calls, or a SHUTDOWN. */
  #calls = 0;
  /** When the first of these was counted. */
  #called: Moment = { ms: 0, stamp: null };
  /** Whether the first datagram that was counted was a SHUTDOWN and not a call, if the old connection has ended. */
  #closedFirst = false;
  #answerUntilMs = -Infinity;
  /**
   * When the receive buffer seemed to be full: one of the lost datagrams may have been a SHUTDOWN. Null: it never did, or the
   * caller has sent something since then.
   */
  #doubted: Moment | null = null;
  #overflowsMs = -Infinity;
  #kernelDrops = 0;

  /** @param nowMs Of the same monotonic clock as in {@linkcode CallerMonitor.check}. {@linkcode FIRST_FILTER} is already set. */
  constructor(
    { socket, before, silenceMs, neverCalls = false, setFilter, overflows }: {
      readonly socket: MonitoredSocket;
      /** How long the caller may be silent; see {@linkcode silenceMsOf}. */
      readonly silenceMs: number;
      /** Whether the other side is a listener that was called, and so never calls: every counted datagram is a SHUTDOWN. */
      readonly neverCalls?: boolean;
      readonly before: CountedBefore;
      readonly setFilter: (filter: CallFilter) => void;
      readonly overflows: () => number | null;
    },
    nowMs: number,
  ) {
    this.#socket = socket;
    this.silenceMs = silenceMs;
    this.#neverCalls = neverCalls;
    this.#setFilter = setFilter;
    this.#overflows = overflows;
    this.#stamp = socket.arrivalStamp();
    this.#arrivedMs = nowMs;
    this.#startMs = nowMs;
    this.#drops = before.drops;
    this.#overflowsBefore = before.overflows ?? 0;
  }

  /**
   * Datagrams of this session that were dropped because the kernel's receive buffer was full. One that may have been a SHUTDOWN
   * is not counted.
   */
  get kernelDrops(): number {
    return this.#kernelDrops - (this.#doubted === null ? 0 : 1);
  }

  /** Whether the caller may have closed or called again, which {@linkcode CallerMonitor.check} finds out within some seconds. */
  get isUndecided(): boolean {
    return this.#calls > 0 || this.#doubted !== null;
  }

  /** How long nothing has arrived, in ms. */
  silentMs(nowMs: number): number {
    return nowMs - this.#arrivedMs;
  }

  /**
   * Checks the socket; called several times a second.
   *
   * @param payload `idleMs`: time since the last payload, or since the start if none has arrived. `hasPayload`: whether some
   * has; until then, the caller may repeat its CONCLUSION. `roundTripMs`: as libsrt measures it.
   * @returns What ends the session, or null.
   */
  check(
    nowMs: number,
    { idleMs, hasPayload, roundTripMs }: {
      readonly idleMs: number;
      readonly hasPayload: boolean;
      readonly roundTripMs: number;
    },
  ): CallerSign | null {
    const queue = this.#socket.queue();
    const atRest = idleMs >= REST_MS;
    const hidesCalls = hasPayload && atRest && idleMs >= ACKACK_TRIPS * roundTripMs;
    const arrived = this.#noteArrivals(nowMs, queue, { hidesCalls });
    const counted = this.#countFilterDrops(nowMs, queue, { arrived });
    if (counted > 0) {
      if (this.#filter !== "open") return "closed";
      this.#noteCalls(nowMs, counted, { atRest });
    }
    const isRead = queue.queuedBytes === 0;
    const sign = this.#calls > 0 ? this.#judgeCalls(nowMs, { isRead }) : this.#judgeDoubt(nowMs, { isRead });
    if (sign !== null) return sign;
    if (this.silentMs(nowMs) >= this.silenceMs) return "silent";
    const isFirst = nowMs < this.#startMs + ANSWER_MS;
    const wasOpen = this.#filter === "open";
    const filter = this.#chooseFilter(nowMs, idleMs);
    if (filter === "open" && !wasOpen) this.#openedMs = nowMs;
    this.#useFilter(filter, { isFirst });
    if (wasOpen && filter !== "open") {
      // a call that was counted after the queue was read must not be taken for a SHUTDOWN
      const now = this.#socket.queue();
      const late = this.#countFilterDrops(nowMs, now, { arrived: arrived || now.queuedBytes > 0 });
      if (late > 0) {
        this.#noteCalls(nowMs, late, { atRest });
        this.#useFilter("open", { isFirst });
      }
    }
    return null;
  }

  /**
   * Reports whether datagrams arrived since the last check. Unread datagrams in the queue count as arrivals: on a starved machine
   * libsrt's thread may not read them for seconds. `hidesCalls`: whether a datagram that is neither payload nor a KEEPALIVE is a
   * hidden call.
   */
  #noteArrivals(
    nowMs: number,
    { queuedBytes }: ReceiveQueue,
    { hidesCalls }: { readonly hidesCalls: boolean },
  ): boolean {
    const stamp = this.#socket.arrivalStamp();
    if (stamp === this.#stamp && queuedBytes === 0) return false;
    const sinceLastUs = (stamp ?? 0n) - (this.#stamp ?? 0n);
    if (!hidesCalls) this.#hiddenMs = -Infinity;
    else if (sinceLastUs > 0n && sinceLastUs < KEEPALIVE_EARLY_US) this.#hiddenMs = nowMs;
    this.#stamp = stamp;
    this.#arrivedMs = nowMs;
    return true;
  }

  /**
   * Counts the datagrams that the filter dropped since the last check. The kernel's count also has those that a full buffer
   * dropped, which are subtracted. They are known only for all sockets together, but if nothing `arrived` at this socket, its
   * buffer was not full.
   */
  #countFilterDrops(nowMs: number, queue: ReceiveQueue, { arrived }: { readonly arrived: boolean }): number {
    if (queue.drops <= this.#drops && (!arrived || nowMs < this.#overflowsMs + OVERFLOWS_EACH_MS)) return 0;
    this.#overflowsMs = nowMs;
    const { drops, overflows } = this.#readTogether(queue.drops);
    const dropped = drops - this.#drops;
    this.#drops = drops;
    const lost = arrived ? Math.min(dropped, overflows - this.#overflowsBefore) : 0;
    this.#overflowsBefore = overflows;
    if (lost <= 0) return dropped;
    this.#kernelDrops += lost;
    this.#doubted = { ms: nowMs, stamp: null };
    return dropped - lost;
  }

  /**
   * Reads the counters of this socket and of all sockets, so that both have what was lost in a full buffer, even if this process was
   * suspended between two readings. `drops`: the counter of this socket, as just read.
   */
  #readTogether(drops: number): { readonly drops: number; readonly overflows: number } {
    let before = drops;
    for (let tries = 1;; tries += 1) {
      const overflows = this.#overflows() ?? this.#overflowsBefore;
      const now = this.#socket.queue().drops;
      if (now === before || tries === READ_TRIES) return { drops: before, overflows };
      before = now;
    }
  }

  /** Notes what was counted under the filter `open`: calls, or a SHUTDOWN and perhaps calls after it. */
  #noteCalls(nowMs: number, counted: number, { atRest }: { readonly atRest: boolean }): void {
    if (this.#calls === 0) {
      this.#called = { ms: nowMs, stamp: null };
      const sinceHiddenMs = nowMs - this.#hiddenMs;
      this.#calls = sinceHiddenMs >= SECOND_CALL_MS.from && sinceHiddenMs <= SECOND_CALL_MS.to ? 1 : 0; // the hidden one
      this.#closedFirst = this.#calls === 0 && (counted > 1 || !atRest);
    } else if (nowMs < this.#called.ms + REPEAT_MS) {
      this.#closedFirst = true;
    }
    this.#calls += counted;
  }

  /**
   * Judges a drop that was counted as lost in a full buffer: the full buffer may have been another socket's, and the dropped
   * datagram may have been this caller's SHUTDOWN.
   */
  #judgeDoubt(nowMs: number, read: { readonly isRead: boolean }): CallerSign | null {
    if (this.#doubted === null) return null;
    if (this.#isUsedAfter(this.#doubted, read)) this.#doubted = null;
    else if (nowMs - Math.max(this.#arrivedMs, this.#doubted.ms) >= LEFT_MS) return "closed";
    return null;
  }

  /**
   * Judges what was counted. If the old connection is still used, another caller called; otherwise this one closed or called
   * again.
   */
  #judgeCalls(nowMs: number, read: { readonly isRead: boolean }): CallerSign | null {
    if (this.#isUsedAfter(this.#called, read)) {
      this.#calls = 0;
      this.#answerUntilMs = nowMs + ANSWER_MS;
      return null;
    }
    if (nowMs < Math.max(this.#arrivedMs, this.#openedMs) + LEFT_MS) return null;
    const isRepeated = this.#calls > 1;
    if (!isRepeated && nowMs < this.#called.ms + (this.#closedFirst ? LEFT_MS : REPEATED_MS)) return null;
    if (this.#doubted !== null) return "closed";
    // a SHUTDOWN is sent once, a call is repeated
    return this.#closedFirst || !isRepeated ? "closed" : "returned";
  }

  /**
   * Reports whether a datagram of the old connection arrived well after a moment. A starved machine may read datagrams long
   * after they arrived. So the kernel's time stamps are compared: that of the last datagram when the queue was first empty after
   * the moment, and that of the last datagram of all.
   */
  #isUsedAfter(moment: Moment, { isRead }: { readonly isRead: boolean }): boolean {
    if (isRead) moment.stamp ??= this.#stamp ?? 0n;
    if (moment.stamp === null) return false;
    const laterUs = (this.#stamp ?? 0n) - moment.stamp;
    return laterUs > ALIVE_US || laterUs < 0n; // the clock of the stamps may step
  }

  #chooseFilter(nowMs: number, idleMs: number): keyof typeof CALL_FILTERS {
    if (this.#neverCalls) return "busy";
    if (this.#calls > 0) return this.#filter; // what was counted under a filter is judged under it
    if (nowMs < this.#answerUntilMs) return "answer";
    return this.#expectsCalls(nowMs, idleMs) ? "open" : "busy";
  }

  #expectsCalls(nowMs: number, idleMs: number): boolean {
    const silentMs = this.silentMs(nowMs);
    if (idleMs < REST_MS) return silentMs < BUSY_WINDOW.silentMs && nowMs % BUSY_WINDOW.eachMs < BUSY_WINDOW.ms;
    if (this.#doubted !== null || nowMs < this.#hiddenMs + NEXT_CALL_MS || silentMs >= KEEPALIVE_LATE_MS) return true;
    return idleMs >= KEEPALIVE_LATE_MS && (idleMs - KEEPALIVE_LATE_MS) % REST_WINDOW.eachMs < REST_WINDOW.ms;
  }

  #useFilter(filter: keyof typeof CALL_FILTERS, { isFirst }: { readonly isFirst: boolean }): void {
    if (filter === this.#filter && isFirst === this.#isFirst) return;
    this.#filter = filter;
    this.#isFirst = isFirst;
    const { otherConclusion } = isFirst ? FIRST_FILTER : CALL_FILTERS[filter];
    this.#setFilter({ ...CALL_FILTERS[filter], otherConclusion });
  }
}
