/**
 * A running srt-splitter, held by `await using`: the real program with the permissions of the task `listen`, or the executable
 * that the variable SRT_SPLITTER names.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readLines } from "../../mod/os/read_lines.ts";
import type { ListeningEvent, SplitterEvent } from "../../mod/vocabulary/events.ts";
import { listenEnvironment, listenOptions } from "../../scripts/listen_options.ts";
import { DEADLINE_MS, within } from "./deadline.ts";
import { childrenOf, waitUntilGone } from "./processes.ts";

/** The executable that is tested in place of `deno run main.ts`, or null. */
export const EXECUTABLE: string | null = Deno.env.get("SRT_SPLITTER") || null;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** An event by its name. */
export type EventOf<Name extends SplitterEvent["event"]> = Extract<SplitterEvent, { readonly event: Name }>;

/** How the program is started. */
export interface SplitterOptions {
  /** Environment variables, in addition to those of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** The executable to start, or null for the source; {@linkcode EXECUTABLE} unless given. */
  readonly executable?: string | null;
  /** The folder of the source, with a slash at its end; that of this project unless given. */
  readonly root?: string;
  /** Text lines instead of JSON. */
  readonly text?: boolean;
  /** A command and arguments that start the program, such as `ip netns exec NAME`. */
  readonly as?: readonly string[];
}

