/**
 * One child and its life: started with the caller socket, watched until it is gone.
 *
 * @module
 */

import type { CallerSocket } from "../os/caller_socket.ts";
import { readLines } from "../os/read_lines.ts";
import type { SegmentEvent, SessionStartEvent, StatsEvent } from "../vocabulary/events.ts";
import type { ChildCommand } from "./child_command.ts";
import type { ChildOutcome } from "./child_outcome.ts";
import { type ChildMessage, parseChildMessage } from "./child_message.ts";
import { ORDER_REPLACE, ORDER_STOP, type Ticket } from "./contract.ts";
import { HandoffError } from "./handoff_error.ts";

/** What the listener wants to hear while a child lives. */
export interface ChildHooks {
  /** Receives every event of the session but `session-end`, which is the outcome. */
  readonly onEvent: (event: SessionStartEvent | SegmentEvent | StatsEvent) => void;
  /** The caller has shown within its session that it is real. */
  readonly onProven: () => void;
  /** The process of an accepted session is gone without a word: the caller has to be told now. */
  readonly onDeath: () => void;
  /** A line that the child wrote to stderr. */
  readonly onText: (line: string) => void;
}

/** Deadlines of a child in ms. */
export interface ChildDeadlines {
  /** From the start until its caller is accepted or refused. */
  readonly acceptedMs: number;
  /** From the order to stop until it is gone. */
  readonly stoppedMs: number;
  /** From its last message until it is gone. */
  readonly leftMs: number;
}

/**
 * Our choice: a start takes 40 ms, and some seconds where dozens start at once on a small machine; a stop takes one latency, and
 * as long as a slow disk takes.
 */
export const CHILD_DEADLINES: ChildDeadlines = { acceptedMs: 10_000, stoppedMs: 30_000, leftMs: 5000 };

/** A running child. */
export class SessionChild {
  readonly #process: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #hooks: ChildHooks;
  readonly #deadlines: ChildDeadlines;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #started: SessionStartEvent | null = null;
  readonly #files: string[] = [];
  #lastStats: StatsEvent | null = null;
  #last: ChildOutcome | null = null;
  #late = false;
  #gone = false;

  /** How it ended; settled when the process is gone and all that it wrote is read. Never rejects. */
  readonly outcome: Promise<ChildOutcome>;

  private constructor(process: Deno.ChildProcess, ticket: Ticket, hooks: ChildHooks, deadlines: ChildDeadlines) {
    this.#process = process;
    this.#hooks = hooks;
    this.#deadlines = deadlines;
    this.#orders = process.stdin.getWriter();
    this.#write(`${JSON.stringify(ticket)}\n`);
    this.#killAfter(deadlines.acceptedMs, () => {
      this.#late = this.#started === null;
      return this.#late;
    });
    this.outcome = this.#watch(ticket.session);
  }

  /**
   * Starts a child that inherits the socket. The socket stays the caller's to close.
   *
   * @throws {HandoffError} Where no process can be made.
   */
  static start(
    command: ChildCommand,
    { socket, ticket, hooks, deadlines = CHILD_DEADLINES }: {
      readonly socket: CallerSocket;
      readonly ticket: Ticket;
      readonly hooks: ChildHooks;
      readonly deadlines?: ChildDeadlines;
    },
  ): SessionChild {
    let process: Deno.ChildProcess;
    try {
      command.check?.();
      process = socket.inherit((descriptor) =>
        new Deno.Command(command.file, {
          args: [...command.args, "session", String(descriptor)],
          clearEnv: true,
          env: { ...command.environment },
          ...(command.folder === null ? {} : { cwd: command.folder }),
          stdin: "piped",
          stdout: "piped",
          stderr: "piped",
          detached: true, // a process session of its own: Ctrl-C in a terminal must not reach it
        }).spawn()
      );
    } catch (cause) {
      throw new HandoffError(`Cannot start a child for session ${ticket.session}`, { cause });
    }
    return new SessionChild(process, ticket, hooks, deadlines);
  }

  /** Process ID of the child. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Orders the child to end its session cleanly; where it does not in time, it is killed. */
  stop(): void {
    this.#write(`${ORDER_STOP}\n`);
    this.#killAfter(this.#deadlines.stoppedMs, () => true);
  }

  /** The same, because another caller takes its place. */
  replace(): void {
    this.#write(`${ORDER_REPLACE}\n`);
    this.#killAfter(this.#deadlines.stoppedMs, () => true);
  }

  /** Ends the child at once. */
  kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // it is gone already, which is what was wanted
    }
  }

  async #watch(session: string): Promise<ChildOutcome> {
    const text = this.#readText();
    const messages = this.#readMessages(session);
    const status = await this.#process.status;
    this.#gone = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await messages; // its pipe ended with it
    if (this.#started !== null && this.#last === null) this.#hooks.onDeath();
    await text;
    await this.#orders.close().catch(() => {}); // broken with the child: nothing is lost with it
    if (this.#last !== null) return this.#last;
    if (this.#late) {
      const seconds = this.#deadlines.acceptedMs / 1000;
      return { kind: "not-accepted", cause: "timeout", text: `its process was not ready within ${seconds} s` };
    }
    return {
      kind: "crashed",
      started: this.#started,
      files: this.#files,
      lastStats: this.#lastStats,
      signal: status.signal,
      code: status.code,
    };
  }

  async #readMessages(session: string): Promise<void> {
    for await (const line of readLines(this.#process.stdout)) {
      const message = parseChildMessage(line, session);
      if (message === null) this.#hooks.onText(`unexpected output: ${line}`);
      else this.#take(message);
    }
  }

  #take(message: ChildMessage): void {
    switch (message.event) {
      case "session-start":
        this.#started = message;
        if (message.file !== null) this.#files.push(message.file);
        this.#hooks.onEvent(message);
        break;
      case "segment":
        this.#files.push(message.file);
        this.#hooks.onEvent(message);
        break;
      case "stats":
        this.#lastStats = message;
        this.#hooks.onEvent(message);
        break;
      case "session-end":
        this.#end({ kind: "ended", event: message });
        break;
      case "not-accepted":
        this.#end({ kind: "not-accepted", cause: message.cause, text: message.text });
        break;
      case "proven":
        this.#hooks.onProven();
        break;
      case "ready":
      case "alive":
      case "stranger":
      case "probe":
        break;
      default:
        message satisfies never;
    }
  }

  #end(outcome: ChildOutcome): void {
    this.#last = outcome;
    this.#killAfter(this.#deadlines.leftMs, () => true);
  }

  async #readText(): Promise<void> {
    for await (const line of readLines(this.#process.stderr)) this.#hooks.onText(line);
  }

  #write(line: string): void {
    // a child that is gone cannot be written to; its status says so
    this.#orders.write(new TextEncoder().encode(line)).catch(() => {});
  }

  #killAfter(delayMs: number, needed: () => boolean): void {
    if (this.#gone) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (needed()) this.kill();
    }, delayMs);
    this.#timers.add(timer);
  }
}
