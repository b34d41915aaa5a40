/**
 * The listener's view of one session's child: its state, its orders and its deadlines, until its process has ended.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";
import type { SessionEndEvent, SessionStartEvent, StatsEvent } from "../vocabulary/events.ts";
import type { ChildMessage, NotAcceptedCause } from "./child_message.ts";
import type { ProcessEnd, SessionProcess } from "./child_process.ts";
import type { Introduction } from "./introduction.ts";
import { LifeMonitor } from "./life_monitor.ts";
import {
  CHILD_EXIT,
  ORDER_CUT,
  ORDER_FULL,
  ORDER_HAND_OVER,
  ORDER_MOVED,
  ORDER_RECORD,
  ORDER_REPLACE,
  ORDER_STOP,
  ORDER_WAIT,
  type Ticket,
  waitedMs,
} from "./contract.ts";

/** Deadlines of a child in ms. */
export interface ChildDeadlines {
  /**
   * From its ticket until its session has started, or its caller was refused. The same time is added when it is ordered to wait.
   */
  readonly acceptedMs: number;
  /**
   * From the order to stop until its process must have ended. The latency in force, and the time that the caller waited for its
   * session, are added: the last payload that has arrived is due for delivery only then. For a session with
   * outputs, {@linkcode OUTPUTS_MS} is added too.
   */
  readonly stoppedMs: number;
  /** From its last message until its process has ended. */
  readonly leftMs: number;
  /** Without a message for this long, an accepted session's process is reported. */
  readonly quietMs: number;
  /** Without a message for this long, it is killed. */
  readonly hungMs: number;
}

/**
 * Our choice: a start takes about 50 ms, and some seconds if dozens start at once on a small machine. After an order to stop, a
 * child waits for payload until the latency and 5 s have passed, and for the disk up to 4 s. It reports every 2.5 s that it is
 * alive.
 */
export const CHILD_DEADLINES: ChildDeadlines = {
  acceptedMs: 10_000,
  stoppedMs: 12_000,
  leftMs: 5000,
  quietMs: 10_000,
  hungMs: 30_000,
};

/** How long a child waits for commands (`outputs/command_output.ts`) after it has recorded, with a margin of 3 s. */
const OUTPUTS_MS = 40_000;

/** A process that was handed over and has closed the channel counts as running if it does not end in this time. Our choice. */
const LEAVE_MS = 500;

/** Characters that are shown of an unexpected message. */
const SHOWN_CHARACTERS = 200;

/** How a child ended. */
export type ChildOutcome =
  | { readonly kind: "ended"; readonly event: SessionEndEvent }
  /** Its process runs on, and has left for the next listener. */
  | { readonly kind: "handed-over" }
  | {
    readonly kind: "not-accepted";
    readonly cause: NotAcceptedCause;
    readonly text: string;
    /** The reason that libsrt gave the caller, if it rejected it. */
    readonly reason?: number;
  }
  /** Its process ended before it reported an end; `started` is null if its session had not started. */
  | (Pick<ProcessEnd, "signal" | "code"> & {
    readonly kind: "crashed";
    /** From the start of its session to its death, in ms of a monotonic clock; 0 if the session had not started. */
    readonly durationMs: number;
    /** Why this program killed it, or null if something else ended it. */
    readonly killed: string | null;
    readonly started: SessionStartEvent | null;
    /** Absolute paths of the files that its recording had, in order, without the first `omittedFiles`. */
    readonly files: readonly string[];
    readonly omittedFiles: number;
    readonly lastStats: StatsEvent | null;
    /** Whether its caller has proven that it is real. */
    readonly proven: boolean;
  });

/** What following a child needs. */
export interface SessionChildOptions {
  /** Called with its warnings, with unexpected messages, and, once it is ready, with each line that it writes to stderr. */
  readonly onText: (text: string) => void;
  readonly deadlines?: ChildDeadlines;
}

/** What a listener knows of the ticket of a child, even if an earlier listener made it. */
export interface KnownTicket extends Pick<Ticket, "session" | "concludedMs" | "latencyMs" | "callerLatencyMs"> {
  readonly hasOutputs: boolean;
}

/** A child with a ticket. */
export class SessionChild {
  readonly #process: SessionProcess;
  readonly #ticket: Pick<Ticket, "session" | "concludedMs">;
  readonly #deadlines: ChildDeadlines;
  /** The larger of the latencies that both sides ask for; it counts until the one in force is known. */
  readonly #askedLatencyMs: number;
  readonly #hasOutputs: boolean;
  readonly #onText: (text: string) => void;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #started: SessionStartEvent | null = null;
  #startedMs = 0;
  /** How long the caller waited for its session, in ms. */
  #waitedMs = 0;
  /** From the start of the session to its end. */
  #life: LifeMonitor | null = null;
  #killed: string | null = null;
  readonly #files: string[] = [];
  #omittedFiles = 0;
  #lastStats: StatsEvent | null = null;
  #proven = false;
  #last: ChildOutcome | null = null;
  /** Whether it was ordered to wait, and has not been given more time for that. */
  #isDelayed = false;
  /** When it was killed because its session had not started, in ms after its ticket; null: it was not. */
  #lateMs: number | null = null;
  #gone = false;
  #isHandedOver = false;

