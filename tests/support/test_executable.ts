/**
 * Tests of the executable that the variable SRT_SPLITTER names. They are skipped if it names none.
 *
 * @module
 */

import { type Need, needing } from "./needs.ts";
import { EXECUTABLE } from "./splitter.ts";

const BUILT: Need = () =>
  EXECUTABLE === null ? "SRT_SPLITTER names no executable (deno task compile builds one)" : null;

/** Registers a test of the executable. `needs`: what the test needs besides it. */
export function testExecutable(
  name: string,
  test: (executable: string) => Promise<void>,
  needs: readonly Need[] = [],
): void {
  Deno.test({ ...needing([BUILT, ...needs], name), fn: () => test(EXECUTABLE ?? "") });
}
