/**
 * Counts errors by kind and keeps the place of the first error of each kind.
 *
 * @module
 */

import type { TsErrorKind, TsPlace } from "../vocabulary/ts_health.ts";

/** The first priority of ETSI TR 101 290, table 5.0a. */
const FIRST_PRIORITY: readonly TsErrorKind[] = [
  "syncLosses",
  "syncErrors",
  "patErrors",
  "continuityErrors",
  "pmtErrors",
  "pidErrors",
];

/** The errors of one analysis. */
export class ErrorLog {
  readonly #counts: Record<TsErrorKind, number> = {
    syncLosses: 0,
    syncErrors: 0,
    patErrors: 0,
    continuityErrors: 0,
    pmtErrors: 0,
    pidErrors: 0,
    transportErrors: 0,
    crcErrors: 0,
  };
  readonly #first: Record<TsErrorKind, TsPlace | null> = {
    syncLosses: null,
    syncErrors: null,
    patErrors: null,
    continuityErrors: null,
    pmtErrors: null,
    pidErrors: null,
    transportErrors: null,
    crcErrors: null,
  };

  /** Counts one error. `offset` and `pid` as in {@linkcode TsPlace}. */
  note(kind: TsErrorKind, offset: number, pid: number | null): void {
    this.#counts[kind] += 1;
    this.#first[kind] ??= { offset, pid };
  }

  /** Returns a copy of the counts. */
  counts(): Record<TsErrorKind, number> {
    return { ...this.#counts };
  }

  /** Returns a copy of the places. */
  first(): Record<TsErrorKind, TsPlace | null> {
    return { ...this.#first };
  }
}

/** Returns the sum of the first-priority counts. */
export function firstPriorityErrors(counts: Readonly<Record<TsErrorKind, number>>): number {
  return FIRST_PRIORITY.reduce((sum, kind) => sum + counts[kind], 0);
}
