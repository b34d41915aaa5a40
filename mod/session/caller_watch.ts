/**
 * What a caller does besides sending payload, as the kernel's counters of its socket show it: it closes, goes silent, starts
 * again on the same port, or shares its port with another caller.
 *
 * libsrt stops delivering payload that is not due yet, or comes after a gap, once it has read a SHUTDOWN. So the socket's filter
 * drops the SHUTDOWN and the kernel counts it; the connection stays whole until everything was delivered. An INDUCTION can be
 * counted in the same way, but not distinguished from a SHUTDOWN; so what is counted depends on what the caller is doing:
 *
 * | filter | SHUTDOWN | INDUCTION | in force |
 * |---|---|---|---|
 * | `busy` | counted | hidden | payload arrives |
 * | `open` | counted | counted | no payload arrives; also 0.3 s of every 1.5 s while it arrives |
 * | `answer` | counted | passes | for some seconds after another caller was seen: libsrt's listener rejects it |
 *
 * CONCLUSIONs of other callers are hidden, except under `answer` and in the first seconds.
 *
 * @module
 */

import type { ReceiveQueue } from "../os/inherited_socket.ts";
import type { Treatment } from "../os/session_filter.ts";

/** A caller that sends nothing for this long, not even KEEPALIVE, is gone: libsrt's own `SRTO_PEERIDLETIMEO`. */
export const SILENCE_MS = 5000;
/**
 * A libsrt caller at rest sends a KEEPALIVE each second; on a busy machine that may be half a second late. If a call was counted
 * and nothing arrived for this long afterwards, the old connection is over.
 */
const LEFT_MS = 1500;
/** Datagrams that arrive this long after a call was counted, in microseconds, prove that the old connection lives. */
const ALIVE_US = 200_000n;
/** Without payload for this long, the filter counts calls. */
const QUIET_MS = 300;
/**
 * A caller that vanished does not call again within this many ms, because a process must start first. A SHUTDOWN follows the
 * payload at once.
 */
const RESTART_MS = 100;
/** A call is repeated after 250 ms at the soonest (libsrt); a round may be late. What is counted sooner follows a SHUTDOWN. */
const REPEAT_MS = 150;
/** While datagrams arrive, calls are counted for {@linkcode QUIET_MS} in each such period. */
const WINDOW_EACH_MS = 1500;
/** How long another caller is answered. It repeats its INDUCTION after 250 to 1000 ms. */
const ANSWER_MS = 4000;

/** How often full buffers of the whole machine are counted. */
const OVERFLOWS_EACH_MS = 250;

/** What the watch needs of the socket. */
export interface WatchedSocket {
  arrivalStamp(): bigint | null;
  queue(): ReceiveQueue;
}

/** The kernel's counters when the first filter was set: from then on the filter counts. */
export interface CountedBefore {
  /** Of the socket. */
  readonly drops: number;
  /** Of the machine, or null if the kernel does not report it. */
  readonly overflows: number | null;
}

/** What the filter does with calls from the caller's port. */
export interface CallFilter {
  readonly induction: Treatment;
  readonly otherConclusion: Treatment;
}

const FILTERS = {
  busy: { induction: "hide", otherConclusion: "hide" },
  open: { induction: "drop", otherConclusion: "hide" },
  answer: { induction: "pass", otherConclusion: "pass" },
} as const satisfies Record<string, CallFilter>;

/**
 * The filter until the caller is accepted and for the first moments afterwards. Other callers whose INDUCTION was answered before
 * the hand-off send their CONCLUSION in these seconds, and libsrt's listener rejects it.
 */
export const FIRST_FILTER: CallFilter = { ...FILTERS.busy, otherConclusion: "pass" };

/** When something was counted, and the stamp of the last datagram before it; null while such datagrams may wait unread. */
interface Moment {
  readonly ms: number;
  stamp: bigint | null;
}

