/**
 * A queue of callers in which one stream name cannot delay the others. The name that was served longest ago is next; within a
 * name, callers are served in the order of arrival. If each name calls once, that is the order of arrival overall.
 *
 * @module
 */

import { BoundedMap } from "../admission/bounded_map.ts";

/** Our choice: names whose last turn is remembered. */
const NAMES = 1024;

/** A caller that waits. */
export interface Waiting {
  /** When its handshake began, or when it began to wait again, in ms. */
  readonly arrivalMs: number;
  /** Its stream name, or another property that callers of the same kind share. */
  readonly name: string;
}

/** The queue. */
export class FairQueue<Item extends Waiting> {
  /** In the order of arrival. */
  #items: Item[] = [];
  /** For each name, the value of `#count` when a caller of that name was last served. */
  readonly #served = new BoundedMap<string, number>(NAMES);
  /** Callers that were served. */
  #count = 0;

  /** Adds a caller. */
  add(item: Item): void {
    const after = this.#items.findLastIndex((other) => other.arrivalMs <= item.arrivalMs) + 1;
    this.#items.splice(after, 0, item);
  }

  /** The caller that is served next. */
  get next(): Item | undefined {
    let next: Item | undefined;
    for (const item of this.#items) if (next === undefined || this.#turnOf(item) < this.#turnOf(next)) next = item;
    return next;
  }

  /** The caller that arrived first. */
  get earliest(): Item | undefined {
    return this.#items[0];
  }

  /** Removes a caller whose turn it is. */
  serve(item: Item): void {
    this.#items = this.#items.filter((other) => other !== item);
    this.#count += 1;
    this.#served.put(item.name, this.#count);
  }

  /** Removes and returns the callers that arrived at `arrivalMs` or earlier. */
  takeUntil(arrivalMs: number): readonly Item[] {
    const late = this.#items.filter((item) => item.arrivalMs <= arrivalMs);
    this.#items = this.#items.slice(late.length);
    return late;
  }

  #turnOf({ name }: Item): number {
    return this.#served.get(name) ?? 0;
  }
}
