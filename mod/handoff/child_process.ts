/**
 * One child process, from its start to its exit. It gets its end of the control channel at the start, and its caller later.
 *
 * @module
 */

import type { CallerSocket } from "../os/caller_socket.ts";
import type { Libc } from "../os/libc.ts";
import { MessageSocket } from "../os/message_socket.ts";
import type { Readiness } from "../os/readiness.ts";
import { readLines } from "../os/read_lines.ts";
import { Channel } from "./channel.ts";
import { ChannelMessages } from "./channel_messages.ts";
import { type ChildCommand, HandoffError } from "./child_command.ts";
import { encodeTicket, STDOUT_MESSAGE, type Ticket } from "./contract.ts";

/** Lines of stderr that are kept until the child is ready. */
const EARLY_LINES = 100;
/** The descriptor of this process's stdout. */
const STDOUT = 1;
/** How long a killed process may take to exit. After that, it counts as held by the kernel. */
export const KILLED_MS = 2000;
/** Exit code of a process that SIGKILL ended, as Deno reports it. */
const SIGKILL_CODE = 137;

/** What starting a child needs. */
export interface ChildStart {
  readonly libc: Libc;
  /** Shared by all children. */
  readonly readiness: Readiness;
  /** The libsrt to load, as the probe found it. */
  readonly libsrt: string;
}

/** How a process ended. */
export interface ProcessEnd {
  /** Name of the signal that ended it, or null. */
  readonly signal: string | null;
  /** Exit code; null if it cannot be read, because an earlier listener started the process. */
  readonly code: number | null;
  /** It was killed, and the kernel does not end it. */
  readonly isHeld: boolean;
}

/** The process of a session, as a listener uses it. */
export interface SessionProcess {
  /** Process ID. */
  readonly pid: number;
  /** The first lines that it wrote to stderr, until {@linkcode SessionProcess.passText} passes them on. */
  readonly earlyText: readonly string[];
  /** Passes on the lines that it has written to stderr, and all that follow. */
  passText(onText: (line: string) => void): void;
  /** Waits until all of its stderr has been read, which may be after it has ended, or until the kernel holds it. */
  textRead(): Promise<void>;
  /** Sends an order. It is lost if the process has ended. */
  send(order: string): void;
  /**
   * Waits for its next message. Null if there is none: it has closed the channel, or the kernel holds the killed process. One call
   * at a time; never rejects.
   *
   * @returns `text` is null if the message is malformed.
   */
  nextMessage(): Promise<{ readonly text: string | null } | null>;
  /** Kills it. Does nothing if it has ended. */
  kill(): void;
  /** Waits until it has ended, or until it was killed and the kernel holds it. */
  ended(): Promise<ProcessEnd>;
}

/** A running process that this one has started. Its messages must be read to their end. */
export class ChildProcess implements SessionProcess {
  readonly #process: Deno.ChildProcess;
  readonly #channel: Channel;
  readonly #messages: ChannelMessages;
  /** What it wrote to stderr before it was ready. It is limited, because a runtime that cannot start may write many lines. */
  readonly #earlyText: string[] = [];
  #onText: ((line: string) => void) | null = null;
  readonly #text: Promise<void>;
  /** Settles once the kernel holds the killed process. */
  readonly #held = Promise.withResolvers<"held">();
  #heldTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #end: Promise<ProcessEnd>;
  #isGone = false;

  private constructor(process: Deno.ChildProcess, channel: Channel, readiness: Readiness) {
    this.#process = process;
    this.#channel = channel;
    this.#messages = new ChannelMessages(channel, readiness);
    process.stdin.close().catch(() => {}); // the process may have ended
    process.stdout.cancel().catch(() => {});
    this.#text = this.#readText();
    this.#end = this.#waitForEnd();
  }

  /** Starts a process that waits for its ticket. @throws {HandoffError} No process can be started. */
  static start(command: ChildCommand, { libc, readiness, libsrt }: ChildStart): ChildProcess {
    try {
      command.check?.();
      const [own, inherited] = MessageSocket.pair(libc);
      using _inherited = inherited;
      const channel = new Channel(own);
      try {
        const process = inherited.inherit((descriptor) =>
          new Deno.Command(command.file, {
            args: [...command.args, "session", String(descriptor), libsrt],
            clearEnv: true,
            env: { ...command.environment },
            cwd: command.folder,
            stdin: "piped", // and closed: "null" needs /dev/null, which a bare machine does not have
            stdout: "piped",
            stderr: "piped",
            detached: true, // a process session of its own: Ctrl-C in a terminal must not reach it
          }).spawn()
        );
        return new ChildProcess(process, channel, readiness);
      } catch (error) {
        channel.close();
        throw error;
      }
    } catch (cause) {
      throw new HandoffError("cannot start a child", { cause });
    }
  }

  /** Process ID. */
  get pid(): number {
    return this.#process.pid;
  }

  /** See {@linkcode SessionProcess.earlyText}. */
  get earlyText(): readonly string[] {
    return this.#earlyText;
  }

  /** See {@linkcode SessionProcess.passText}. */
  passText(onText: (line: string) => void): void {
    this.#onText = onText;
    for (const line of this.#earlyText.splice(0)) onText(line);
  }

  /** See {@linkcode SessionProcess.textRead}. */
  async textRead(): Promise<void> {
    await Promise.race([this.#text, this.#held.promise]);
  }

  /**
   * Sends a session to it: the ticket with a duplicate of the socket's descriptor, stdout if the payload goes there, and the
   * outputs.
   * Returns false if the socket or stdout cannot be sent: it has ended, or it does not read its messages.
   */
  giveTicket(ticket: Ticket, socket: Pick<CallerSocket, "descriptor">): boolean {
    const { ticket: first, outputs } = encodeTicket(ticket);
    if (!this.#channel.sendWithDescriptor(first, socket.descriptor)) return false;
    if (ticket.sink.kind === "stdout" && !this.#channel.sendWithDescriptor(STDOUT_MESSAGE, STDOUT)) return false;
    if (outputs !== null) this.#channel.send(outputs);
    return true;
  }

  /** Sends an order. It is lost if the process has ended. */
  send(order: string): void {
    this.#channel.send(order);
  }

  /** See {@linkcode SessionProcess.nextMessage}. */
  nextMessage(): Promise<{ readonly text: string | null } | null> {
    return this.#messages.next();
  }

  /** Kills it. Does nothing if it has ended. */
  kill(): void {
    if (!this.#isGone) this.#heldTimer ??= setTimeout(() => this.#endHeld(), KILLED_MS);
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // it has already ended
    }
  }

  /** See {@linkcode SessionProcess.ended}. */
  ended(): Promise<ProcessEnd> {
    return this.#end;
  }

  async #waitForEnd(): Promise<ProcessEnd> {
    const status = await Promise.race([this.#process.status, this.#held.promise]);
    this.#isGone = true;
    clearTimeout(this.#heldTimer);
    return status === "held"
      ? { signal: "SIGKILL", code: SIGKILL_CODE, isHeld: true }
      : { signal: status.signal, code: status.code, isHeld: false };
  }

  /** Ends all waits: the kernel holds the killed process. */
  #endHeld(): void {
    this.#messages.cancel();
    this.#held.resolve("held");
  }

  async #readText(): Promise<void> {
    for await (const line of readLines(this.#process.stderr)) {
      if (this.#onText !== null) this.#onText(line);
      else if (this.#earlyText.length < EARLY_LINES) this.#earlyText.push(line);
    }
  }
}
