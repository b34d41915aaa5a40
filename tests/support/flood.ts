/**
 * A flood of forged INDUCTIONs or of whole forged handshakes, sent by a process of its own.
 *
 * @module
 */

import { testProgram } from "./test_program.ts";

const PROGRAM = new URL("./flood_program.ts", import.meta.url);

/** Target, rate and duration. */
export interface FloodOptions {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Whole handshakes with the predicted cookie, instead of INDUCTIONs. */
  readonly handshakes?: boolean;
}

/** A running flood; held by `await using`. */
export class Flood implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #output: Promise<Deno.CommandOutput>;

  /** Starts it. */
  constructor({ port, perSecond, seconds, handshakes = false }: FloodOptions) {
    const args = [port, perSecond, seconds, ...(handshakes ? ["handshakes"] : [])];
    this.#process = testProgram(PROGRAM, args, { stdout: "piped", stderr: "piped" }).spawn();
    this.#output = this.#process.output();
  }

  /** Waits for its end, and returns how many INDUCTIONs were sent. */
  async ended(): Promise<number> {
    const { success, stdout, stderr } = await this.#output;
    if (!success) throw new Error(`cannot flood: ${new TextDecoder().decode(stderr)}`);
    return JSON.parse(new TextDecoder().decode(stdout)).sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await this.#output;
  }
}
