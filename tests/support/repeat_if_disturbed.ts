/**
 * Tests whose result a busy machine can change.
 *
 * @module
 */

const TRIES = 4;

/** Runs a test, and repeats it if it fails: a busy machine may lose packets in full buffers, or do something too late. */
export async function repeatIfDisturbed(run: () => Promise<void>): Promise<void> {
  for (let tries = 1;; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}