/** What {@linkcode CallerWatch.check} found. */
export type CallerSign =
  /** It sent SHUTDOWN. */
  | "closed"
  /** It calls again from the same port and sends nothing on this connection any more. */
  | "returned"
  /** Nothing has arrived for {@linkcode SILENCE_MS}. */
  | "silent";

/** Watches one caller. */
export class CallerWatch {
  readonly #socket: WatchedSocket;
  readonly #setFilter: (filter: CallFilter) => void;
  /** Datagrams that all sockets of the machine lost in full buffers so far, or null if the kernel does not report it. */
  readonly #overflows: () => number | null;
  #filter: keyof typeof FILTERS = "busy";
  /** Whether the filter in force is that of the first seconds, under which the CONCLUSIONs of other callers pass. */
  #isFirst = true;
  readonly #startMs: number;
  #stamp: bigint | null;
  #arrivedMs: number;
  #drops: number;
  #overflowsBefore: number;
  #calls = 0;
  /** When the first of them was counted. */
  #called: Moment = { ms: 0, stamp: null };
  /** If the old connection is over: whether the first datagram that was counted was a SHUTDOWN and not a call. */
  #closedFirst = false;
  #answerUntilMs = -Infinity;
  /** When the receive buffer seemed to be full. One of the lost datagrams may have been a SHUTDOWN. Null: never, or disproved. */
  #doubted: Moment | null = null;
  #overflowsMs = -Infinity;
  #kernelDrops = 0;

  /** @param nowMs Of the same monotonic clock as in {@linkcode CallerWatch.check}. `setFilter` has set the first filter. */
  constructor(
    { socket, before, setFilter, overflows }: {
      readonly socket: WatchedSocket;
      readonly before: CountedBefore;
      readonly setFilter: (filter: CallFilter) => void;
      readonly overflows: () => number | null;
    },
    nowMs: number,
  ) {
    this.#socket = socket;
    this.#setFilter = setFilter;
    this.#overflows = overflows;
    this.#stamp = socket.arrivalStamp();
    this.#arrivedMs = nowMs;
    this.#startMs = nowMs;
    this.#drops = before.drops;
    this.#overflowsBefore = before.overflows ?? 0;
  }

  /** Datagrams of this session that found the kernel's receive buffer full. */
  get kernelDrops(): number {
    return this.#kernelDrops;
  }

  /** How long nothing has arrived, in ms. */
  silentMs(nowMs: number): number {
    return nowMs - this.#arrivedMs;
  }

