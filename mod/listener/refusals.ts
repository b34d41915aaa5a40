/**
 * Every refusal of a run: told once, folded, counted by reason.
 *
 * Called by: {@linkcode Listener}.
 * Fails: never.
 *
 * @module
 */

import { RefusalJournal } from "../admission/refusal_journal.ts";
import { describeRejection } from "../packet/rejection_reason.ts";
import { parseStreamId } from "../packet/stream_id.ts";
import type { RefusalCount, Reporter } from "../report/events.ts";
import type { Refusal } from "./refusal.ts";

/** What it needs from outside. */
export interface RefusalsOptions {
  readonly reporter: Reporter;
  /** Wall clock in ms since the epoch. */
  readonly now: () => number;
}

/** Takes refusals and tells of them. */
export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #journal = new RefusalJournal<Refusal>();
  readonly #times = new Map<number | null, number>();
  #toldTotal = 0;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** All refusals so far, repeats included. */
  get total(): number {
    return this.#journal.total;
  }

  /** The same by reason, the most frequent first. */
  get byReason(): readonly RefusalCount[] {
    const counts = Array.from(this.#times, ([reason, times]) => {
      return { reason, name: reason === null ? null : describeRejection(reason).name, times };
    });
    return counts.sort((one, other) => other.times - one.times);
  }

  /** Takes one; it is told now, or counted and told later. */
  add(refusal: Refusal): void {
    this.#times.set(refusal.reason, (this.#times.get(refusal.reason) ?? 0) + 1);
    const key = `${refusal.caller.address} ${refusal.reason} ${refusal.text}`;
    if (this.#journal.note(key, refusal, performance.now())) this.#report(refusal, 1);
  }

  /** Tells of repeats whose time is over; with `all`, of every one that was not told yet. */
  tellFolded(options?: { readonly all: boolean }): void {
    for (const { refusal, times } of this.#journal.takeDue(performance.now(), options)) this.#report(refusal, times);
  }

  /** Tells the totals, where some came since they were told last. */
  tellTotals(): void {
    if (this.total === this.#toldTotal) return;
    this.#toldTotal = this.total;
    this.#options.reporter.report({
      event: "refusals",
      time: this.#time(),
      refused: this.total,
      reasons: this.byReason,
    });
  }

  #report({ caller, local, conclusion, reason, text, advice, rule }: Refusal, times: number): void {
    const { name, masked } = parseStreamId(conclusion?.streamId ?? null);
    this.#options.reporter.report({
      event: "refused",
      time: this.#time(),
      caller,
      local,
      stream: name ?? masked,
      srtVersion: conclusion?.srtVersion ?? null,
      reason,
      text,
      advice,
      rule,
      times,
    });
  }

  #time(): string {
    return new Date(this.#options.now()).toISOString();
  }
}
