/**
 * Folds repeats of the same refusal, so that no flood of refused callers fills a terminal or a disk.
 *
 * The first refusal of a caller is told at once; repeats of it (same address, same words) are counted and told together when
 * the fold is over.
 *
 * Called by: the listener, for each refusal and each round of its loop.
 * Fails: never; above its bound it forgets single callers and counts them together.
 *
 * @module
 */

/** Bounds of the journal. */
export interface JournalLimits {
  /** How long repeats are gathered in ms. */
  readonly foldMs: number;
  /** Callers remembered at the same time. */
  readonly callers: number;
}

/** Our choice: one line a minute for a caller that tries forever, and about 200 KB of memory at most. */
export const JOURNAL_LIMITS: JournalLimits = { foldMs: 60_000, callers: 1000 };

/** Repeats of a refusal that are to be told now. */
export interface Folded<Refusal> {
  readonly refusal: Refusal;
  /** Repeats since it was last told, at least 1. */
  readonly times: number;
}

interface Entry<Refusal> {
  refusal: Refusal;
  sinceMs: number;
  repeats: number;
}

/** Remembers who was refused for what. Holds the newest refusal of each key. */
export class RefusalJournal<Refusal> {
  readonly #limits: JournalLimits;
  readonly #entries = new Map<string, Entry<Refusal>>();
  #total = 0;

  constructor(limits: JournalLimits = JOURNAL_LIMITS) {
    this.#limits = limits;
  }

  /** All refusals ever, repeats included. */
  get total(): number {
    return this.#total;
  }

  /** Notes a refusal. True where it is to be told now. `key` names the caller's address and the cause. */
  note(key: string, refusal: Refusal, nowMs: number): boolean {
    this.#total += 1;
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.repeats += 1;
      entry.refusal = refusal;
      return false;
    }
    if (this.#entries.size >= this.#limits.callers) return false;
    this.#entries.set(key, { refusal, sinceMs: nowMs, repeats: 0 });
    return true;
  }

  /** Takes out what is to be told because its time is over; with `all`, everything that was not told yet. */
  takeDue(nowMs: number, { all = false }: { readonly all?: boolean } = {}): readonly Folded<Refusal>[] {
    const due: Folded<Refusal>[] = [];
    for (const [key, entry] of this.#entries) {
      if (!all && nowMs - entry.sinceMs < this.#limits.foldMs) continue;
      if (entry.repeats > 0) due.push({ refusal: entry.refusal, times: entry.repeats });
      if (entry.repeats > 0 && !all) this.#entries.set(key, { ...entry, sinceMs: nowMs, repeats: 0 });
      else this.#entries.delete(key);
    }
    return due;
  }
}
