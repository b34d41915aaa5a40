/**
 * Starts the commands of hooks: a limited number at a time, each with a time limit.
 *
 * @module
 */

import type { Libc } from "../os/libc.ts";
import { describeEnd, type ProgramEnd, SIGNAL, SpawnedProgram } from "../os/spawn.ts";
import { StderrLines } from "../outputs/stderr_lines.ts";
import { formatCount, formatDuration } from "../report/format.ts";
import { systemProblem } from "../report/problem.ts";
import type { Hook, HookMessage, HookReport, HookRules } from "./contract.ts";

/** How often the running commands are checked. */
const CHECK_MS = 50;
/** Commands that may wait. Our choice: each is a few KB. */
const MAX_WAITING = 1000;
/** Time between SIGTERM and SIGKILL. */
const TERMINATE_MS = 5000;
/** How long a killed command may take to end. One that takes longer is held by the kernel. */
const KILLED_MS = 2000;
/** How many of the last lines of a command's output are printed if it fails. */
const LAST_LINES = 5;
/** Maximum bytes of output that one call reads, and maximum number of calls in one check. */
const READ_BYTES = 16_384;
const READS = 16;

/** What the commands need. */
export interface CommandQueueOptions {
  readonly libc: Libc;
  readonly environment: readonly string[];
  readonly folder: string;
  readonly report: (report: HookReport) => void;
  /** Commands that may wait; 1000 unless given. */
  readonly maxWaiting?: number;
}

/** A command that is due. */
interface Due {
  readonly hook: Hook;
  readonly message: HookMessage;
}

/**
 * Commands that wait, and those that run. Once {@linkcode CommandQueue.done} has settled, no process is left in the group of any
 * command, unless the kernel holds it.
 */
export class CommandQueue {
  readonly #options: CommandQueueOptions;
  readonly #waiting: Due[] = [];
  readonly #running = new Set<RunningCommand>();
  readonly #done = Promise.withResolvers<void>();
  #rules: HookRules = { hooks: [], atOnce: 1, timeoutMs: 60_000 };
  #timer: ReturnType<typeof setInterval> | undefined;
  #isFinishing = false;
  #endMs = Infinity;
  #dropped = 0;

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  /** Sets the commands for messages from now on, and the limits for those and for all commands that wait. */
  set rules(rules: HookRules) {
    this.#rules = rules;
    this.#fill();
  }

  /** Starts the commands for a message, or queues them. If too many wait, the oldest is dropped. */
  push(message: HookMessage): void {
    const { maxWaiting = MAX_WAITING } = this.#options;
    for (const hook of this.#rules.hooks) {
      if (!hook.events.includes(message.name)) continue;
      this.#waiting.push({ hook, message });
      this.#fill();
      if (this.#waiting.length > maxWaiting) this.#dropOldest();
    }
  }

  /**
   * No more messages follow. Commands that wait are still started. After the longest of all time limits, those that still run are
   * ended, and those that still wait are dropped.
   */
  finish(): void {
    this.#isFinishing = true;
    const limitsMs = [...this.#waiting, ...this.#running].map(({ hook }) => this.#timeoutOf(hook));
    this.#endMs = performance.now() + Math.max(0, ...limitsMs);
    this.#fill();
    this.#settle();
  }

  /** Kills the commands that run, and drops the others. */
  kill(): void {
    this.#isFinishing = true;
    this.#dropAll();
    for (const command of this.#running) command.kill();
    this.#settle();
  }

  /** Settles after {@linkcode CommandQueue.finish} or {@linkcode CommandQueue.kill}, when no command runs. Never rejects. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  #dropOldest(): void {
    const dropped = this.#waiting.shift();
    this.#dropped += 1;
    if (dropped === undefined || this.#dropped > 1) return; // the others are counted, and reported once no command waits
    this.#warn(
      `${describe(dropped)} is not started, because too many commands of hooks wait\n` +
        "make the commands faster, or raise --hooks-at-once",
    );
  }

  /** Starts what may start now. */
  #fill(): void {
    while (this.#running.size < this.#rules.atOnce) {
      const due = this.#waiting.shift();
      if (due === undefined) break;
      this.#start(due);
    }
    if (this.#waiting.length === 0 && this.#dropped > 0) {
      if (this.#dropped > 1) this.#warn(`${this.#dropped} commands of hooks were not started, because too many waited`);
      this.#dropped = 0;
    }
    if (this.#running.size > 0) this.#timer ??= setInterval(() => this.#check(), CHECK_MS);
  }

  #start(due: Due): void {
    try {
      this.#running.add(new RunningCommand(due, this.#timeoutOf(due.hook), this.#options));
    } catch (error) {
      this.#warn(`${describe(due)} ${systemProblem(error)}`);
    }
  }

  #check(): void {
    const nowMs = performance.now();
    for (const command of this.#running) {
      if (command.check(nowMs)) this.#running.delete(command);
      else if (nowMs >= this.#endMs) command.end("did not end in time when the listener stopped", nowMs);
    }
    if (nowMs >= this.#endMs) this.#dropAll();
    this.#fill();
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#settle();
  }

  #dropAll(): void {
    const left = this.#waiting.splice(0).length;
    if (left > 0) {
      this.#warn(
        `${formatCount(left, "command")} of hooks ${
          left === 1 ? "was" : "were"
        } not started before the listener stopped`,
      );
    }
  }

  #settle(): void {
    if (this.#isFinishing && this.#running.size === 0 && this.#waiting.length === 0) this.#done.resolve();
  }

  #timeoutOf({ timeoutMs }: Hook): number {
    return timeoutMs ?? this.#rules.timeoutMs;
  }

  #warn(text: string): void {
    this.#options.report({ kind: "warning", text });
  }
}

