/**
 * The listener's side of the hook process (the contract: contract.ts).
 *
 * @module
 */

import type { ChildCommand } from "../handoff/child_command.ts";
import { withDeadline } from "../os/deadline.ts";
import { killProcessGroup } from "../os/spawn.ts";
import { readLines } from "../os/read_lines.ts";
import { messageOf } from "../report/problem.ts";
import type { SplitterEvent } from "../vocabulary/events.ts";
import { type HookOrder, type HookReport, type HookRules, parseLine, type Webhook } from "./contract.ts";
import { HookMessages } from "./hook_messages.ts";

/** Maximum number of unread orders. A working process reads orders immediately: if this many are unread, it hangs. */
const MAX_UNREAD = 1000;
/**
 * A process that lives for less than this died early. After two early deaths in a row, starts are at least this far apart. Our
 * choice.
 */
const EARLY_MS = 10_000;
/** How long the process may take to exit, in addition to the time of its commands: it may deliver messages for 30 s. */
const FINISH_MS = 45_000;
/** How long the process may take to kill its commands and to exit: it waits up to 2 s for a command that the kernel holds. */
const EXIT_MS = 4000;

/** What the hooks of a run need. */
export interface HookProcessOptions {
  /** Starts the hook process; no arguments are added. */
  readonly command: ChildCommand;
  readonly webhook: Webhook | null;
  /** Variables of all commands, as `NAME=VALUE`. */
  readonly environment: readonly string[];
  /** Working folder of the commands. */
  readonly folder: string;
  readonly warn: (text: string) => void;
  readonly debug: (text: string) => void;
}

/**
 * The hooks of a run. The process is started if there is a hook or a webhook, and again at the next event for them if it dies.
 */
export class HookProcess {
  readonly #options: HookProcessOptions;
  readonly #messages = new HookMessages();
  #rules: HookRules;
  #running: RunningProcess | null = null;
  #startedMs = -Infinity;
  #earlyDeaths = 0;
  #isOver = false;
  #isLossReported = false;

  constructor(rules: HookRules, options: HookProcessOptions) {
    this.#rules = rules;
    this.#options = options;
    this.#start();
  }

  /** Changes the commands for messages from now on, and the limits for these and for commands that wait. */
  set rules(rules: HookRules) {
    this.#rules = rules;
    if (this.#running === null) this.#start();
    else this.#running.send({ kind: "rules", rules });
  }

  /** Passes an event to the hooks that are set for it. Never throws or waits. */
  report(event: SplitterEvent): void {
    for (const message of this.#messages.of(event)) {
      if (!this.#hasHookFor(message.name)) continue;
      if (this.#running === null) this.#start();
      if (this.#running?.send({ kind: "message", message })) continue;
      if (!this.#isLossReported) {
        this.#options.warn(`a hook was not called (${message.name}): the process of the hooks has ended or hangs`);
      }
      this.#isLossReported = true;
    }
  }

  /**
   * No more events follow: waits until all hooks are done. If that takes more than the longest time limit of a command and 45 s,
   * kills the process and waits for its end. Never rejects.
   */
  async finish(): Promise<void> {
    this.#isOver = true;
    const running = this.#running;
    if (running === null) return;
    running.send({ kind: "finish" });
    const { hooks, timeoutMs } = this.#rules;
    const longestMs = Math.max(timeoutMs, ...hooks.map((hook) => hook.timeoutMs ?? 0));
    if (await withDeadline(running.ended, longestMs + FINISH_MS) !== "late") return;
    this.#options.warn("the process of the hooks did not end in time, and is killed");
    running.kill();
    await running.ended;
  }

  /** Ends all hooks now; {@linkcode HookProcess.finish} settles soon. */
  kill(): void {
    this.#isOver = true;
    this.#running?.kill();
  }

  #hasHookFor(name: string): boolean {
    return this.#options.webhook !== null || this.#rules.hooks.some(({ events }) => events.some((one) => one === name));
  }

  #start(): void {
    const { webhook, environment, folder, warn } = this.#options;
    const nowMs = performance.now();
    if (webhook === null && this.#rules.hooks.length === 0) return;
    if (this.#isOver || (this.#earlyDeaths >= 2 && nowMs - this.#startedMs < EARLY_MS)) return;
    this.#startedMs = nowMs;
    try {
      const running = this.#running = new RunningProcess(this.#options);
      running.ended.then((text) => {
        this.#running = null;
        this.#earlyDeaths = performance.now() - nowMs < EARLY_MS ? this.#earlyDeaths + 1 : 0;
        if (!this.#isOver) warn(`the process of the hooks has ended (${text}); it is started again for the next event`);
      });
      this.#isLossReported = false;
      running.send({ kind: "begin", webhook, environment, folder });
      running.send({ kind: "rules", rules: this.#rules });
    } catch (error) {
      this.#earlyDeaths += 1;
      warn(`cannot start the process of the hooks: ${messageOf(error)}`);
    }
  }
}

/** One hook process. */
class RunningProcess {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #unread = 0;
  #isOver = false;
  /** Resolves to a description of its end, after it has ended and its last report was passed on. */
  readonly ended: Promise<string>;

  /** @throws The process cannot be started. */
  constructor({ command, warn, debug }: Pick<HookProcessOptions, "command" | "warn" | "debug">) {
    command.check?.();
    this.#process = new Deno.Command(command.file, {
      args: [...command.args],
      clearEnv: true,
      env: { ...command.environment },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true, // Ctrl-C in a terminal must not reach it
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#input.closed.catch(() => {}); // the process has ended
    this.ended = this.#untilEnded({ warn, debug });
  }

  /** Sends an order. Returns false if the process has ended or hangs. */
  send(order: HookOrder): boolean {
    if (this.#isOver || this.#unread >= MAX_UNREAD) return false;
    this.#unread += 1;
    this.#input.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`)).catch(() => {}).finally(() => {
      this.#unread -= 1;
    });
    return true;
  }

  /** Has the process kill its commands and exit. If that takes too long, kills the process. */
  kill(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#input.close().catch(() => {});
    withDeadline(this.ended, EXIT_MS).then((result) => {
      if (result === "late") this.#process.kill("SIGKILL");
    }).catch(() => {}); // it has ended meanwhile
  }

  async #untilEnded({ warn, debug }: Pick<HookProcessOptions, "warn" | "debug">): Promise<string> {
    const errors: string[] = [];
    const groups = new Set<number>();
    const read = Promise.all([
      this.#read(this.#process.stdout, (line) => {
        const report = parseLine<HookReport>(line);
        if (report === null) return;
        if (report.kind === "started") {
          groups.add(report.group);
          debug(`a command of a hook runs as process ${report.group}`);
        } else if (report.kind === "ended") groups.delete(report.group);
        else if (report.kind === "warning") warn(report.text);
        else debug(report.text);
      }),
      this.#read(this.#process.stderr, (line) => {
        errors.push(line.slice(0, 500));
        errors.splice(0, errors.length - 5);
      }),
    ]);
    const { code, signal } = await this.#process.status;
    this.#isOver = true;
    this.#input.close().catch(() => {});
    await withDeadline(read, EXIT_MS);
    for (const group of groups) killProcessGroup(group); // it died before its commands
    return [signal ?? `exit code ${code}`, ...errors].join("; ");
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, onLine: (line: string) => void): Promise<void> {
    for await (const line of readLines(stream)) onLine(line);
  }
}
