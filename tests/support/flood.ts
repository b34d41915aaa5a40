/**
 * A flood of forged INDUCTIONs, sent by a process of its own.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./flood_program.ts", import.meta.url));

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
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-check",
        "-A",
        PROGRAM,
        ...[port, perSecond, seconds].map(String),
        ...(handshakes ? ["handshakes"] : []),
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = this.#process.output();
  }

  /** Waits for its end, and returns how many datagrams the kernel accepted. */
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