  /**
   * Checks the socket; called several times a second.
   *
   * @param idleMs How long no payload has arrived. Calls that are hidden arrive, too.
   * @returns What ends the session, or null.
   */
  check(nowMs: number, idleMs: number): CallerSign | null {
    const queue = this.#socket.queue();
    const arrived = this.#noteArrivals(nowMs, queue);
    const counted = this.#countFilterDrops(nowMs, queue, { arrived });
    if (counted > 0) {
      if (this.#filter === "busy" || this.#filter === "answer") return "closed";
      if (this.#calls === 0) {
        this.#called = { ms: nowMs, stamp: null };
        this.#closedFirst = counted > 1 || this.silentMs(nowMs) < RESTART_MS;
      } else if (nowMs < this.#called.ms + REPEAT_MS) {
        this.#closedFirst = true;
      }
      this.#calls += counted;
    }
    const isRead = queue.queuedBytes === 0;
    const sign = this.#calls > 0 ? this.#judgeCalls(nowMs, { isRead }) : this.#judgeDoubt(nowMs, { isRead });
    if (sign !== null) return sign;
    if (this.silentMs(nowMs) >= SILENCE_MS) return "silent";
    this.#use(this.#choose(nowMs, idleMs), { isFirst: nowMs < this.#startMs + ANSWER_MS });
    return null;
  }

  /**
   * Reports whether datagrams arrived since the last check. Those that wait count: on a starved machine libsrt's thread may not
   * have read them for seconds.
   */
  #noteArrivals(nowMs: number, { queuedBytes }: ReceiveQueue): boolean {
    const stamp = this.#socket.arrivalStamp();
    if (stamp === this.#stamp && queuedBytes === 0) return false;
    this.#stamp = stamp;
    this.#arrivedMs = nowMs;
    return true;
  }

  /**
   * Counts the datagrams that the filter dropped since the last check. Those that a full buffer dropped are not among them; the
   * kernel counts full buffers of all sockets together, but the buffer of a socket at which nothing `arrived` was not full.
   */
  #countFilterDrops(nowMs: number, { drops }: ReceiveQueue, { arrived }: { readonly arrived: boolean }): number {
    const dropped = drops - this.#drops;
    this.#drops = drops;
    if (dropped <= 0 && nowMs < this.#overflowsMs + OVERFLOWS_EACH_MS) return 0;
    this.#overflowsMs = nowMs;
    const overflows = this.#overflows() ?? this.#overflowsBefore;
    const lost = arrived ? Math.min(dropped, overflows - this.#overflowsBefore) : 0;
    this.#overflowsBefore = overflows;
    if (lost <= 0) return dropped;
    this.#kernelDrops += lost;
    this.#doubted = { ms: nowMs, stamp: null };
    return dropped - lost;
  }

  /** Another socket's buffer may have been full, and the drop may have been this caller's SHUTDOWN. */
  #judgeDoubt(nowMs: number, read: { readonly isRead: boolean }): CallerSign | null {
    if (this.#doubted === null) return null;
    if (this.#isHeardAfter(this.#doubted, read)) this.#doubted = null;
    else if (nowMs - Math.max(this.#arrivedMs, this.#doubted.ms) >= LEFT_MS) return "closed";
    return null;
  }

  /** A call was counted, or a SHUTDOWN: whether the old connection lives on decides which. */
  #judgeCalls(nowMs: number, read: { readonly isRead: boolean }): CallerSign | null {
    if (this.#isHeardAfter(this.#called, read)) {
      this.#calls = 0;
      this.#answerUntilMs = nowMs + ANSWER_MS;
      return null;
    }
    if (nowMs - Math.max(this.#arrivedMs, this.#called.ms) < LEFT_MS) return null;
    if (this.#doubted !== null) return "closed";
    // a SHUTDOWN comes once, a call is repeated
    return this.#closedFirst || this.#calls === 1 ? "closed" : "returned";
  }

  /**
   * Whether a datagram of the old connection arrived well after a moment. A starved machine may read datagrams long after they
   * arrived. So the kernel's time stamps are compared: the last one that was read before the queue was empty, and the last of all.
   */
  #isHeardAfter(moment: Moment, { isRead }: { readonly isRead: boolean }): boolean {
    if (isRead) moment.stamp ??= this.#stamp ?? 0n;
    if (moment.stamp === null) return false;
    const laterUs = (this.#stamp ?? 0n) - moment.stamp;
    return laterUs > ALIVE_US || laterUs < 0n; // the clock of the stamps may step
  }

  #choose(nowMs: number, idleMs: number): keyof typeof FILTERS {
    if (this.#calls > 0) return this.#filter; // what was counted under a filter is judged under it
    if (nowMs < this.#answerUntilMs) return "answer";
    return idleMs >= QUIET_MS || nowMs % WINDOW_EACH_MS < QUIET_MS ? "open" : "busy";
  }

  #use(filter: keyof typeof FILTERS, { isFirst }: { readonly isFirst: boolean }): void {
    if (filter === this.#filter && isFirst === this.#isFirst) return;
    this.#filter = filter;
    this.#isFirst = isFirst;
    const { otherConclusion } = isFirst ? FIRST_FILTER : FILTERS[filter];
    this.#setFilter({ ...FILTERS[filter], otherConclusion });
  }
}