  private constructor(
    process: SessionProcess,
    ticket: KnownTicket,
    { onText, deadlines = CHILD_DEADLINES }: SessionChildOptions,
  ) {
    this.#process = process;
    this.#ticket = { session: ticket.session, concludedMs: ticket.concludedMs }; // the rest may hold secrets
    this.#deadlines = deadlines;
    this.#hasOutputs = ticket.hasOutputs;
    this.#askedLatencyMs = Math.max(ticket.latencyMs ?? 0, ticket.callerLatencyMs);
    this.#onText = onText;
  }

  /** Follows a process that has its ticket. */
  static withTicket(process: SessionProcess, ticket: Ticket, options: SessionChildOptions): SessionChild {
    const child = new SessionChild(process, { ...ticket, hasOutputs: ticket.outputs !== null }, options);
    child.#requireStart();
    return child;
  }

  /** Follows a process whose session an earlier listener has started. */
  static adopted(process: SessionProcess, introduction: Introduction, options: SessionChildOptions): SessionChild {
    const { start, durationMs, concludedMs, hasOutputs, files, omittedFiles, stats, proven } = introduction;
    const { session, latencyMs } = start;
    const child = new SessionChild(
      process,
      { session, concludedMs, latencyMs, callerLatencyMs: latencyMs, hasOutputs },
      options,
    );
    child.#started = start;
    child.#startedMs = performance.now() - durationMs;
    child.#waitedMs = waitedMs({ concludedMs }, Date.parse(start.time));
    child.#files.push(...files);
    child.#omittedFiles = omittedFiles;
    child.#lastStats = stats;
    child.#proven = proven;
    child.#life = child.#monitorLife();
    return child;
  }

  /** Process ID of the child. */
  get pid(): number {
    return this.#process.pid;
  }

  /**
   * Yields what the child reports, in order, until the channel ends or, after a kill, the kernel holds the process. Must be read
   * to its end, only once; never throws.
   */
  async *messages(): AsyncGenerator<ChildMessage, void> {
    // not at the start: that would delay the event `listening` by 20 ms
    const { parseChildMessage } = await import("./child_message.ts");
    for (let next = await this.#process.nextMessage(); next !== null; next = await this.#process.nextMessage()) {
      const { text } = next;
      const message = text === null ? null : parseChildMessage(text, this.#ticket.session);
      if (message === null || this.#isOutOfPlace(message)) {
        this.#onText(`unexpected message: ${text?.slice(0, SHOWN_CHARACTERS) ?? "not text"}`);
        continue;
      }
      this.#keep(message);
      yield message;
    }
  }

  /**
   * Waits until the process has ended, or until it was killed and the kernel does not end it. All of its messages must have
   * been read. Never rejects.
   */
  async ended(): Promise<ChildOutcome> {
    const end = this.#isLeaving ? await withDeadline(this.#process.ended(), LEAVE_MS) : await this.#process.ended();
    if (end === "late" || (this.#isLeaving && hasFinished(end))) {
      this.#forget();
      return { kind: "handed-over" }; // it reports its end to the next listener
    }
    const { signal, code, isHeld } = end;
    if (isHeld) {
      this.#onText(
        `process ${this.pid} has not ended after SIGKILL: the kernel holds it, for example because a disk does not answer`,
      );
    }
    this.#forget();
    if (this.#last !== null) return this.#last;
    if (this.#lateMs !== null) {
      const text = `its process was not ready within ${this.#lateMs / 1000} s`;
      return { kind: "not-accepted", cause: "timeout", text };
    }
    return {
      kind: "crashed",
      durationMs: this.#started === null ? 0 : Math.round(performance.now() - this.#startedMs),
      killed: this.#killed,
      started: this.#started,
      files: this.#files,
      omittedFiles: this.#omittedFiles,
      lastStats: this.#lastStats,
      proven: this.#proven,
      signal,
      code,
    };
  }

  /** Waits until everything that it wrote to stderr has been read, which may be after the process has ended. */
  async textRead(): Promise<void> {
    await this.#process.textRead();
  }

  /** The first lines that the child wrote to stderr, if it was never ready. */
  get earlyText(): readonly string[] {
    return this.#process.earlyText;
  }

  /** Orders the child to wait for {@linkcode SessionChild.record} before it records. No effect once it records. */
  delayRecording(): void {
    this.#isDelayed = true;
    this.#process.send(ORDER_WAIT);
  }

  /** Orders a child that waits to record. */
  record(): void {
    this.#process.send(ORDER_RECORD);
  }

  /** Orders the child to end its session cleanly, and kills it if it has not ended in time. */
  stop(): void {
    this.#order(ORDER_STOP);
  }

  /** Same as {@linkcode SessionChild.stop}, for a session whose place another caller takes. */
  replace(): void {
    this.#order(ORDER_REPLACE);
  }

  /** Same as {@linkcode SessionChild.stop}, for a session whose caller's port has changed. */
  endMoved(): void {
    this.#order(ORDER_MOVED);
  }

  /** Same as {@linkcode SessionChild.stop}, for a session whose disk is almost full. */
  endFull(): void {
    this.#order(ORDER_FULL);
  }

  /** Whether its session has started. */
  get hasStarted(): boolean {
    return this.#started !== null;
  }

  /** Orders a child whose session has started to close the channel, and to find the next listener. */
  handOver(): void {
    if (this.#isHandedOver) return;
    this.#isHandedOver = true;
    this.#process.send(ORDER_HAND_OVER);
  }

  /** Orders a new file; the message `cut` is the answer. Does nothing before the session has started; returns whether it has. */
  cut(): boolean {
    if (this.#started === null) return false;
    this.#process.send(ORDER_CUT);
    return true;
  }

  /** Kills the child. `why` completes "its process was killed because ...". */
  kill(why: string | null = null): void {
    this.#killed ??= why;
    this.#process.kill();
  }

  /** Whether it was handed over and has not reported its end here. */
  get #isLeaving(): boolean {
    return this.#isHandedOver && this.#last === null;
  }

  /** Reports whether the session has started and the message is valid only before that. */
  #isOutOfPlace({ event }: ChildMessage): boolean {
    return this.#started !== null && (event === "session-start" || event === "not-accepted");
  }

  #keep(message: ChildMessage): void {
    this.#life?.heard();
    switch (message.event) {
      case "session-start":
        this.#started = message;
        this.#startedMs = performance.now();
        this.#waitedMs = waitedMs(this.#ticket, Date.now());
        this.#life = this.#monitorLife();
        if (message.file !== null) this.#files.push(message.file);
        break;
      case "segment":
        this.#files.push(message.file);
        break;
      case "stats":
        this.#lastStats = message;
        break;
      case "session-end":
        this.#end({ kind: "ended", event: message });
        break;
      case "not-accepted": {
        const { event: kind, cause, text, reason } = message;
        this.#end({ kind, cause, text, ...(reason === undefined ? {} : { reason }) });
        break;
      }
      case "proven":
        this.#proven = true;
        break;
      case "warning":
        this.#onText(message.text);
        break;
      case "ready":
        this.#process.passText(this.#onText);
        break;
      case "waiting":
      case "accepted":
      case "payload":
      case "alive":
      case "stranger":
      case "recorded":
      case "cut":
      case "recording-failed":
      case "no-data":
      case "data-again":
      case "missing":
        break;
      default:
        message satisfies never;
    }
  }

  #end(outcome: ChildOutcome): void {
    this.#last = outcome;
    this.#life?.[Symbol.dispose]();
    this.#after(this.#deadlines.leftMs, () => this.kill());
  }

