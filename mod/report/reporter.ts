/**
 * The interface of everything that reports a run.
 *
 * @module
 */

import type { SplitterEvent } from "../vocabulary/events.ts";

/** Reports each event of a run, in order. Never throws. */
export interface Reporter {
  /** Reports an event. */
  report(event: SplitterEvent): void;
  /** Reports a condition that needs attention, but ends neither a session nor the run (stderr). */
  warn(text: string): void;
  /** Reports a detail for `--verbose` (stderr). */
  debug(text: string): void;
}
