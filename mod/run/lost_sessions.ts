/**
 * The sessions that were cut off or failed, and whose callers have not reconnected.
 *
 * @module
 */

import type { SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";
import { type EndReason, isCleanEnd } from "../vocabulary/values.ts";

/** Maximum number of lost sessions; beyond that, the oldest ones are forgotten. Our choice: more than fit on a screen. */
const MAX_LOST = 100;

/** Ends that were intended: by the caller, the operator, another caller that took its place, or the reader of stdout. */
const INTENDED_ENDS: ReadonlySet<EndReason> = new Set<EndReason>([
  "caller-closed",
  "stopped",
  "replaced",
  "output-closed",
]);

/** A session that has ended. */
interface EndedSession {
  readonly start: SessionStartEvent;
  readonly end: SessionEndEvent;
}

/** Returns what identifies the caller of a session: its stream name, or its address if it has none. */
export function callerNameOf({ stream, caller }: Pick<SessionStartEvent, "stream" | "caller">): string {
  return stream ?? `\0${caller.address}`; // no stream name contains a NUL
}

/** Lost sessions, one for each caller's name; see {@linkcode callerNameOf}. */
export class LostSessions<Session extends { readonly start: SessionStartEvent }> {
  readonly #lost = new Map<string, Session>();

  /** In the order in which they were lost. */
  get all(): readonly Session[] {
    return [...this.#lost.values()];
  }

  /**
   * Notes a session that has ended. It is not lost if its end was intended, or if it ended without a failure and without payload:
   * nothing was recorded then.
   */
  noteEnd(session: Session, { start, end }: EndedSession): void {
    if (INTENDED_ENDS.has(end.reason) || (end.attempt && isCleanEnd(end.reason))) return;
    this.#lost.delete(callerNameOf(start)); // the newest one is last
    this.#lost.set(callerNameOf(start), session);
    const [oldest] = this.#lost.keys();
    if (this.#lost.size > MAX_LOST && oldest !== undefined) this.#lost.delete(oldest);
  }

  /** Notes that a caller has reconnected: its session is no longer lost. */
  noteReturn(start: SessionStartEvent): void {
    this.#lost.delete(callerNameOf(start));
  }

  /** Forgets all of them. */
  clear(): void {
    this.#lost.clear();
  }

  /** Forgets the one with this ID. Returns false if there is none. */
  clearOne(session: string): boolean {
    const found = [...this.#lost].find(([, { start }]) => start.session === session);
    return found !== undefined && this.#lost.delete(found[0]);
  }
}
