/**
 * Reads the counts out of a JUnit report as `deno test --junit-path` writes it.
 *
 * @module
 */

/** How a run of tests went; steps count as tests. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts the results in `report`; null where it is no JUnit report. */
export function readJunitCounts(report: string): TestCounts | null {
  const total = /<testsuites\s[^>]*?\btests="(\d+)"/.exec(report)?.[1];
  if (total === undefined) return null;
  // Counted one by one: the totals of the report count an ignored test as run.
  const failed = report.match(/<(failure|error)[\s>/]/g)?.length ?? 0;
  const skipped = report.match(/<skipped[\s>/]/g)?.length ?? 0;
  return { passed: Number(total) - failed - skipped, failed, skipped };
}
