/**
 * Folds repeats of the same refusal, so that refused callers cannot fill a terminal or a disk.
 *
 * The first refusal of a caller is reported at once. Its repeats (same address, same cause) are counted for a fixed
 * time, the fold, and then reported together.
 *
 * @module
 */

/** Bounds of the journal. */
export interface JournalLimits {
  /** Length of a fold in ms. */
  readonly foldMs: number;
  /** Causes remembered at the same time. */
  readonly causes: number;
  /** Causes of one address: a caller that changes its stream ID must not suppress the reports of others. */
  readonly causesPerAddress: number;
}

/** Our choice: one line a minute for a caller that never gives up, and at most about 200 KB of memory. */
export const JOURNAL_LIMITS: JournalLimits = { foldMs: 60_000, causes: 1000, causesPerAddress: 100 };

/** What repeats have in common. */
export interface RefusalKey {
  readonly address: string;
  /** Everything else that repeats have in common, such as the stream name and the reason, as one text. */
  readonly cause: string;
}

/** Repeats of a refusal, to be reported now. */
export interface Folded<Refusal> {
  readonly refusal: Refusal;
  /** Repeats since the last report, at least 1. */
  readonly times: number;
}

interface Entry<Refusal> {
  readonly address: string;
  refusal: Refusal;
  sinceMs: number;
  repeats: number;
}

/** Remembers the newest refusal of each key. Times are arguments, in ms of a monotonic clock. */
export class RefusalJournal<Refusal> {
  readonly #limits: JournalLimits;
  readonly #entries = new Map<string, Entry<Refusal>>();
  readonly #perAddress = new Map<string, number>();
  #total = 0;
  #countedOnly = 0;

  constructor(limits: JournalLimits = JOURNAL_LIMITS) {
    this.#limits = limits;
  }

  /** All refusals so far, repeats included. */
  get total(): number {
    return this.#total;
  }

  /** How many were counted and never reported. */
  get countedOnly(): number {
    return this.#countedOnly;
  }

  /** Adds a refusal. Returns whether it must be reported now. */
  add({ address, cause }: RefusalKey, refusal: Refusal, nowMs: number): boolean {
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
      this.#countedOnly += 1;
      return false;
    }
    this.#entries.set(key, { address, refusal, sinceMs: nowMs, repeats: 0 });
    this.#perAddress.set(address, ofAddress + 1);
    return true;
  }

  /** Removes and returns the repeats whose fold has ended; with `all`, all repeats. */
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
