/**
 * Waits that end.
 *
 * @module
 */

/** Waits for `promise`, but no longer than `deadlineMs`: then returns `late`, while whatever it stands for goes on. */
export async function withDeadline<Result>(promise: Promise<Result>, deadlineMs: number): Promise<Result | "late"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => timer = setTimeout(() => resolve("late"), deadlineMs));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
