/**
 * A command that gets the payload of one session on its stdin. The command never delays the session: payload that
 * the command does not read in time is dropped for it.
 *
 * @module
 */

import { type Libc } from "../os/libc.ts";
import { describeEnd, type ProgramEnd, SIGNAL, signalName, SpawnedProgram } from "../os/spawn.ts";
import { sleep } from "../os/timer.ts";
import { type CommandTemplate, formatCommand } from "../recording/command_template.ts";
import type { FileNames } from "../recording/file_name.ts";
import { formatDuration } from "../report/format.ts";
import { systemProblem } from "../report/problem.ts";
import type { OutputReport } from "../vocabulary/events.ts";
import { OutputQueue } from "./output_queue.ts";
import { StderrLines } from "./stderr_lines.ts";

/** How often a command is checked: its stderr, its end, and whether a start is due. */
const CHECK_MS = 100;
/** How often a write to a full pipe is tried again. Our choice: the pipe holds 1 MiB, so this is enough for 800 Mbit/s. */
const RETRY_MS = 10;
/** How often the end of a command is checked once the payload has ended. */
const END_CHECK_MS = 20;
/** Maximum bytes of stderr that one call reads, and maximum number of calls in one check. */
const STDERR_BYTES = 16_384;
const STDERR_READS = 16;

/** Time between the end of a command and its next start, if it ends again and again. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** If a command ran for this long, it was useful: the next pause is the shortest again. */
const USEFUL_MS = 60_000;

/** How long a command may take to end: after the end of the payload, after SIGTERM and after SIGKILL. */
export interface EndDeadlines {
  readonly payloadMs: number;
  readonly terminateMs: number;
  readonly killMs: number;
}

/** Our choice: in this time, a command can write the index of a large file. The manual has these times. */
export const END_DEADLINES: EndDeadlines = { payloadMs: 30_000, terminateMs: 5000, killMs: 2000 };

/** What a command needs. */
export interface CommandOutputOptions extends Pick<FileNames, "values" | "utc"> {
  readonly libc: Libc;
  readonly template: CommandTemplate;
  readonly environment: readonly string[];
  readonly folder: string;
  /** Whether the command is started again if it ends during the session. */
  readonly restarts: boolean;
  /** Reports a condition, or a line of the command's stderr. Never throws. */
  readonly warn: (text: string) => void;
  /** Name of the output in warnings and in the report; the name of the program unless given. */
  readonly name?: string;
  /** Start of the session in ms since the epoch, for the fields of the first start; a restart has its own time. */
  readonly startMs: number;
  /** Bytes that each process of the command reads before payload; at most 64 KiB. */
  readonly firstBytes?: Uint8Array<ArrayBuffer>;
  /** Receives a line of the command's stderr. Unless given, the line is a warning. Never throws. */
  readonly onLine?: (line: string) => void;
  /** Called when a process has started, before a line of its stderr is reported. */
  readonly onStart?: () => void;
  readonly deadlines?: EndDeadlines;
  /** Payload that may wait for the command, in bytes; 16 MiB unless given. */
  readonly limitBytes?: number;
}

/**
 * Starts the command with the first payload. Once {@linkcode CommandOutput.finish} has settled, the process of the command has
 * ended, unless the kernel holds that process.
 */
export class CommandOutput {
  readonly #options: CommandOutputOptions;
  readonly #queue: OutputQueue;
  readonly #errors = new Uint8Array(STDERR_BYTES);
  readonly #name: string;
  #program: SpawnedProgram | null = null;
  #lines: StderrLines;
  #timer: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #starts = 0;
  #startedMs = 0;
  #writtenBytes = 0;
  #failures = 0;
  /** When the command is started again; null if no start is planned. */
  #nextStartMs: number | null = null;
  #isFinishing = false;
  #isSlowReported = false;
  #isClosedReported = false;
  #end: ProgramEnd | null = null;
  #text = "was not started: there was no payload";

  constructor(options: CommandOutputOptions) {
    this.#options = options;
    this.#queue = new OutputQueue(options.limitBytes);
    const [program = []] = options.template;
    const programName = program.filter((part) => typeof part === "string").join("").split("/").at(-1) ?? "";
    this.#name = options.name ?? programName;
    this.#lines = this.#newLines();
  }

