/**
 * A caller that sends the same payload again and again, as long as a test needs.
 *
 * @module
 */

import type { SrtCaller } from "./srt_caller.ts";

/** Sends a part again and again until it is stopped, or disposed of. */
export class RepeatedSending implements AsyncDisposable {
  readonly #sent: Promise<number>;
  #isStopped = false;

  /** Begins to send. */
  constructor(caller: SrtCaller, part: Uint8Array<ArrayBuffer>) {
    this.#sent = this.#run(caller, part);
  }

  /** Returns how often the part was sent. */
  async stop(): Promise<number> {
    this.#isStopped = true;
    return await this.#sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => {}); // the connection may have ended, and the test reports that
  }

  async #run(caller: SrtCaller, part: Uint8Array<ArrayBuffer>): Promise<number> {
    let parts = 0;
    for (; !this.#isStopped; parts += 1) await caller.send(part, { bitsPerSecond: 4_000_000 });
    return parts;
  }
}
