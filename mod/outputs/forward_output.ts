/**
 * Forwards the payload of one session to an SRT listener, with a process of its own. The process gets each datagram a constant time
 * after it was due in libsrt. The session never waits for the process.
 *
 * @module
 */

import type { ProgramTicket } from "../handoff/contract.ts";
import type { Libc } from "../os/libc.ts";
import type { FileNames } from "../recording/file_name.ts";
import { forwardName, type ForwardReport, type ForwardTemplate, forwardTicket } from "../recording/forward_template.ts";
import type { OutputReport } from "../vocabulary/events.ts";
import { CommandOutput, type EndDeadlines } from "./command_output.ts";
import { DatagramQueue, DELAY_MS, TICK_MS } from "./datagram_queue.ts";
import { TsDatagrams } from "./ts_datagrams.ts";

/** What the output needs. */
export interface ForwardOutputOptions extends Pick<FileNames, "values" | "utc"> {
  readonly libc: Libc;
  readonly template: ForwardTemplate;
  /** The program that forwards: this one, in another role. */
  readonly program: ProgramTicket;
  /** Start of the session in ms since the epoch, for fields. */
  readonly startMs: number;
  /** Reports a condition. Never throws. */
  readonly warn: (text: string) => void;
  readonly deadlines?: EndDeadlines;
  /** Payload that may wait for the process; 16 MiB unless given. */
  readonly limitBytes?: number;
}

/** Once {@linkcode ForwardOutput.finish} has settled, its process has ended, unless the kernel holds that process. */
export class ForwardOutput {
  readonly #name: string;
  readonly #warn: (text: string) => void;
  readonly #command: CommandOutput;
  readonly #queue = new DatagramQueue();
  readonly #datagrams = new TsDatagrams((datagram) => this.#add(datagram));
  #timer: ReturnType<typeof setInterval> | undefined;
  #dueMs = -Infinity;
  #bytes = 0;
  /** Totals of processes that have ended. */
  #earlier = { connections: 0, acknowledgedBytes: 0 };
  /** Totals of the process that runs. */
  #current = { connections: 0, acknowledgedBytes: 0 };
  /** The last problem, or null. */
  #problem: string | null = null;

  constructor({ template, program, startMs, warn, ...common }: ForwardOutputOptions) {
    const { values, utc } = common;
    this.#name = forwardName(template);
    this.#warn = (text) => warn(`${this.#name}: ${text}`);
    const ticket = forwardTicket(template, { values, utc, startMs });
    this.#command = new CommandOutput({
      ...common,
      startMs,
      template: program.args.map((argument) => [argument]),
      environment: program.environment,
      folder: program.folder,
      name: this.#name,
      firstBytes: new TextEncoder().encode(`${JSON.stringify(ticket)}\n`),
      onLine: (line) => this.#readLine(line),
      onStart: () => this.#begin(),
      restarts: true,
      warn,
    });
  }

  /**
   * Accepts the next SRT message, which is valid during the call only. Never waits or throws.
   *
   * @param dueMs When it was due, in ms of `performance.now()`; at most now.
   */
  push(message: Uint8Array<ArrayBuffer>, dueMs: number): void {
    this.#bytes += message.length;
    this.#dueMs = Math.max(this.#dueMs, dueMs + DELAY_MS);
    this.#datagrams.push(message);
  }

  /** The payload has ended: waits until the listener has all of it, or until that takes too long. Never throws. */
  async finish(): Promise<OutputReport> {
    this.#datagrams.flush();
    this.#pass(Infinity);
    clearInterval(this.#timer);
    const { text, exitCode } = await this.#command.finish();
    const { connections, acknowledgedBytes } = this.#totals();
    const droppedBytes = this.#bytes - acknowledgedBytes;
    const isUnused = this.#bytes === 0;
    return {
      kind: "forward",
      name: this.#name,
      ok: droppedBytes === 0,
      text: isUnused
        ? "was not used: there was no payload"
        : droppedBytes === 0
        ? "got the payload"
        : exitCode === 0
        ? this.#problem ?? "did not acknowledge all payload"
        : text,
      starts: connections,
      bytes: acknowledgedBytes,
      droppedBytes,
      exitCode: null,
      signal: null,
    };
  }

  #totals(): { readonly connections: number; readonly acknowledgedBytes: number } {
    const { connections, acknowledgedBytes } = this.#earlier;
    return {
      connections: connections + this.#current.connections,
      acknowledgedBytes: acknowledgedBytes + this.#current.acknowledgedBytes,
    };
  }

  /** A process is started: what an earlier one has delivered still counts. */
  #begin(): void {
    this.#earlier = this.#totals();
    this.#current = { connections: 0, acknowledgedBytes: 0 };
  }

  /** Reads a line of the process's stderr: a report, or a text for the user. */
  #readLine(line: string): void {
    const report = parseReport(line);
    if (report === null) return this.#warn(line);
    if ("notice" in report) return this.#warn(report.notice);
    if ("warning" in report) {
      this.#problem = report.problem;
      return this.#warn(report.warning);
    }
    this.#current = report;
  }

  #add(datagram: Uint8Array<ArrayBuffer>): void {
    this.#timer ??= setInterval(() => this.#pass(performance.now()), TICK_MS);
    if (this.#queue.push(datagram, this.#dueMs)) return;
    this.#pass(Infinity); // more than 500 Mbit/s, or this thread was held up
    this.#queue.push(datagram, this.#dueMs);
  }

  /** Gives the process what is due at `nowMs`. */
  #pass(nowMs: number): void {
    const due = this.#queue.due(nowMs, Infinity);
    for (const { start, bytes } of due) this.#command.push(this.#queue.memory.subarray(start, start + bytes));
    this.#queue.drop(due.length);
  }
}

/** Returns null for any other line, such as a message of the runtime. */
function parseReport(line: string): ForwardReport | null {
  try {
    const report: unknown = JSON.parse(line);
    return typeof report === "object" && report !== null &&
        ["warning", "notice", "connections"].some((name) => name in report)
      ? report as ForwardReport
      : null;
  } catch {
    return null;
  }
}