/** Result of a program that ended. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program, in most tests a listener. */
export class Splitter implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  readonly #wakers = new Set<() => void>();
  readonly #hungUp = new AbortController();
  #ended = false;
  /** Lines of stdout so far. */
  readonly lines: string[] = [];
  /** Events of stdout so far, if it prints JSON. */
  readonly events: SplitterEvent[] = [];
  /** Lines of stderr so far. */
  readonly errors: string[] = [];

  private constructor(process: Deno.ChildProcess, json: boolean) {
    this.#process = process;
    this.#reading = Promise.all([
      this.#read(process.stdout, (line) => {
        if (json && !line.startsWith("{")) return void this.errors.push(line); // a test may redirect stderr to stdout
        this.lines.push(line);
        if (json) this.events.push(JSON.parse(line));
      }),
      this.#read(process.stderr, (line) => this.errors.push(line)),
    ]).then(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Starts `listen` with these arguments and waits until callers can connect. */
  static async listen(args: readonly string[], options: SplitterOptions = {}): Promise<Splitter> {
    return await Splitter.#begin(["listen", ...args], options);
  }

  /** Starts `record` with these arguments and waits until it calls. */
  static async record(args: readonly string[], options: SplitterOptions = {}): Promise<Splitter> {
    return await Splitter.#begin(["record", ...args], options);
  }

  static async #begin(args: readonly string[], options: SplitterOptions): Promise<Splitter> {
    const json = options.text !== true;
    const splitter = new Splitter(command([...args, ...(json ? ["--json"] : [])], options).spawn(), json);
    try {
      if (json) await splitter.event("listening");
      else await splitter.line(/^press Ctrl-C to stop/);
      return splitter;
    } catch (error) {
      await splitter[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts another command, such as `send`, without waiting for anything. */
  static start(args: readonly string[], options: SplitterOptions = {}): Splitter {
    return new Splitter(command(args, options).spawn(), false);
  }

  /** Runs the program to its end; one that still runs after {@linkcode DEADLINE_MS} is killed (exit code 137). */
  static async run(args: readonly string[], options: SplitterOptions = {}): Promise<RunResult> {
    const process = command(args, options).spawn();
    const late = setTimeout(() => process.kill("SIGKILL"), DEADLINE_MS);
    const { code, stdout, stderr } = await process.output();
    clearTimeout(late);
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  }

  /** The listener's process ID. */
  get pid(): number {
    return this.#process.pid;
  }

  /** The port that is listened on. */
  get port(): number {
    const listening = this.events.find((event): event is ListeningEvent => event.event === "listening");
    if (listening !== undefined) return listening.port;
    return Number(/UDP port (\d+)/.exec(this.lines.join("\n"))?.[1]);
  }

  /** Waits for an event that matches; earlier ones count too. */
  event<Name extends SplitterEvent["event"]>(
    name: Name,
    fits: (event: EventOf<Name>) => boolean = () => true,
  ): Promise<EventOf<Name>> {
    return this.#wait(
      `an event ${name}`,
      () => this.events.find((event): event is EventOf<Name> => event.event === name && fits(event as EventOf<Name>)),
    );
  }

  /**
   * Waits for the start of a session that matches, and for its file, which is created after the start was reported if the disk
   * is slow.
   */
  async recording(
    fits: (start: EventOf<"session-start">) => boolean = () => true,
  ): Promise<EventOf<"session-start"> & { readonly file: string }> {
    const start = await this.event("session-start", fits);
    const file = start.file ?? (await this.event("segment", ({ session }) => session === start.session)).file;
    return { ...start, file };
  }

  /** All events of one name so far. */
  eventsNamed<Name extends SplitterEvent["event"]>(name: Name): readonly EventOf<Name>[] {
    return this.events.filter((event): event is EventOf<Name> => event.event === name);
  }

  /** Waits for a line of stdout. */
  line(pattern: RegExp): Promise<string> {
    return this.#wait(`a line ${pattern}`, () => this.lines.find((line) => pattern.test(line)));
  }

  /** Waits for a line of stderr. */
  errorLine(pattern: RegExp): Promise<string> {
    return this.#wait(`a line ${pattern} of stderr`, () => this.errors.find((line) => pattern.test(line)));
  }

  /** Closes the reading ends of its pipes, as `| head` does. */
  async stopReading(): Promise<void> {
    this.#hungUp.abort();
    await this.#reading;
  }

  /** Sends a signal to the listener alone. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits until the listener has ended; returns its exit status. */
  async ended(): Promise<Deno.CommandStatus> {
    const status = await within(this.#process.status, "the end", () => this.#output());
    await this.#reading;
    return status;
  }

  /** Sends the signal, SIGINT by default, and returns the exit code. */
  async stop(signal: Deno.Signal = "SIGINT"): Promise<number> {
    this.signal(signal);
    return (await this.ended()).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const children = this.#children();
    for (const pid of [this.pid, ...children]) killIfThere(pid);
    await this.#process.status;
    await this.#reading;
    await Promise.all(children.map(waitUntilGone)); // they write to the test's folder, which is removed next
    const numbered = [...this.lines, ...this.errors].filter((line) => / \(os error \d+\)/.test(line));
    assert.deepStrictEqual(numbered, [], "a line has an error number of the operating system");
  }

  /** Its children, and its session processes that still run after it has ended. */
  #children(): readonly number[] {
    const ended = new Set(this.eventsNamed("session-end").map(({ session }) => session));
    const running = this.eventsNamed("session-start").filter(({ session }) => !ended.has(session));
    return [...new Set([...running.map(({ pid }) => pid), ...childrenOf(this.pid)])];
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, take: (line: string) => void): Promise<void> {
    const whileRead = stream.pipeThrough(new TransformStream(), { signal: this.#hungUp.signal });
    for await (const line of readLines(whileRead)) {
      take(line);
      this.#wake();
    }
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }

  async #wait<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const check = () => {
      const found = find();
      if (found !== undefined) resolve(found);
      else if (this.#ended) reject(new Error(`cannot wait for ${what}: it ended and printed:\n${this.#output()}`));
    };
    this.#wakers.add(check);
    check();
    try {
      return await within(promise, what, () => this.#output());
    } finally {
      this.#wakers.delete(check);
    }
  }

  #output(): string {
    return [...this.lines, ...this.errors].join("\n");
  }
}

/** The command that starts the program: an executable, or Deno with the permissions of the task `listen`. */
export function splitterCommand(
  args: readonly string[],
  executable: string | null = EXECUTABLE,
  root: string = ROOT,
): { readonly file: string; readonly args: readonly string[] } {
  if (executable !== null) return { file: executable, args };
  return { file: Deno.execPath(), args: ["run", ...listenOptions(), `${root}main.ts`, ...args] };
}

function command(
  args: readonly string[],
  { executable = EXECUTABLE, root = ROOT, env = {}, as = [] }: SplitterOptions,
): Deno.Command {
  const start = splitterCommand(args, executable, root);
  const [file = "", ...rest] = [...as, start.file, ...start.args];
  return new Deno.Command(file, {
    args: rest,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { ...(executable === null ? listenEnvironment() : {}), ...env },
  });
}

function killIfThere(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
  }
}
