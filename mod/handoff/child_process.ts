/**
 * The process of a child: started with the caller socket, read line by line, and killed.
 *
 * @module
 */

import type { CallerSocket } from "../os/caller_socket.ts";
import { readLines } from "../os/read_lines.ts";
import { type ChildCommand, HandoffError } from "./child_command.ts";

/** How long a killed process is waited for. One that takes longer is held by the kernel. */
const KILLED_MS = 2000;
/** Exit code of a process that SIGKILL ended, as Deno reports it. */
const SIGKILL_CODE = 137;

/** How a process ended. */
export interface ProcessEnd {
  /** Name of the signal that ended it, or null. */
  readonly signal: string | null;
  readonly code: number;
  /** It was killed, and the kernel does not end it. */
  readonly isHeld: boolean;
}

/** A running process. */
export class ChildProcess {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** Settles once the kernel holds the killed process. */
  readonly #held = Promise.withResolvers<"held">();
  #isHeld = false;
  #onHeld: () => void = () => {};
  #heldTimer: ReturnType<typeof setTimeout> | undefined;
  #isGone = false;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
  }

  /**
   * Starts a process that inherits the socket. The socket stays the caller's to close.
   *
   * @param session Its ID, for the message of an error.
   * @throws {HandoffError} No process can be started.
   */
  static start(
    command: ChildCommand,
    { socket, session }: { readonly socket: CallerSocket; readonly session: string },
  ): ChildProcess {
    try {
      command.check?.();
      const process = socket.inherit((descriptor) =>
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
      return new ChildProcess(process);
    } catch (cause) {
      throw new HandoffError(`cannot start a child for session ${session}`, { cause });
    }
  }

  /** Process ID. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Yields the lines of its stdout until that ends or the kernel holds it. To be read once. */
  async *lines(): AsyncGenerator<string, void> {
    const lines = readLines(this.#process.stdout);
    while (true) {
      const next = await this.#unlessHeld(lines.next());
      if (next === "held" || next.done) return;
      yield next.value;
    }
  }

  /** Calls `onLine` with each line of its stderr. Settles at the end of it, or once the kernel holds the process. Call this once. */
  async readText(onLine: (line: string) => void): Promise<void> {
    const read = async () => {
      for await (const line of readLines(this.#process.stderr)) onLine(line);
    };
    await Promise.race([read(), this.#held.promise]);
  }

  /** Writes a line to its stdin. If the process is gone, the line is lost: how it ended is known then. */
  write(line: string): void {
    this.#input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }

  /** Kills it. Does nothing if it is gone. */
  kill(): void {
    if (!this.#isGone) this.#heldTimer ??= setTimeout(() => this.#hold(), KILLED_MS);
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // it is gone already
    }
  }

  /** Waits until it is gone, or until it was killed and the kernel holds it. */
  async ended(): Promise<ProcessEnd> {
    const status = await Promise.race([this.#process.status, this.#held.promise]);
    this.#isGone = true;
    clearTimeout(this.#heldTimer);
    await this.#input.close().catch(() => {}); // broken with the process: nothing is lost with it
    return status === "held"
      ? { signal: "SIGKILL", code: SIGKILL_CODE, isHeld: true }
      : { signal: status.signal, code: status.code, isHeld: false };
  }

  #hold(): void {
    this.#isHeld = true;
    this.#held.resolve("held");
    this.#onHeld();
  }

  /** Waits for a line. `Promise.race` would keep every line until the session ends. */
  #unlessHeld<Line>(line: Promise<Line>): Promise<Line | "held"> {
    return new Promise((resolve, reject) => {
      if (this.#isHeld) return resolve("held");
      this.#onHeld = () => resolve("held");
      line.then(resolve, reject);
    });
  }
}
