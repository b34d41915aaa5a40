/**
 * Repeats tests of what must happen before the program ends the session of a silent caller. A busy machine may be too slow for
 * that.
 *
 * @module
 */

import { SILENCE_MS } from "../../mod/srt/session_option.ts";

const TRIES = 5;

/** Runs a test, and repeats it if it fails after sessions of silent callers may have ended: the machine was too busy. */
export async function beforeSilence(run: () => Promise<void>): Promise<void> {
  for (let tries = 1;; tries += 1) {
    const startedMs = performance.now();
    try {
      return await run();
    } catch (error) {
      if (performance.now() - startedMs < SILENCE_MS || tries === TRIES) throw error;
    }
  }
}
