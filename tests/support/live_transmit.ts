/**
 * `srt-live-transmit` as a sender, in place of a real encoder: it sends its input unchanged.
 *
 * @module
 */

import { readLines } from "../../mod/os/read_lines.ts";
import { DEADLINE_MS, within } from "./deadline.ts";
import { writePaced } from "./paced_write.ts";

/** Target and options of a call. */
export interface CallOptions {
  readonly host?: string;
  readonly port: number;
  /** Query of the SRT URI, such as `streamid=cam1&latency=200`. */
  readonly query?: string;
  /** A command and arguments that start it, such as `ip netns exec NAME`. */
  readonly as?: readonly string[];
}

/** A srt-live-transmit that sends; it does not end by itself at the end of its input. */
export class LiveTransmit implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<unknown>;
  readonly #connected = Promise.withResolvers<void>();
  readonly #listening = Promise.withResolvers<void>();
  /** Lines that it printed. */
  readonly lines: string[] = [];

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#reading = Promise.all([this.#read(process.stdout), this.#read(process.stderr)]);
  }

  /** Starts it. It calls at once. */
  static call({ host = "127.0.0.1", port, query = "", as = [] }: CallOptions): LiveTransmit {
    const authority = host.includes(":") ? `[${host}]` : host;
    const uri = `srt://${authority}:${port}?mode=caller&conntimeo=${DEADLINE_MS}${query === "" ? "" : `&${query}`}`;
    const [file = "", ...args] = [...as, "srt-live-transmit", "-chunk:1316", "file://con", uri];
    return new LiveTransmit(
      new Deno.Command(file, {
        args,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
  }

  /** Starts it as a listener on 127.0.0.1, and waits until it can be called. */
  static async listen(port: number): Promise<LiveTransmit> {
    const uri = `srt://127.0.0.1:${port}?mode=listener`;
    const transmit = new LiveTransmit(
      new Deno.Command("srt-live-transmit", {
        args: ["-v", "-chunk:1316", "file://con", uri],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
    await within(transmit.#listening.promise, "srt-live-transmit to listen", () => transmit.lines.join("\n"));
    return transmit;
  }

  /** Its process ID. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Settled when it has ended. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#process.status;
  }

  /**
   * Sends payload of whole messages at this rate, once it is connected, because it discards earlier input. Call this only once:
   * it holds the last message back until its input ends. Afterwards it stays connected and sends nothing.
   */
  async send(payload: Uint8Array<ArrayBuffer>, bitsPerSecond: number): Promise<void> {
    await within(this.#connected.promise, "srt-live-transmit to connect", () => this.lines.join("\n"));
    await writePaced(this.#input, payload, bitsPerSecond);
    await this.#input.close();
  }

  /** Sends SIGINT, so that it closes its connection, and waits for its end. */
  async hangUp(): Promise<void> {
    this.#kill("SIGINT");
    await this.#process.status;
  }

  /** Kills it: it sends no SHUTDOWN. */
  async vanish(): Promise<void> {
    this.#kill("SIGKILL");
    await this.#process.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill("SIGKILL");
    await this.#process.status;
    await this.#input.close().catch(() => {});
    await this.#reading;
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const line of readLines(stream)) {
      this.lines.push(line);
      if (/SRT target connected|Accepted SRT target connection/.test(line)) this.#connected.resolve();
      if (line.includes("listen...")) this.#listening.resolve();
    }
  }
}
