/**
 * All that a run came to, as one value: what the reports of a run are made of.
 *
 * @module
 */

import type { CheckedExpectation } from "./check_expectation.ts";
import type { RunRecord } from "./run_record.ts";
import type { Ending } from "./stop_conditions.ts";

/** The end of a run. */
export interface FinalReport {
  readonly record: RunRecord;
  readonly expectations: readonly CheckedExpectation[];
  /** The condition that ended it; null where a signal did. */
  readonly ending: Ending | null;
  /** Whether `--wait` was given: it is a test case of its own then. */
  readonly waited: boolean;
  readonly durationMs: number;
  /** The exit code, unless a report cannot be written. */
  readonly exitCode: number;
  /** RFC 3339. */
  readonly endTime: string;
}
