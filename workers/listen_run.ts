/**
 * One run of the listener from its first event to its exit code: looks at every event, ends the run when a condition or a signal
 * says so, checks what was expected and writes the reports.
 *
 * @module
 */

import { EXIT } from "../mod/cli/exit_code.ts";
import type { ScriptingSettings } from "../mod/cli/scripting_options.ts";
import { checkExpectation } from "../mod/outcome/check_expectation.ts";
import type { FinalReport } from "../mod/outcome/final_report.ts";
import { RunRecord } from "../mod/outcome/run_record.ts";
import { type Ending, StopConditions } from "../mod/outcome/stop_conditions.ts";
import type { ListeningEvent, SplitterEvent, StoppedEvent } from "../mod/vocabulary/events.ts";
import type { Reporter } from "../mod/report/reporter.ts";
import { noCallerText } from "../mod/report/listening_text.ts";
import type { RoleProcess } from "./process.ts";
import { RunReports } from "./run_reports.ts";

/** After so long without anybody the operator is told what to look at. Our choice: a caller is set up in less. */
const NO_CALLER_MS = 30_000;

/**
 * Signals so close to each other are one Ctrl-C: the terminal sends it to every process of the command, and `npx` and `deno task`
 * pass theirs on; `timeout` signals its command and then the group. A person's second press comes later.
 */
const SAME_PRESS_MS = 500;

/** How long killed sessions may take to be told. Our choice: only a process that the kernel holds takes longer. */
const KILLED_MS = 3000;

/** Longest delay of a timer: 2^31 - 1 ms. */
const MOST_TIMER_MS = 2_147_483_647;

/** What a run needs of the listener. */
export interface RunningListener {
  readonly sessions: number;
  readonly tally: {
    readonly sessions: number;
    readonly failed: number;
    readonly bytes: number;
  };
  /** Callers refused, repeats included, and how many of them for which reason. */
  readonly refusals: { readonly total: number; readonly byStop: number; readonly byReason: StoppedEvent["refusals"] };
  /** Ends all sessions cleanly; settled when they are over and told. */
  stop(): Promise<void>;
  /** Ends them at once. */
  kill(): void;
}

/** Where a run tells what happens. */
export interface ListenRunOptions {
  readonly settings: ScriptingSettings;
  /** The reporter of the run. */
  readonly reporter: Reporter;
  /** Whether hints are left out. */
  readonly quiet: boolean;
  /** Shows every session of the run, once all are over. */
  readonly summarise: (record: RunRecord) => Promise<void>;
}

/** A run. It is the reporter that the listener reports to. */
export class ListenRun implements Reporter {
  readonly #options: ListenRunOptions;
  readonly #record: RunRecord;
  readonly #reports: RunReports;
  readonly #finished = Promise.withResolvers<boolean>();
  #startMs = 0;
  #conditions: StopConditions | null = null;
  #listener: RunningListener | null = null;
  #ending: Ending | null = null;
  #stopping = false;
  #killed = false;
  #signalMs: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hint: ReturnType<typeof setTimeout> | undefined;

  private constructor(options: ListenRunOptions) {
    this.#options = options;
    const { expectations, junit, summary } = options.settings;
    this.#record = new RunRecord({ keepsAll: expectations.length > 0 || junit !== null || summary !== null });
    this.#reports = RunReports.prepare(options.settings, (text) => this.warn(text));
  }

  /**
   * Sees to it that the reports can be written, before anything is started.
   *
   * @throws {ReportFileError}
   */
  static prepare(options: ListenRunOptions): ListenRun {
    return new ListenRun(options);
  }

