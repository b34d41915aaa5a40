/**
 * Runs the disk operations of a recording. Reports when the operation in progress began, and can discard its result.
 *
 * @module
 */

import { explainDiskError } from "./sink_error.ts";

/** The recording no longer waits for the disk, so the result of a call does not matter any more. */
export class AbandonedError extends Error {
  override readonly name = "AbandonedError";
}

/** Runs the calls of one recording. Start a call only after the previous one has ended. */
export class DiskCalls {
  readonly #now: () => number;
  #busySinceMs: number | null = null;
  #isAbandoned = false;

  /** @param now A monotonic clock, in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** When the call in progress began, in ms of the clock; null if there is none. */
  get busySinceMs(): number | null {
    return this.#busySinceMs;
  }

  /** Whether {@linkcode abandon} was called. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Makes the call in progress throw {@linkcode AbandonedError} when it returns, and every later one throw it immediately. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** Runs a call, and throws what it throws. @throws {AbandonedError} */
  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#isAbandoned) throw new AbandonedError();
    this.#busySinceMs = this.#now();
    const outcome = await call().then((result) => ({ result }), (error: unknown) => ({ error }));
    this.#busySinceMs = null;
    if (this.#isAbandoned) throw new AbandonedError();
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  }

  /**
   * Runs a call, and explains its error.
   *
   * @param action The start of the error's message, such as `cannot write to /rec/cam1.ts`
   * @throws {SinkError}
   * @throws {AbandonedError}
   */
  async runExplained<Result>(action: string, call: () => Promise<Result>): Promise<Result> {
    try {
      return await this.run(call);
    } catch (error) {
      throw error instanceof AbandonedError ? error : explainDiskError(action, error);
    }
  }
}
