/**
 * Decides at which byte a new file of a recording begins: once a new file is due or ordered, at the next place that players can
 * start from.
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
  /** When new files are due; null: only by order. */
  readonly rules: SegmentRules | null;
  /** Wall clock in ms since the epoch; it must not jump while the recording runs. */
  readonly wallMs: () => number;
  /** Makes the finder for files that are due; it is needed only with rules. */
  readonly newFinder?: (() => PlaceFinder) | undefined;
}

/** A place at which a new file begins. */
interface Cut {
  readonly offset: number;
  readonly isOrdered: boolean;
}

/** A search in progress. */
interface Search {
  readonly finder: PlaceFinder;
  /** Offset in the recording at which it began. */
  readonly offset: number;
  /** When the search ends with the best place so far, in ms of the wall clock. */
  readonly untilMs: number;
}

/** Finds the places of one recording. Offsets are bytes of the recording. */
export class Cutter {
  readonly #options: CutterOptions;
  #startMs: number;
  #dueMs: number;
  #dueOffset: number;
  #search: Search | null = null;
  readonly #cuts: Cut[] = [];
  /** Makes the finder for an order that waits for its place; null if there is none. */
  #ordered: (() => PlaceFinder) | null = null;

  constructor(options: CutterOptions) {
    const { rules, wallMs } = options;
    this.#options = options;
    this.#startMs = wallMs();
    this.#dueMs = rules === null ? Infinity : nextDueMs(rules, { startMs: this.#startMs, nowMs: this.#startMs });
    this.#dueOffset = rules?.bytes ?? Infinity;
  }

  /** The next place at which a new file begins, or null. It stays until {@linkcode passed}. */
  get next(): number | null {
    return this.#cuts[0]?.offset ?? null;
  }

  /**
   * The offset up to which payload can be written: the next place; during a search, the end of the payload that certainly comes
   * before the place; otherwise Infinity.
   */
  get limit(): number {
    if (this.next !== null) return this.next;
    return this.#search === null ? Infinity : this.#search.offset + this.#search.finder.decidedBytes;
  }

  /**
   * Notes that the first file has `bytes` already and began at `startMs`, by the wall clock. Call it before any payload is cut.
   */
  continueFile({ startMs, bytes }: { readonly startMs: number; readonly bytes: number }): void {
    const { rules } = this.#options;
    if (rules === null) return;
    this.#startMs = startMs;
    this.#dueMs = nextDueMs(rules, { startMs, nowMs: startMs });
    this.#dueOffset = Math.max(0, (rules.bytes ?? Infinity) - bytes);
  }

  /** Orders a new file at the next place. A search that is in progress serves the order too. */
  order(newFinder: () => PlaceFinder): void {
    this.#ordered = newFinder;
  }

  /** Searches the next payload of the recording, which begins at `offset`. */
  push(payload: Uint8Array, offset: number): void {
    const nowMs = this.#options.wallMs();
    // the size can be reached in the middle of this payload, which is long if a busy machine receives it late
    const isDue = this.#ordered !== null || nowMs >= this.#dueMs;
    const begin = isDue ? offset : Math.max(offset, this.#dueOffset);
    const end = offset + payload.length;
    if (this.#search === null && begin >= end) return;
    const newFinder = this.#ordered ?? this.#options.newFinder;
    if (newFinder === undefined) throw new TypeError("cannot cut a recording that is due: there is no finder");
    this.#search ??= { finder: newFinder(), offset: begin, untilMs: nowMs + GRACE_MS };
    const { finder, untilMs } = this.#search;
    finder.push(payload.subarray(Math.max(0, this.#search.offset - offset)));
    const heldBytes = end - this.#search.offset - finder.decidedBytes;
    if (nowMs >= untilMs || heldBytes > MAX_HELD_BYTES) finder.settle();
    if (finder.cut !== null) this.#found(this.#search.offset + finder.cut, nowMs);
  }

  /** Notes that the next place has been reached. Returns whether a new file was ordered, and not only due. */
  passed(): boolean {
    return this.#cuts.shift()?.isOrdered ?? false;
  }

  /** Ends the search: all payload can be written. */
  finish(): void {
    this.#search = null;
    this.#ordered = null;
  }

  #found(cut: number, nowMs: number): void {
    const { rules } = this.#options;
    this.#search = null;
    this.#cuts.push({ offset: cut, isOrdered: this.#ordered !== null });
    this.#ordered = null;
    if (rules === null) return;
    this.#dueMs = nextDueMs(rules, { startMs: this.#startMs, nowMs });
    this.#dueOffset = cut + (rules.bytes ?? Infinity);
  }
}
