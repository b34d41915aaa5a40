/**
 * The newest events, and the rates of each session in the last minutes, for a page that is opened later.
 *
 * @module
 */

import type { SplitterEvent, StatsEvent } from "../vocabulary/events.ts";
import type { EventHistory as Answer } from "./api_schema.ts";

/** Maximum number of events. Our choice: more than a page shows. */
const MAX_EVENTS = 200;
/** How long rates are kept. Our choice. */
const KEPT_MS = 300_000;
/** Minimum time between two rates of a session; those between are left out. Our choice: one every 2 s, with statistics every second. */
const STEP_MS = 1900;

/** Events that are too frequent to keep, or that no page shows. */
const LEFT_OUT: ReadonlySet<SplitterEvent["event"]> = new Set<SplitterEvent["event"]>([
  "stats",
  "disk",
  "refusals",
  "session-proven",
]);

interface Numbered<Value> {
  readonly number: number;
  readonly value: Value;
}

type Rate = Answer["rates"][number];

/** The figures of a session. */
interface SessionRates {
  readonly rates: readonly Numbered<Rate>[];
  /** Missing packets at the last of them. */
  readonly missingBefore: number;
  /** When the last of them was reported, in ms. */
  readonly lastMs: number;
}

/** The history. It needs about 20 kB of memory for each session. */
export class EventHistory {
  /** Distinguishes the positions of this process from those of an earlier one. */
  readonly #id: string;
  #events: Numbered<SplitterEvent>[] = [];
  readonly #sessions = new Map<string, SessionRates>();
  #number = 0;

  /** @param id Different for each process; without a colon */
  constructor(id: string) {
    this.#id = id;
  }

  /** Notes an event. */
  note(event: SplitterEvent): void {
    if (event.event === "stats") return this.#noteRate(event);
    if (event.event === "session-end") this.#sessions.delete(event.session);
    if (LEFT_OUT.has(event.event)) return;
    this.#number += 1;
    this.#events = [...this.#events, { number: this.#number, value: event }].slice(-MAX_EVENTS);
  }

  /** Returns what is newer than the position of an earlier answer; everything if `after` is null or from another process. */
  since(after: string | null): Answer {
    const [id, number] = after?.split(":") ?? [];
    const isKnown = id === this.#id && Number(number) <= this.#number;
    const from = isKnown ? Number(number) : -1;
    const valuesOf = <Value>(list: readonly Numbered<Value>[]) =>
      list.filter((item) => item.number > from).map(({ value }) => value);
    return {
      position: `${this.#id}:${this.#number}`,
      complete: !isKnown,
      events: valuesOf(this.#events),
      rates: [...this.#sessions.values()].flatMap(({ rates }) => valuesOf(rates)),
    };
  }

  #noteRate({ session, time, bitsPerSecond, statistics: { pktRcvDropTotal } }: StatsEvent): void {
    const timeMs = Date.parse(time);
    const known = this.#sessions.get(session) ?? { rates: [], missingBefore: pktRcvDropTotal, lastMs: -Infinity };
    if (timeMs - known.lastMs < STEP_MS) return;
    this.#number += 1;
    const missingPackets = Math.max(0, pktRcvDropTotal - known.missingBefore);
    const value = { session, time, bitsPerSecond, missingPackets };
    const kept = known.rates.filter((rate) => timeMs - Date.parse(rate.value.time) < KEPT_MS);
    this.#sessions.set(session, {
      rates: [...kept, { number: this.#number, value }],
      missingBefore: pktRcvDropTotal,
      lastMs: timeMs,
    });
  }
}
