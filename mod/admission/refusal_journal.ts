/**
 * Folds repeats of the same refusal, so that no flood of refused callers fills a terminal or a disk.
 *
 * The first refusal of a caller is told at once; repeats of it (same address, same cause) are counted and told together when
 * the fold is over.
 *
 * @module
 */

/** Bounds of the journal. */
export interface JournalLimits {
  /** How long repeats are gathered in ms. */
  readonly foldMs: number;
  /** Causes remembered at the same time. */
  readonly causes: number;
  /** Those of one address: one caller that changes what it says must not silence all others. */
  readonly causesPerAddress: number;
}

/** Our choice: one line a minute for a caller that tries forever, and about 200 KB of memory at most. */
export const JOURNAL_LIMITS: JournalLimits = { foldMs: 60_000, causes: 1000, causesPerAddress: 100 };

/** What repeats have in common. */
export interface RefusalKey {
  readonly address: string;
  /** Who called from there, and why it was refused. */
  readonly cause: string;
}

/** Repeats of a refusal that are to be told now. */
export interface Folded<Refusal> {
  readonly refusal: Refusal;
  /** Repeats since it was last told, at least 1. */
  readonly times: number;
}

interface Entry<Refusal> {
  readonly address: string;
  refusal: Refusal;
  sinceMs: number;
  repeats: number;
}

/** Remembers who was refused for what. Holds the newest refusal of each key. */
export class RefusalJournal<Refusal> {
  readonly #limits: JournalLimits;
  readonly #entries = new Map<string, Entry<Refusal>>();
  readonly #perAddress = new Map<string, number>();
  #total = 0;
  #untold = 0;

  constructor(limits: JournalLimits = JOURNAL_LIMITS) {
    this.#limits = limits;
  }

  /** All refusals ever, repeats included. */
  get total(): number {
    return this.#total;
  }

  /** How many were counted only. */
  get untold(): number {
    return this.#untold;
  }

  /** Notes a refusal. True where it is to be told now. */
  note({ address, cause }: RefusalKey, refusal: Refusal, nowMs: number): boolean {
    const key = `${address} ${cause}`;
    this.#total += 1;
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.repeats += 1;
      entry.refusal = refusal;
      return false;
    }
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (this.#entries.size >= this.#limits.causes || ofAddress >= this.#limits.causesPerAddress) {
      this.#untold += 1;
      return false;
    }
    this.#entries.set(key, { address, refusal, sinceMs: nowMs, repeats: 0 });
    this.#perAddress.set(address, ofAddress + 1);
    return true;
  }

  /** Takes out what is to be told because its time is over; with `all`, everything that was not told yet. */
  takeDue(nowMs: number, { all = false }: { readonly all?: boolean } = {}): readonly Folded<Refusal>[] {
    const due: Folded<Refusal>[] = [];
    for (const [key, entry] of this.#entries) {
      if (!all && nowMs - entry.sinceMs < this.#limits.foldMs) continue;
      if (entry.repeats > 0) due.push({ refusal: entry.refusal, times: entry.repeats });
      if (entry.repeats > 0 && !all) this.#entries.set(key, { ...entry, sinceMs: nowMs, repeats: 0 });
      else this.#forget(key, entry);
    }
    return due;
  }

  #forget(key: string, { address }: Entry<Refusal>): void {
    this.#entries.delete(key);
    const left = (this.#perAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}