  /** Accepts the next payload, which is valid during the call only. Never waits or throws. */
  push(payload: Uint8Array<ArrayBuffer>): void {
    if (this.#timer === undefined) this.#begin();
    if (this.#program === null) return this.#queue.skip(payload);
    const { waitingBytes, droppedBytes } = this.#queue;
    this.#queue.push(payload);
    if (waitingBytes > 0 && this.#queue.droppedBytes > droppedBytes) this.#reportSlow();
    if (this.#retry === undefined) this.#pump();
    this.#queue.own();
  }

  /** The payload has ended: waits for the end of the command, and ends it if that takes too long. Never throws. */
  async finish(): Promise<OutputReport> {
    const { payloadMs, terminateMs, killMs } = this.#options.deadlines ?? END_DEADLINES;
    this.#isFinishing = true;
    this.#nextStartMs = null;
    await this.#untilEnded(payloadMs);
    const isLate = this.#program !== null;
    if (isLate) {
      this.#queue.clear();
      this.#program?.kill(SIGNAL.SIGTERM);
      await this.#untilEnded(terminateMs);
      this.#program?.kill(SIGNAL.SIGKILL);
      await this.#untilEnded(killMs);
    }
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    if (this.#program !== null) this.#release("was killed, and the kernel holds its process");
    if (isLate) {
      this.#text = `did not end within ${formatDuration(payloadMs)} of the end of the payload, and ${this.#text}`;
    }
    return this.#report();
  }

  #report(): OutputReport {
    const { droppedBytes } = this.#queue;
    const end = this.#end;
    const exitCode = end?.kind === "exit" ? end.code : null;
    return {
      kind: "pipe",
      name: this.#name,
      ok: droppedBytes === 0 && (exitCode === 0 || this.#starts === 0),
      text: this.#text,
      starts: this.#starts,
      bytes: this.#writtenBytes,
      droppedBytes,
      exitCode,
      signal: end?.kind === "signal" ? signalName(end.signal) : null,
    };
  }

  #begin(): void {
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
    this.#start();
  }

  #start(): void {
    const { libc, template, environment, folder, values, utc } = this.#options;
    const startMs = this.#starts === 0 ? this.#options.startMs : Date.now();
    const naming = { values, utc, startMs, segment: this.#starts + 1 };
    this.#nextStartMs = null;
    try {
      this.#program = SpawnedProgram.start(libc, { args: formatCommand(template, naming), environment, folder });
    } catch (error) {
      return this.#failed(systemProblem(error));
    }
    this.#starts += 1;
    this.#startedMs = performance.now();
    this.#end = null;
    this.#lines = this.#newLines();
    this.#isClosedReported = false;
    this.#options.onStart?.();
    const { firstBytes } = this.#options;
    if (firstBytes !== undefined) this.#program.write(firstBytes); // the pipe is empty, and has room
  }

  /** Does what is due: starts the command again, reads its stderr, and handles its end. */
  #check(): void {
    const nowMs = performance.now();
    if (this.#nextStartMs !== null && nowMs >= this.#nextStartMs) this.#start();
    const program = this.#program;
    if (program === null) return;
    const end = program.ended(); // read first: if it has ended, all of its lines can be read below
    this.#readErrors(program, nowMs);
    if (end !== null) this.#exited(program, end, nowMs);
  }

  #reportSlow(): void {
    if (this.#isSlowReported) return;
    this.#isSlowReported = true;
    this.#warn("is too slow, so payload is dropped for it; the session continues");
  }

  #exited(program: SpawnedProgram, end: ProgramEnd, nowMs: number): void {
    this.#lines.finish(nowMs);
    program.close();
    this.#program = null;
    this.#end = end;
    this.#queue.clear();
    if (nowMs - this.#startedMs >= USEFUL_MS) this.#failures = 0;
    const how = describeEnd(end);
    if (this.#isFinishing) this.#text = `ended with ${how}`;
    else this.#failed(`ended with ${how} during the session`);
  }

  /** Called after a failed start or an early end: the command is started again later, or misses the rest of the session. */
  #failed(text: string): void {
    this.#text = text;
    if (this.#isFinishing) return;
    if (!this.#options.restarts) {
      return this.#warn(
        `${text}, and misses the rest of the session\nto start it again in such a case, add --pipe-restart`,
      );
    }
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#nextStartMs = performance.now() + pauseMs;
    this.#warn(`${text}; it is started again in ${formatDuration(pauseMs)}`);
  }

  /** Writes what waits. Tries again soon if the pipe is full. */
  #pump(): void {
    this.#retry = undefined;
    const program = this.#program;
    for (let bytes = this.#queue.peek(); bytes !== null && program !== null; bytes = this.#queue.peek()) {
      const written = program.write(bytes);
      if (written === "closed") return this.#inputClosed(program);
      if (written === 0) {
        this.#retry = setTimeout(() => this.#pump(), RETRY_MS);
        return;
      }
      this.#writtenBytes += written;
      this.#queue.drop(written);
    }
  }

  /** Called when the command has closed its stdin; it may still run. */
  #inputClosed(program: SpawnedProgram): void {
    program.closeInput();
    this.#queue.clear();
    if (this.#isClosedReported || program.ended() !== null) return; // its end is reported
    this.#isClosedReported = true;
    this.#warn(
      this.#options.restarts
        ? "has closed its input, and gets no payload until it has ended and is started again"
        : "has closed its input, and misses the rest of the session",
    );
  }

  #readErrors(program: SpawnedProgram, nowMs: number): void {
    for (let reads = 0; reads < STDERR_READS; reads += 1) {
      const length = program.readErrors(this.#errors);
      if (length === 0) return;
      this.#lines.push(this.#errors.subarray(0, length), nowMs);
    }
  }

  /** Waits until the command has ended, for at most `deadlineMs`. Closes the stdin of the command when all payload is written. */
  async #untilEnded(deadlineMs: number): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    while (this.#program !== null) {
      if (this.#queue.waitingBytes === 0) this.#program.closeInput();
      this.#check();
      if (this.#program === null || performance.now() >= endMs) return;
      await sleep(END_CHECK_MS);
    }
  }

  /** Stops waiting for a process. */
  #release(text: string): void {
    this.#program?.close();
    this.#program = null;
    this.#text = text;
  }

  #newLines(): StderrLines {
    return new StderrLines(this.#options.onLine ?? ((line) => this.#warn(line)));
  }

  #warn(text: string): void {
    this.#options.warn(`${this.#name}: ${text}`);
  }
}
