/** Calls functions that must throw, and returns their errors, for the tests of this folder. */
import assert from "node:assert/strict";

import { UsageError, ValueError } from "../../mod/cli/usage_error.ts";

/** Returns the {@linkcode UsageError} that `action` throws; fails the test if it throws none. */
export function usageErrorOf(action: () => unknown): UsageError {
  const error = errorOf(action);
  assert.ok(error instanceof UsageError, `not a UsageError: ${error}`);
  return error;
}

/** Returns the {@linkcode ValueError} that `action` throws; fails the test if it throws none. */
export function valueErrorOf(action: () => unknown): ValueError {
  const error = errorOf(action);
  assert.ok(error instanceof ValueError, `not a ValueError: ${error}`);
  return error;
}

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
}
