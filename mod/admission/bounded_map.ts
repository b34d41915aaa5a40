/**
 * A map that drops its oldest entry for a new one when it is full, so that strangers cannot make it grow.
 *
 * @module
 */

/** Keeps the newest entries. */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #max: number;

  /** @param max Maximum number of entries, at least 1. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Returns the value of a key; undefined if there is none. */
  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** Reports whether there is an entry with this key. */
  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** Adds an entry as the newest one. It replaces an entry with the same key. */
  put(key: Key, value: Value): void {
    this.#entries.delete(key);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= this.#max && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, value);
  }

  /** Removes an entry. Does nothing if there is none. */
  delete(key: Key): void {
    this.#entries.delete(key);
  }

  /** The entries, oldest first. */
  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return this.#entries.entries();
  }
}
