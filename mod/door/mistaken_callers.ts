/**
 * Callers that cannot return a second cookie: they treat the request for it, a second INDUCTION response, as success, and send
 * payload.
 *
 * RootEncoder (Android apps) is such a caller. It gets a SHUTDOWN, so that it calls again. In its second call, the first INDUCTION
 * response already has the secret cookie, which the caller returns. But then the cookie that libsrt expects has to be requested,
 * and the caller fails in the same way. So in its third call, it gets no secret cookie. Callers that ignore the request, as
 * srt-tokio does, are refused and then treated in the same way.
 *
 * @module
 */

import { BoundedMap } from "../admission/bounded_map.ts";

/** What the next call of an address gets: the secret cookie in the first answer, or a slot as a proven caller. */
export type NextCall = "ask" | "admit";

/** Our choice: addresses that are remembered. */
const ADDRESSES = 256;
/** Our choice: apps call again after some seconds. */
const REMEMBERED_MS = 60_000;

interface Entry {
  readonly untilMs: number;
  readonly calls: Readonly<Record<NextCall, number>>;
}

/** Remembers the addresses of such callers. Times are arguments, in ms of a monotonic clock. */
export class MistakenCallers {
  readonly #addresses = new BoundedMap<string, Entry>(ADDRESSES);

  /** Reports whether no address is remembered. */
  isEmpty(nowMs: number): boolean {
    for (const [address, { untilMs }] of this.#addresses) { // oldest first
      if (nowMs < untilMs) return false;
      this.#addresses.delete(address);
    }
    return true;
  }

  /** Remembers what one more call of an address gets. */
  remember(address: string, next: NextCall, nowMs: number): void {
    const calls = this.#callsOf(address, nowMs);
    this.#addresses.put(address, {
      untilMs: nowMs + REMEMBERED_MS,
      calls: { ...calls, [next]: calls[next] + 1 },
    });
  }

  /** Reports whether the next call of an address is treated differently from others. */
  expects(address: string, nowMs: number): boolean {
    const { ask, admit } = this.#callsOf(address, nowMs);
    return ask + admit > 0;
  }

  /** Returns what this call of an address gets, each remembered answer once; null: the same as all others. */
  take(address: string, nowMs: number): NextCall | null {
    const calls = this.#callsOf(address, nowMs);
    const next = calls.admit > 0 ? "admit" : calls.ask > 0 ? "ask" : null;
    if (next === null) return null;
    const left = { ...calls, [next]: calls[next] - 1 };
    if (left.ask + left.admit === 0) this.#addresses.delete(address);
    else this.#addresses.put(address, { untilMs: nowMs + REMEMBERED_MS, calls: left });
    return next;
  }

  #callsOf(address: string, nowMs: number): Readonly<Record<NextCall, number>> {
    const entry = this.#addresses.get(address);
    return entry !== undefined && nowMs < entry.untilMs ? entry.calls : { ask: 0, admit: 0 };
  }
}