/** A command that was started. */
class RunningCommand {
  readonly #due: Due;
  readonly #program: SpawnedProgram;
  readonly #report: (report: HookReport) => void;
  readonly #lines: StderrLines;
  readonly #last: string[] = [];
  readonly #buffer = new Uint8Array(READ_BYTES);
  readonly #timeoutMs: number;
  readonly #startedMs = performance.now();
  #input: Uint8Array<ArrayBuffer>;
  /** Why the command must end, and since when. */
  #late: { readonly text: string; readonly sinceMs: number } | null = null;

  /** Starts the command. @throws {OsError} */
  constructor(due: Due, timeoutMs: number, { libc, environment, folder, report }: CommandQueueOptions) {
    const { hook, message } = due;
    this.#due = due;
    this.#timeoutMs = timeoutMs;
    this.#report = report;
    this.#lines = new StderrLines((line) => this.#print(line));
    this.#input = new TextEncoder().encode(`${message.json}\n`);
    this.#program = SpawnedProgram.start(libc, {
      args: hook.command.map((parts) =>
        parts.map((part) => typeof part === "string" ? part : message.fields[part.field]).join("")
      ),
      environment: [...environment, ...message.variables],
      folder,
      stdout: "with-stderr",
    });
    report({ kind: "started", group: this.#program.pid });
    this.#write();
  }

  get hook(): Hook {
    return this.#due.hook;
  }

  /** Writes input, reads output, and enforces the time limit. Returns whether the command is over. */
  check(nowMs: number): boolean {
    const end = this.#program.ended(); // first, so that everything it wrote before its end is read below
    this.#write();
    this.#read(nowMs);
    if (end !== null) return this.#ended(end, nowMs);
    if (nowMs - this.#startedMs >= this.#timeoutMs) {
      this.end(`did not end within ${formatDuration(this.#timeoutMs)}`, nowMs);
    }
    if (this.#late === null) return false;
    const lateMs = nowMs - this.#late.sinceMs;
    if (lateMs >= TERMINATE_MS) this.#program.kill(SIGNAL.SIGKILL);
    if (lateMs < TERMINATE_MS + KILLED_MS) return false;
    this.#fail(`${this.#late.text}, was killed, and the kernel holds its process`);
    this.#release();
    return true;
  }

  /** Ends the command, with SIGTERM first. `text`: why. Idempotent. */
  end(text: string, nowMs: number): void {
    if (this.#late !== null) return;
    this.#late = { text, sinceMs: nowMs };
    this.#program.kill(SIGNAL.SIGTERM);
  }

  /** Kills the command at once. */
  kill(): void {
    // as if SIGTERM had been sent before: only the time after SIGKILL is left
    this.#late ??= { text: "was still running when the listener stopped", sinceMs: performance.now() - TERMINATE_MS };
    this.#program.kill(SIGNAL.SIGKILL);
  }

  #ended(end: ProgramEnd, nowMs: number): boolean {
    this.#lines.finish(nowMs);
    this.#program.killGroup(); // what it has started and left behind
    this.#release();
    const how = describeEnd(end);
    if (this.#late !== null) this.#fail(`${this.#late.text}, and was ended (${how})`);
    else if (end.kind === "exit" && end.code === 0) {
      const took = formatDuration(nowMs - this.#startedMs);
      this.#report({ kind: "debug", text: `${describe(this.#due)} succeeded after ${took}` });
    } else this.#fail(`failed with ${how}`);
    return true;
  }

  #release(): void {
    this.#program.close();
    this.#report({ kind: "ended", group: this.#program.pid });
  }

  #fail(text: string): void {
    const details = this.#last.map((line) => `\n  ${line}`).join("");
    this.#report({ kind: "warning", text: `${describe(this.#due)} ${text}${details}` });
  }

  #print(line: string): void {
    this.#last.push(line);
    if (this.#last.length > LAST_LINES) this.#last.shift();
    this.#report({ kind: "debug", text: `${describe(this.#due)}: ${line}` });
  }

  #write(): void {
    if (this.#input.length > 0) {
      const written = this.#program.write(this.#input);
      this.#input = written === "closed" ? new Uint8Array() : this.#input.subarray(written);
    }
    if (this.#input.length === 0) this.#program.closeInput();
  }

  #read(nowMs: number): void {
    for (let reads = 0; reads < READS; reads += 1) {
      const length = this.#program.readErrors(this.#buffer);
      if (length === 0) return;
      this.#lines.push(this.#buffer.subarray(0, length), nowMs);
    }
  }
}

/** `hook segment (s1): rclone`. Arguments are left out: they may have secrets. */
function describe({ hook: { command: [program = []] }, message: { name, fields } }: Due): string {
  const file = program.filter((part) => typeof part === "string").join("").split("/").at(-1) ?? "";
  return `hook ${name}${fields.session === "" ? "" : ` (${fields.session})`}: ${file}`;
}
