/**
 * Spares: children that have loaded libsrt and wait, so that a caller does not have to wait for the start of a process. Before a
 * spare waits, it rehearses: it runs a short session with a caller of its own (`session/rehearsal.ts`).
 *
 * When libsrt or the program changes on the disk, the spares are replaced, so that callers get the new one.
 *
 * @module
 */

import type { CallerSocket } from "../os/caller_socket.ts";
import { systemProblem } from "../report/problem.ts";
import { HandoffError } from "./child_command.ts";
import type { ChildProcess } from "./child_process.ts";
import type { Ticket } from "./contract.ts";
import type { Turn } from "./start_queue.ts";

/**
 * Our choice: when a spare gets its caller, the files are checked only if the last check was longer ago than this. Usually they
 * were checked when its handshake began, which takes two round trips, perhaps over a satellite.
 */
const MAX_CHECK_AGE_MS = 1500;
/** Our choice: how long a spare may take to start. */
const START_MS = 10_000;
/** Our choice: pause after a spare that did not start; each further one doubles it, up to the limit. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** What spares need. */
export interface SparesOptions {
  /** How many wait at the same time; 0 for none. */
  readonly size: number;
  /** Starts a child. @throws {HandoffError} */
  readonly start: () => ChildProcess;
  /** Waits until a spare may start. Returns null if none may start any more. */
  readonly turn: () => Promise<Turn | null>;
  /** Returns the files that a child loads. */
  readonly files: () => readonly string[];
  readonly onDetail: (text: string) => void;
}

interface Spare {
  readonly process: ChildProcess;
  /** Describes its program and its libsrt as they were when it started. */
  readonly files: string;
}

/** The spares of a listener. */
export class Spares {
  readonly #options: SparesOptions;
  #size: number;
  /** In the order in which they began to wait. */
  #waiting: Spare[] = [];
  #starting = 0;
  /** Processes without a ticket that have not ended: they start, wait, or were discarded. */
  readonly #running = new Set<ChildProcess>();
  #failures = 0;
  #isRehearsalReported = false;
  #checkedMs = -Infinity;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SparesOptions) {
    this.#options = options;
    this.#size = options.size;
  }

  /** Starts the first ones. Idempotent. */
  begin(): void {
    this.#fill();
  }

  /** Changes the number of spares. */
  resize(size: number): void {
    this.#size = size;
    for (const spare of this.#waiting.slice(size)) this.#discard(spare, "is no longer needed");
    this.#fill();
  }

  /** Gives the caller to a spare. Returns null if there is none: then no child has the socket. */
  take(ticket: Ticket, socket: CallerSocket): ChildProcess | null {
    this.renew({ maxAgeMs: MAX_CHECK_AGE_MS });
    for (let spare = this.#waiting.shift(); spare !== undefined; spare = this.#waiting.shift()) {
      const { process } = spare;
      if (!process.giveTicket({ ...ticket, spare: true }, socket)) {
        this.#discard(spare, "did not receive its caller");
        continue;
      }
      this.#options.onDetail(`${ticket.session}: gets spare process ${process.pid}`);
      this.#running.delete(process);
      this.#fill();
      return process;
    }
    this.#fill();
    return null;
  }

  /**
   * Replaces spares whose program or libsrt has changed.
   *
   * @param options `maxAgeMs`: does nothing if the files were checked less than this long ago.
   */
  renew({ maxAgeMs = 0 }: { readonly maxAgeMs?: number } = {}): void {
    const nowMs = performance.now();
    if (this.#waiting.length === 0 || nowMs < this.#checkedMs + maxAgeMs) return;
    this.#checkedMs = nowMs;
    const files = this.#files();
    for (const spare of this.#waiting.filter((other) => other.files !== files)) {
      this.#discard(spare, "is ended: its program or its libsrt has changed");
    }
    this.#fill();
  }

  /** Ends all spares. Settles when they have ended. */
  async close(): Promise<void> {
    this.#size = 0;
    clearTimeout(this.#pause);
    this.#waiting = [];
    for (const process of this.#running) process.kill();
    await Promise.all(Array.from(this.#running, (process) => process.ended()));
  }

  #fill(): void {
    if (this.#pause !== undefined) return;
    while (this.#waiting.length + this.#starting < this.#size) {
      this.#starting += 1;
      void this.#startOne().finally(() => {
        this.#starting -= 1;
        this.#fill();
      });
    }
  }

  async #startOne(): Promise<void> {
    const turn = await this.#options.turn();
    if (turn === null) this.#size = 0; // the listener stops
    if (this.#waiting.length < this.#size) await this.#start();
    turn?.end({ kind: "unused" });
  }

  async #start(): Promise<void> {
    const files = this.#files();
    let process: ChildProcess;
    try {
      process = this.#options.start();
    } catch (error) {
      if (!(error instanceof HandoffError)) throw error;
      return this.#pauseAfter(systemProblem(error.cause));
    }
    this.#running.add(process);
    const late = setTimeout(() => process.kill(), START_MS);
    // not at the start: that would delay the event `listening` by 20 ms
    const { parseChildMessage } = await import("./child_message.ts");
    const message = parseChildMessage((await process.nextMessage())?.text ?? "", "");
    clearTimeout(late);
    if (message?.event !== "waiting") {
      process.kill();
      void this.#follow(process);
      if (this.#size > 0) this.#pauseAfter(message?.event === "not-accepted" ? message.text : "it has ended");
      return;
    }
    this.#failures = 0;
    if (message.problem !== undefined) this.#reportRehearsal(message.problem);
    const spare = { process, files };
    this.#waiting.push(spare);
    this.#options.onDetail(`spare process ${process.pid} waits for a caller`);
    void process.ended().then(() => {
      if (!this.#waiting.includes(spare)) return;
      this.#discard(spare, "has ended");
      this.#pauseStarts(FIRST_PAUSE_MS);
    });
  }

  /** Reports the first rehearsal that failed: the others fail for the same reason. */
  #reportRehearsal(problem: string): void {
    if (this.#isRehearsalReported) return;
    this.#isRehearsalReported = true;
    this.#options.onDetail(`a spare process could not rehearse, and may serve its caller more slowly: ${problem}`);
  }

  #pauseAfter(text: string): void {
    this.#options.onDetail(`a spare process did not start: ${text}`);
    this.#pauseStarts(Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS));
    this.#failures += 1;
  }

  #pauseStarts(pauseMs: number): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#fill();
    }, pauseMs);
  }

  #discard(spare: Spare, why: string): void {
    const { process } = spare;
    this.#waiting = this.#waiting.filter((other) => other !== spare);
    this.#options.onDetail(`spare process ${process.pid} ${why}`);
    process.kill();
    void this.#follow(process);
  }

  /** Reads the messages of a process until it has ended. */
  async #follow(process: ChildProcess): Promise<void> {
    while (await process.nextMessage() !== null);
    await process.ended();
    this.#running.delete(process);
  }

  /** Describes the files as they are now. The text changes if one is replaced, changed or removed. */
  #files(): string {
    return this.#options.files().map(versionOf).join(" ");
  }
}

function versionOf(path: string): string {
  try {
    const { dev, ino, size, mtime } = Deno.statSync(path);
    return [dev, ino, size, mtime?.getTime()].join(":");
  } catch {
    return "gone";
  }
}
