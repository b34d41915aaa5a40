/** The {@linkcode UsageError} that `action` throws; fails the test where it throws none. */
import assert from "node:assert/strict";

import { UsageError } from "../../mod/cli/usage_error.ts";

export function usageErrorOf(action: () => unknown): UsageError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof UsageError, `not a UsageError: ${error}`);
    return error;
  }
  assert.fail("nothing was thrown");
}
