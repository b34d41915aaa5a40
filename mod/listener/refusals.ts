/**
 * The refusals of a run: repeats are combined into one report, and all are counted by reason.
 *
 * @module
 */

import type { Refusal } from "../door/refusal.ts";
import { countByReason, REJECTION } from "../packet/rejection_reason.ts";
import type { Reporter } from "../report/reporter.ts";
import { JOURNAL_LIMITS, RefusalJournal } from "./refusal_journal.ts";

/** Counts and reports refusals. */
export class Refusals {
  readonly #reporter: Reporter;
  readonly #journal = new RefusalJournal<Refusal>();
  readonly #byReason = new Map<number | null, number>();
  #byStop = 0;
  #reportedTotal = 0;
  #totalsMs = -Infinity;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Reports a refusal now, or counts it to report it later. */
  add(refusal: Refusal): void {
    if (isByStop(refusal)) this.#byStop += 1;
    else this.#byReason.set(refusal.reason, (this.#byReason.get(refusal.reason) ?? 0) + 1);
    const key = { address: refusal.caller.address, cause: causeOf(refusal) };
    if (this.#journal.add(key, refusal, performance.now())) this.#report(refusal, 1);
  }

  /**
   * Reports the repeats whose fold has ended (`refusal_journal.ts`); with `all`, all repeats that are not reported yet. If some
   * refusals were only counted, because the journal had no room for them, this also reports the totals, at most once a minute;
   * with `all`, without waiting.
   */
  reportFolded({ all = false }: { readonly all?: boolean } = {}): void {
    const nowMs = performance.now();
    for (const { refusal, times } of this.#journal.takeDue(nowMs, { all })) this.#report(refusal, times);
    if (this.#journal.countedOnly === 0 || (!all && nowMs - this.#totalsMs < JOURNAL_LIMITS.foldMs)) return;
    this.#totalsMs = nowMs;
    this.reportTotals();
  }

  /** Reports the totals, if they have changed since the last report. */
  reportTotals(): void {
    if (this.#journal.total === this.#reportedTotal) return;
    this.#reportedTotal = this.#journal.total;
    this.#reporter.report({
      event: "refusals",
      time: new Date().toISOString(),
      refused: this.#journal.total - this.#byStop,
      refusedByStop: this.#byStop,
      reasons: countByReason(this.#byReason),
    });
  }

  #report(refusal: Refusal, times: number): void {
    const { caller, local, stream, srtVersion, reason, text, advice, rule } = refusal;
    this.#reporter.report({
      event: "refused",
      time: new Date().toISOString(),
      caller,
      local,
      stream,
      srtVersion,
      reason,
      text,
      advice,
      rule,
      byStop: isByStop(refusal),
      times,
    });
  }
}

/** Reports whether the listener's own stop is the cause, and not a rule of the operator with the same reason. */
function isByStop({ reason, rule }: Refusal): boolean {
  return reason === REJECTION.DOWN && rule === null;
}

/** What repeats of a refusal have in common. */
function causeOf({ stream, reason, text, rule, cause = text }: Refusal): string {
  return JSON.stringify([stream, reason, rule, cause]);
}