  /** Reports `event`, and ends the run where it was the last that was waited for. */
  report(event: SplitterEvent): void {
    this.#options.reporter.report(event);
    this.#record.take(event);
    if (event.event === "session-start") this.#conditions?.begin();
    if (event.event === "session-end") this.#conditions?.end(performance.now());
    if (event.event === "session-start" || event.event === "refused") clearTimeout(this.#hint);
    if (event.event === "session-start" || event.event === "session-end") this.#look();
  }

  /** Passes a warning on. */
  warn(text: string): void {
    this.#options.reporter.warn(text);
  }

  /** Passes a detail on. */
  debug(text: string): void {
    this.#options.reporter.debug(text);
  }

  /**
   * Tells that callers can come, and goes on until a condition or a signal ends the run.
   *
   * @returns The exit code; everything is told and written then.
   */
  async untilStopped(
    listener: RunningListener,
    { listening, process, hangUp }: {
      readonly listening: ListeningEvent;
      readonly process: RoleProcess;
      /** What SIGHUP does; null: it ends the run, as a terminal that goes away always did. */
      readonly hangUp: (() => void) | null;
    },
  ): Promise<number> {
    this.#startMs = performance.now();
    this.#listener = listener;
    this.#conditions = new StopConditions(this.#options.settings.stop, this.#startMs);
    // before the ready file: a script may send SIGTERM as soon as it sees it
    process.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
      if (signal === "SIGHUP" && hangUp !== null) hangUp();
      else this.#onSignal(signal);
    });
    this.report(listening);
    this.#reports.writeReady(listening);
    if (!this.#options.quiet) this.#hint = setTimeout(() => this.#giveHint(listening), NO_CALLER_MS);
    this.#look();
    const clean = await this.#finished.promise;
    clearTimeout(this.#timer);
    clearTimeout(this.#hint);
    return await this.#finish(clean, { listener, process });
  }

  #onSignal(signal: string): void {
    // the first one counts as the first, though a condition may be ending the run already
    if (this.#signalMs === null) {
      this.#signalMs = performance.now();
      if (!this.#stopping) this.#stop(signal, signal);
    } else if (performance.now() - this.#signalMs >= SAME_PRESS_MS) {
      this.#killed = true;
      this.#listener?.kill(); // then the stop that goes on comes to its end, and its last session is told first
      this.#timer = setTimeout(() => this.#finished.resolve(false), KILLED_MS);
    }
  }

  /** Ends the run where a condition holds, or comes back when the next one may. */
  #look(): void {
    if (this.#stopping || this.#conditions === null) return;
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    this.#ending = this.#conditions.due(nowMs);
    if (this.#ending !== null) return this.#stop(this.#ending.cause, this.#ending.text);
    const nextMs = this.#conditions.nextMs(nowMs);
    if (nextMs !== null) this.#timer = setTimeout(() => this.#look(), Math.min(Math.ceil(nextMs), MOST_TIMER_MS));
  }

  #stop(cause: string, text: string): void {
    const listener = this.#listener;
    if (listener === null) return;
    this.#stopping = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#hint);
    this.report({ event: "stopping", time: now(), cause, text, sessions: listener.sessions });
    const { listening } = this.#record;
    if (this.#ending?.failed && listening !== null) this.warn(`${text}\n${noCallerText(listening)}`);
    listener.stop().then(() => this.#finished.resolve(!this.#killed), this.#finished.reject);
  }

  #giveHint(listening: ListeningEvent): void {
    this.warn(`no caller came in ${NO_CALLER_MS / 1000} s\n${noCallerText(listening)}`);
  }

  async #finish(
    clean: boolean,
    { listener: { tally, refusals }, process }: { readonly listener: RunningListener; readonly process: RoleProcess },
  ): Promise<number> {
    const { sessions, failed, bytes } = tally;
    const { expectations, stop } = this.#options.settings;
    await this.#options.summarise(this.#record);
    const checked = expectations.map((expectation) => checkExpectation(expectation, this.#record));
    for (const result of checked) this.report({ event: "expectation", time: now(), ...result });
    const durationMs = Math.round(performance.now() - this.#startMs);
    const all = checked.every(({ ok }) => ok);
    const exitCode = exitCodeOf({ clean, failed, noCaller: this.#ending?.failed ?? false, all });
    const report: FinalReport = {
      record: this.#record,
      expectations: checked,
      ending: this.#ending,
      waited: stop.waitMs !== null,
      durationMs,
      exitCode,
      endTime: now(),
    };
    await this.#reports.writeFinal(report);
    const isUntold = this.#reports.failed || (process.outputFailed?.() ?? false);
    const code = exitCode === EXIT.ok && isUntold ? EXIT.notReported : exitCode;
    this.report({
      event: "stopped",
      time: now(),
      durationMs,
      sessions,
      failed,
      attempts: 0,
      refused: refusals.total,
      refusedByStop: refusals.byStop,
      refusals: refusals.byReason,
      bytes,
      exitCode: code,
    });
    return code;
  }
}

/** A failed session comes first: what was expected mostly fails because of it. */
function exitCodeOf({ clean, failed, noCaller, all }: {
  readonly clean: boolean;
  readonly failed: number;
  readonly noCaller: boolean;
  readonly all: boolean;
}): number {
  if (!clean) return EXIT.interrupted;
  if (failed > 0) return EXIT.sessionFailed;
  if (noCaller) return EXIT.noCaller;
  return all ? EXIT.ok : EXIT.expectationFailed;
}

function now(): string {
  return new Date().toISOString();
}
