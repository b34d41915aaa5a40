/**
 * What happened in a run, gathered from its events: what expectations are checked against and reports are made of.
 *
 * @module
 */

import type {
  ListeningEvent,
  RefusedEvent,
  SessionEndEvent,
  SessionStartEvent,
  SplitterEvent,
  StoppingEvent,
} from "../vocabulary/events.ts";

/** Refusals kept whole; beyond that they are only counted. Our choice: a flood must not fill the memory. */
const MOST_REFUSALS = 1000;

/** Sessions kept where nothing asks for all of them: a listener runs for months. Our choice: more than the table at the end shows. */
const NEWEST_SESSIONS = 1000;

/** One session; `end` is null where the run was over before it. */
export interface SessionRecord {
  readonly start: SessionStartEvent;
  readonly end: SessionEndEvent | null;
}

/** Gathers. Holds about 2 kB for each session. */
export class RunRecord {
  readonly #keepsAll: boolean;
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #refusals: RefusedEvent[] = [];
  /** As they were told one by one, and as the totals had it: some are counted only. */
  #refusedTold = 0;
  #refusedTotal = 0;
  #byStopTold = 0;
  #byStopTotal = 0;
  #forgotten = 0;
  #listening: ListeningEvent | null = null;
  #stopping: StoppingEvent | null = null;

  /** @param options `keepsAll`: every session to the end, as expectations and reports need it. */
  constructor({ keepsAll }: { readonly keepsAll: boolean } = { keepsAll: true }) {
    this.#keepsAll = keepsAll;
  }

  /** Takes an event. */
  take(event: SplitterEvent): void {
    switch (event.event) {
      case "listening":
        this.#listening = event;
        break;
      case "session-start":
        this.#sessions.set(event.session, { start: event, end: null });
        break;
      case "session-end": {
        const session = this.#sessions.get(event.session);
        if (session !== undefined) this.#sessions.set(event.session, { ...session, end: event });
        if (!this.#keepsAll && this.#sessions.size > NEWEST_SESSIONS) this.#forgetOldest();
        break;
      }
      case "refused":
        if (event.byStop) this.#byStopTold += event.times;
        else this.#refusedTold += event.times;
        if (this.#refusals.length < MOST_REFUSALS) this.#refusals.push(event);
        break;
      case "refusals":
        this.#refusedTotal = event.refused;
        this.#byStopTotal = event.refusedByStop;
        break;
      case "stopping":
        this.#stopping = event;
        break;
      default:
        break;
    }
  }

  /** Every session that began and is still known, in the order of their beginning. */
  get sessions(): readonly SessionRecord[] {
    return [...this.#sessions.values()];
  }

  /** How many are known no more. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Callers refused because the listener was stopping, repeats included. */
  get refusedByStop(): number {
    return Math.max(this.#byStopTold, this.#byStopTotal);
  }

  /** Refused callers, repeats included, without {@linkcode RunRecord.refusedByStop}. */
  get refused(): number {
    return Math.max(this.#refusedTold, this.#refusedTotal);
  }

  /** The first refusals as they were told. */
  get refusals(): readonly RefusedEvent[] {
    return this.#refusals;
  }

  /** How it listened; null before. */
  get listening(): ListeningEvent | null {
    return this.#listening;
  }

  /** What ended it; null before. */
  get stopping(): StoppingEvent | null {
    return this.#stopping;
  }

  #forgetOldest(): void {
    for (const [id, { end }] of this.#sessions) {
      if (end === null) continue;
      this.#sessions.delete(id);
      this.#forgotten += 1;
      return;
    }
  }
}
