/**
 * Callers that return the usual cookie, not a secret one, and send nothing once they are accepted.
 *
 * @module
 */

import { CONCLUSION_PLAIN } from "../fixtures/handshakes.ts";
import { RawCaller } from "./raw_caller.ts";

/** Held by `using`. */
export class SilentCallers implements Disposable {
  readonly #port: number;
  readonly #callers: RawCaller[] = [];

  /** @param port The listener's port. */
  constructor(port: number) {
    this.#port = port;
  }

  /** Adds a caller, and returns the answer to its CONCLUSION. */
  async call(): Promise<DataView<ArrayBuffer>> {
    const caller = new RawCaller(this.#port);
    this.#callers.push(caller);
    return await caller.conclude(CONCLUSION_PLAIN);
  }

  /** Adds callers, one after another, and returns the answers to their CONCLUSIONs. */
  async callInTurn(count: number): Promise<readonly DataView<ArrayBuffer>[]> {
    const answers: DataView<ArrayBuffer>[] = [];
    while (answers.length < count) answers.push(await this.call());
    return answers;
  }

  /** Adds callers that call at the same time, and waits for the answers. */
  async callTogether(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.call()));
  }

  [Symbol.dispose](): void {
    for (const caller of this.#callers) caller[Symbol.dispose]();
  }
}
