/**
 * A child process that runs a shell script in place of a session, and everything that it reported.
 *
 * @module
 */

import type { ChildCommand } from "../../mod/handoff/child_command.ts";
import { ChildProcess } from "../../mod/handoff/child_process.ts";
import type { Ticket } from "../../mod/handoff/contract.ts";
import { type ChildDeadlines, type ChildOutcome, SessionChild } from "../../mod/handoff/session_child.ts";
import { CallerSocket } from "../../mod/os/caller_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { within } from "../support/deadline.ts";
import { END, START, STATS } from "../report/events_of_a_run.ts";
import { ticketOf } from "./ticket_of.ts";

const libc = openLibc();

/** Far longer than a test takes: a test in which one of them expires fails. */
export const LONG_DEADLINES: ChildDeadlines = {
  acceptedMs: 60_000,
  stoppedMs: 60_000,
  leftMs: 60_000,
  quietMs: 60_000,
  hungMs: 60_000,
};

/** The command of a child that runs `script` in `sh`: its stdin and stdout are the control channel, one message a line. */
export function scriptedChild(script: string): ChildCommand {
  const relay = new URL("scripted_child.py", import.meta.url).pathname;
  return { file: "/usr/bin/python3", args: ["-S", "-E", relay, script], environment: {}, folder: "/", files: [] };
}

/** Text for `sh` that prints an event of session s1. */
export function print(event: object): string {
  return `printf '%s\\n' '${JSON.stringify({ session: "s1", ...event }).replaceAll("'", "'\\''")}'`;
}

export const READ_TICKET = "read -r ticket";
/** After this event, the stderr of a child is passed on. */
export const READY = print({ event: "ready" });
export const STARTS = print({ ...START, session: "s1" });
export const REPORTS_STATS = print({ ...STATS, session: "s1" });
export const ENDS = print({ ...END, session: "s1" });

/** A child that runs `script` in `sh`, and everything that it reported once it had its ticket. */
export class Child implements AsyncDisposable {
  readonly events: string[] = [];
  readonly texts: string[] = [];
  readonly child: SessionChild;
  readonly socket: CallerSocket;
  readonly #readiness = new Readiness(libc);
  readonly #started = Promise.withResolvers<void>();
  readonly #text = Promise.withResolvers<void>();
  readonly #ended: Promise<ChildOutcome>;

  constructor(script: readonly string[], { deadlines = LONG_DEADLINES, ticket = ticketOf() }: {
    readonly deadlines?: ChildDeadlines;
    readonly ticket?: Ticket;
  } = {}) {
    this.socket = CallerSocket.open(libc, {
      local: { address: "127.0.0.1", port: 0 },
      caller: { address: "127.0.0.1", port: 9 },
    });
    const process = ChildProcess.start(scriptedChild(script.join("\n")), {
      libc,
      readiness: this.#readiness,
      libsrt: "libsrt.so.1.5",
    });
    process.giveTicket(ticket, this.socket);
    this.child = SessionChild.withTicket(process, ticket, {
      deadlines,
      onText: (line) => {
        this.texts.push(line);
        this.#text.resolve();
      },
    });
    this.#ended = this.#read();
  }

  async whenEventCame(): Promise<void> {
    await within(this.#started.promise, "the first event");
  }

  async whenTextCame(): Promise<void> {
    await within(this.#text.promise, "a line of text");
  }

  async outcome(): Promise<ChildOutcome> {
    return await within(this.#ended, "the end of the child");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill();
    await this.#ended;
    this.socket.close();
    this.#readiness.close();
  }

  async #read(): Promise<ChildOutcome> {
    for await (const { event } of this.child.messages()) {
      if (event === "waiting") continue; // on a busy machine, the child may run before it has its ticket
      this.events.push(event);
      this.#started.resolve();
    }
    const outcome = await this.child.ended();
    await this.child.textRead();
    return outcome;
  }
}
