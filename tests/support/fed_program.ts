/**
 * Another program that sends: it gets a stream on its standard input at the rate of a live encoder. Its output is kept.
 *
 * @module
 */

import { readLines } from "../../mod/os/read_lines.ts";
import { within } from "./deadline.ts";
import { writePaced } from "./paced_write.ts";

/** What a program gets. */
export interface Feed {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly bitsPerSecond: number;
  /** A line that the program prints once it is connected, if its input must wait for that. */
  readonly readyLine?: RegExp;
}

/** A running program, held by `await using`. */
export class FedProgram implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #readyLine: RegExp | null;
  /** Lines that it printed on stdout and stderr. */
  readonly lines: string[] = [];
  /** Settled once its whole input is written to its pipe, or cannot be written. */
  readonly fed: Promise<void>;

  private constructor(process: Deno.ChildProcess, feed: Feed | null) {
    this.#process = process;
    this.#readyLine = feed?.readyLine ?? null;
    this.#reading = Promise.all([this.#read(process.stdout), this.#read(process.stderr)]);
    this.fed = this.#feed(feed);
  }

  /** Starts a program; without a feed, its standard input is empty. */
  static start([file = "", ...args]: readonly string[], feed: Feed | null): FedProgram {
    const command = new Deno.Command(file, { args, stdin: "piped", stdout: "piped", stderr: "piped" });
    return new FedProgram(command.spawn(), feed);
  }

  /** Sends a signal, if it still runs. */
  signal(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
  }

  /** Waits for its end and its last line, and returns its status; null if it still runs after `limitMs`. */
  async endedWithin(limitMs: number): Promise<Deno.CommandStatus | null> {
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(() => resolve(null), limitMs);
    try {
      const status = await Promise.race([this.#process.status, late]);
      if (status !== null) await Promise.race([this.#reading, late]); // a process that it started may hold its pipes
      return status;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.#process.status;
    await Promise.all([this.#reading, this.fed]);
  }

  async #feed(feed: Feed | null): Promise<void> {
    const input = this.#process.stdin.getWriter();
    try {
      if (feed !== null) {
        if (this.#readyLine !== null) {
          await within(Promise.race([this.#ready.promise, this.#process.status]), "a connection", () => this.#output());
        }
        await writePaced(input, feed.payload, feed.bitsPerSecond);
      }
      await input.close();
    } catch {
      await input.abort().catch(() => {}); // it has ended, or is not connected
    }
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const line of readLines(stream)) {
      this.lines.push(line);
      if (this.#readyLine?.test(line)) this.#ready.resolve();
    }
  }

  #output(): string {
    return this.lines.join("\n");
  }
}
