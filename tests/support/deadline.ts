/**
 * How long tests wait for an expected result.
 *
 * @module
 */

/**
 * Much more than any operation takes, even on a busy machine that stalls for seconds: only a test that fails waits this long.
 */
export const DEADLINE_MS = 60_000;

/**
 * Waits for `promise`.
 *
 * @param details Returns the details for the error message.
 * @throws {Error} It is not settled within {@linkcode DEADLINE_MS}.
 */
export async function within<Value>(
  promise: Promise<Value>,
  what: string,
  details: () => string = () => "",
): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error([`cannot wait longer than ${DEADLINE_MS} ms for ${what}`, details()].join("\n").trimEnd())),
    DEADLINE_MS,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