  /** Reports a process that hangs, and kills it if it continues to hang, so that its caller can call again. */
  #monitorLife(): LifeMonitor {
    const { quietMs, hungMs } = this.#deadlines;
    return new LifeMonitor({
      quietMs,
      hungMs,
      onQuiet: () =>
        this.#onText(
          `process ${this.pid} has not responded for ${quietMs / 1000} s; after ${
            hungMs / 1000
          } s without a response it is killed\n` +
            "check this machine, not the sender or the network: it has stopped the process, or is overloaded",
        ),
      onHung: () => this.kill(`it did not respond for ${hungMs / 1000} s`),
    });
  }

  /** Kills it if its session has not started in time. */
  #requireStart(waitedMs = 0): void {
    const { acceptedMs } = this.#deadlines;
    this.#after(acceptedMs, () => {
      if (this.#started !== null) return;
      if (this.#isDelayed) {
        this.#isDelayed = false;
        return this.#requireStart(waitedMs + acceptedMs);
      }
      this.#lateMs = waitedMs + acceptedMs;
      this.kill();
    });
  }

  #order(order: string): void {
    this.#process.send(order);
    const dueMs = (this.#started?.latencyMs ?? this.#askedLatencyMs) + this.#waitedMs;
    const deadlineMs = Math.round(dueMs + this.#deadlines.stoppedMs + (this.#hasOutputs ? OUTPUTS_MS : 0));
    this.#after(deadlineMs, () => this.kill(`it did not end within ${deadlineMs / 1000} s of the order to stop`));
  }

  #forget(): void {
    this.#gone = true;
    this.#life?.[Symbol.dispose]();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Calls `act` after a time, unless the process has ended by then. */
  #after(delayMs: number, act: () => void): void {
    if (this.#gone) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delayMs);
    this.#timers.add(timer);
  }
}

/** Reports whether a process has ended by itself after its session. Of an adopted process, no exit code is known. */
function hasFinished({ signal, code, isHeld }: ProcessEnd): boolean {
  return signal === null && !isHeld && (code === null || code === CHILD_EXIT.done || code === CHILD_EXIT.failed);
}
