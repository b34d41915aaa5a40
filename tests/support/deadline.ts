/**
 * How long tests wait for something that has to come.
 *
 * @module
 */

/** Far more than anything takes, also on a busy machine that stands still for seconds: only a test that fails waits this long. */
export const DEADLINE_MS = 60_000;

/**
 * Waits for `promise`.
 *
 * @param said What the error quotes.
 * @throws {Error} It is not settled within {@linkcode DEADLINE_MS}.
 */
export async function within<Value>(
  promise: Promise<Value>,
  what: string,
  said: () => string = () => "",
): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error([`cannot wait longer than ${DEADLINE_MS} ms for ${what}`, said()].join("\n").trimEnd())),
    DEADLINE_MS,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
