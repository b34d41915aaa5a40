/**
 * Decides at which byte a new file of a recording begins: once one is due, at the next place that players can start from.
 *
 * @module
 */

import { nextDueMs, type SegmentRules } from "./segment_schedule.ts";

/** How long the search for a random-access point may take. Our choice: the longest usual interval between key frames. */
export const GRACE_MS = 10_000;

/** Maximum payload that is held back during a search. Our choice: 6 s at 20 Mbit/s. */
const MAX_HELD_BYTES = 16_777_216;

/** Searches payload for a place to cut. Offsets count from the first byte that is pushed. */
export interface PlaceFinder {
  /** The place; null: not found yet. */
  readonly cut: number | null;
  /** Bytes that come before the place in any case. */
  readonly decidedBytes: number;
  push(payload: Uint8Array): void;
  /** Ends the search: returns the best place so far. */
  settle(): number;
}

/** What a cutter needs. */
export interface CutterOptions {
  readonly rules: SegmentRules;
  /** Wall clock in ms since the epoch; it must not jump while the recording runs. */
  readonly wallMs: () => number;
  readonly newFinder: () => PlaceFinder;
}

/** A search in progress. */
interface Search {
  readonly finder: PlaceFinder;
  /** Offset in the recording at which it began. */
  readonly offset: number;
  /** When it ends without a result, in ms of the wall clock. */
  readonly untilMs: number;
}

/** Finds the places of one recording. Offsets are bytes of the recording. */
export class Cutter {
  readonly #options: CutterOptions;
  readonly #startMs: number;
  #dueMs: number;
  #dueOffset: number;
  #search: Search | null = null;
  readonly #cuts: number[] = [];

  constructor(options: CutterOptions) {
    const { rules, wallMs } = options;
    this.#options = options;
    this.#startMs = wallMs();
    this.#dueMs = nextDueMs(rules, { startMs: this.#startMs, nowMs: this.#startMs });
    this.#dueOffset = rules.bytes ?? Infinity;
  }

  /** The next place at which a new file begins, or null. It stays until {@linkcode passed}. */
  get next(): number | null {
    return this.#cuts[0] ?? null;
  }

  /** The offset up to which payload can be written: the next place; during a search, the end of what is before it; or Infinity. */
  get limit(): number {
    if (this.next !== null) return this.next;
    return this.#search === null ? Infinity : this.#search.offset + this.#search.finder.decidedBytes;
  }

  /** Searches the next payload of the recording, which begins at `offset`. */
  push(payload: Uint8Array, offset: number): void {
    const nowMs = this.#options.wallMs();
    // the size can be reached in the middle of this payload, which is long if a busy machine receives it late
    const begin = nowMs >= this.#dueMs ? offset : Math.max(offset, this.#dueOffset);
    const end = offset + payload.length;
    if (this.#search === null && begin >= end) return;
    this.#search ??= { finder: this.#options.newFinder(), offset: begin, untilMs: nowMs + GRACE_MS };
    const { finder, untilMs } = this.#search;
    finder.push(payload.subarray(Math.max(0, this.#search.offset - offset)));
    const heldBytes = end - this.#search.offset - finder.decidedBytes;
    if (nowMs >= untilMs || heldBytes > MAX_HELD_BYTES) finder.settle();
    if (finder.cut !== null) this.#found(this.#search.offset + finder.cut, nowMs);
  }

  /** Notes that the next place has been reached. */
  passed(): void {
    this.#cuts.shift();
  }

  /** Ends the search: all payload can be written. */
  finish(): void {
    this.#search = null;
  }

  #found(cut: number, nowMs: number): void {
    const { rules } = this.#options;
    this.#search = null;
    this.#cuts.push(cut);
    this.#dueMs = nextDueMs(rules, { startMs: this.#startMs, nowMs });
    this.#dueOffset = cut + (rules.bytes ?? Infinity);
  }
}
