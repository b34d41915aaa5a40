/**
 * A caller that calls again if it gets no connection.
 *
 * @module
 */

import { CallerRefusedError, SrtCaller, type SrtCallerOptions } from "./srt_caller.ts";

/** A caller that is connected. */
export interface RepeatedCall {
  readonly caller: SrtCaller;
  /** Number of calls, the successful one included. */
  readonly tries: number;
  /** From the first call until the caller was connected, in ms. */
  readonly connectMs: number;
}

/** Calls until there is a connection, at most `maxTries` times. Returns null if every call fails. */
export async function callRepeatedly(options: SrtCallerOptions, maxTries: number): Promise<RepeatedCall | null> {
  const startedMs = performance.now();
  for (let tries = 1; tries <= maxTries; tries += 1) {
    try {
      const caller = await SrtCaller.connect(options);
      return { caller, tries, connectMs: performance.now() - startedMs };
    } catch (error) {
      if (!(error instanceof CallerRefusedError)) throw error;
    }
  }
  return null;
}
