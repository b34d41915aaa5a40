/**
 * One run of the listener from its first event to its exit code: applies every event to the run state, ends the run on a
 * condition or a signal, checks the expectations and writes the reports.
 *
 * @module
 */

import { EXIT } from "../mod/cli/exit_code.ts";
import type { ScriptingSettings } from "../mod/cli/listen_settings.ts";
import { noCallerText } from "../mod/report/listening_text.ts";
import { formatList } from "../mod/report/format.ts";
import type { Reporter } from "../mod/report/reporter.ts";
import { checkExpectation } from "../mod/run/expectation.ts";
import { ReportFiles } from "../mod/run/report_files.ts";
import { HANDED_OVER, type RunState } from "../mod/run/run_state.ts";
import { dueEnding, type Ending, MAX_NAMED_STREAMS, nextDueMs } from "../mod/run/stop_conditions.ts";
import type { ListeningEvent, SplitterEvent } from "../mod/vocabulary/events.ts";
import type { RoleProcess } from "./process.ts";

/** Without a caller for this long, hints are printed. Our choice: setting up a caller takes less time. */
export const NO_CALLER_MS = 30_000;

/**
 * Signals this close together are one Ctrl-C: the terminal sends it to every process of the command, and `npx` and `deno task`
 * pass theirs on; `timeout` signals its command and then the group. A person presses it again later than that.
 */
const SAME_PRESS_MS = 500;

/** How often it is checked whether recordings still have to begin. Our choice. */
const WAITING_CHECK_MS = 250;

/** How long killed sessions may take to be reported. Our choice: only a process that the kernel holds takes longer. */
const KILLED_MS = 3000;

/** The text of the event `stopping` when another listener takes the address, or another `record` command the sessions. */
const HANDED_OVER_TEXT = "another srt-splitter takes over, and adopts the sessions";

/** Longest delay of a timer: 2^31 - 1 ms. */
const MAX_TIMER_MS = 2_147_483_647;

/** What a run needs from the listener. */
export interface RunningListener {
  /** Number of connected callers whose recordings have not begun. Callers that wait for a process go first. */
  readonly waitingRecordings: number;
  /** Ends all sessions cleanly; settled when all have ended and are reported. */
  stop(): Promise<void>;
  /** Hands all sessions over to another listener; settled when all have left or ended. */
  handOver(): Promise<void>;
  /** Ends them at once. */
  kill(): void;
}

/** The hooks of a run. */
export interface RunHooks {
  /** Passes on an event. Never throws. */
  report(event: SplitterEvent): void;
  /** Settles when all hooks are done, which takes a bounded time. Never rejects. */
  finish(): Promise<void>;
  /** Ends them at once. */
  kill(): void;
}

/** What a run needs from outside. */
export interface ListenRunOptions {
  readonly settings: ScriptingSettings;
  /** Events are applied to it here, and nowhere else. */
  readonly state: RunState;
  readonly reporter: Reporter;
  /** Without a caller for this many ms, hints are printed; null: never. */
  readonly noCallerMs: number | null;
  /** Prints every session of the run, once all have ended. */
  readonly printSummary: () => Promise<void>;
}

/** A run. It is the reporter that the listener reports to. */
export class ListenRun implements Reporter {
  readonly #options: ListenRunOptions;
  readonly #state: RunState;
  readonly #files: ReportFiles;
  readonly #finished = Promise.withResolvers<boolean>();
  #listener: RunningListener | null = null;
  /** Events that happened before `listening`, which is the first event of a run; null once that is reported. */
  #early: SplitterEvent[] | null = [];
  /** Receives every event; null if there are no hooks. Set it before {@linkcode untilStopped}. */
  hooks: RunHooks | null = null;
  /**
   * Receives every event, for programs that are connected to the control socket. Never throws. Set it before
   * {@linkcode reportEarly}.
   */
  publish: ((event: SplitterEvent) => void) | null = null;
  #ending: Ending | null = null;
  #killed = false;
  #signalMs: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hintTimer: ReturnType<typeof setTimeout> | undefined;

  private constructor(options: ListenRunOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#files = ReportFiles.prepare(options.settings, (text) => this.warn(text));
  }

  /**
   * Checks that the reports can be written, before anything is started.
   *
   * @throws {ReportFileError}
   */
  static prepare(options: ListenRunOptions): ListenRun {
    return new ListenRun(options);
  }

  /**
   * Applies and reports `event`, and ends the run if that fulfills a condition. An event that happens before `listening` waits
   * until that is reported.
   */
  report(event: SplitterEvent): void {
    if (this.#early === null) this.#deliver(event);
    else this.#early.push(event);
  }

  #deliver(event: SplitterEvent): void {
    this.#state.apply(event, performance.now());
    this.#options.reporter.report(event);
    this.hooks?.report(event);
    this.publish?.(event);
    const isCaller = event.event === "session-start" || event.event === "session-adopted" || event.event === "refused";
    if (isCaller) clearTimeout(this.#hintTimer);
    if (event.event.startsWith("session-")) this.#checkConditions();
  }

  /** Reports the events that wait. Call it after `listening` was reported, or if the listener cannot begin. */
  reportEarly(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const event of early) this.#deliver(event);
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
   * Reports that callers can connect, and continues until a condition or a signal ends the run.
   *
   * @returns The exit code; everything is reported and written then.
   */
  async untilStopped(
    listener: RunningListener,
    { listening, process, hangUp }: {
      readonly listening: ListeningEvent;
      readonly process: RoleProcess;
      /** What SIGHUP does; null: it ends the run, as usual when a terminal closes. */
      readonly hangUp: (() => void) | null;
    },
  ): Promise<number> {
    const startMs = performance.now();
    this.#listener = listener;
    // before the ready file, because a script may send SIGTERM as soon as the file exists
    process.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
      if (signal === "SIGHUP" && hangUp !== null) hangUp();
      else this.#onSignal(signal);
    });
    this.#deliver(listening);
    this.reportEarly();
    this.#files.writeReady(listening);
    const { noCallerMs } = this.#options;
    if (noCallerMs !== null) this.#hintTimer = setTimeout(() => this.#hintNoCaller(listening, noCallerMs), noCallerMs);
    this.#checkConditions();
    const clean = await this.#finished.promise;
    clearTimeout(this.#timer);
    clearTimeout(this.#hintTimer);
    if (!clean) this.hooks?.kill();
    await this.hooks?.finish();
    return await this.#finish(clean, startMs, process);
  }

  /** Ends the run, unless it is ending already. `cause` and `text`: as in the event `stopping`. */
  stop(cause: string, text: string): void {
    if (this.#listener !== null && this.#state.stopping === null) this.#stop(cause, text);
  }

  /** Ends the run but not its sessions, because another listener takes the address. */
  handOver(): void {
    if (this.#listener === null || this.#state.stopping !== null) return;
    clearTimeout(this.#timer);
    clearTimeout(this.#hintTimer);
    this.report({ event: "stopping", time: now(), cause: HANDED_OVER, text: HANDED_OVER_TEXT, sessions: 0 });
    this.#listener.handOver().then(() => this.#finished.resolve(!this.#killed), this.#finished.reject);
  }

  #onSignal(signal: string): void {
    // the first signal counts even if a condition is already ending the run
    if (this.#signalMs === null) {
      this.#signalMs = performance.now();
      if (this.#state.stopping === null) this.#stop(signal, signal);
    } else if (performance.now() - this.#signalMs >= SAME_PRESS_MS) {
      this.#killed = true;
      this.hooks?.kill();
      this.#listener?.kill(); // the stop in progress then ends once its last session is reported
      this.#timer = setTimeout(() => this.#finished.resolve(false), KILLED_MS);
    }
  }

  /** Ends the run if a condition holds. Otherwise sets a timer to check again when the next one may hold. */
  #checkConditions(): void {
    if (this.#listener === null || this.#state.stopping !== null) return;
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const { stop } = this.#options.settings;
    const due = dueEnding(stop, this.#state, nowMs);
    const isPremature = (due?.cause === "--wait" || due?.cause === "--idle-exit") &&
      this.#listener.waitingRecordings > 0;
    if (isPremature) { // their session-start events follow
      this.#timer = setTimeout(() => this.#checkConditions(), WAITING_CHECK_MS);
      return;
    }
    this.#ending = due;
    if (this.#ending !== null) return this.#stop(this.#ending.cause, this.#ending.text);
    const nextMs = nextDueMs(stop, this.#state, nowMs);
    if (nextMs === null) return;
    this.#timer = setTimeout(() => this.#checkConditions(), Math.min(Math.ceil(nextMs), MAX_TIMER_MS));
  }

  #stop(cause: string, text: string): void {
    const { listening, running } = this.#state;
    clearTimeout(this.#timer);
    clearTimeout(this.#hintTimer);
    this.report({ event: "stopping", time: now(), cause, text, sessions: running.length });
    if (this.#ending?.failed && listening !== null) {
      const isHinted = !this.#state.hadSession && listening.port !== 0;
      this.warn(isHinted ? `${text}\n${noCallerText(listening)}` : text);
    }
    this.#listener?.stop().then(() => this.#finished.resolve(!this.#killed), this.#finished.reject);
  }

  #hintNoCaller(listening: ListeningEvent, noCallerMs: number): void {
    this.warn(`no caller has arrived in ${noCallerMs / 1000} s\n${noCallerText(listening)}`);
  }

  async #finish(clean: boolean, startMs: number, process: RoleProcess): Promise<number> {
    const { settings: { expectations, stop }, printSummary } = this.#options;
    await printSummary();
    const { neverSeenStreams } = this.#state;
    if (neverSeenStreams.length > 0 && !this.#ending?.failed) {
      this.warn(
        `expected streams had no session: ${formatList(neverSeenStreams, MAX_NAMED_STREAMS)} (--expect-streams)`,
      );
    }
    const checked = expectations.map((expectation) => checkExpectation(expectation, this.#state));
    for (const result of checked) this.report({ event: "expectation", time: now(), ...result });
    const durationMs = Math.round(performance.now() - startMs);
    const counts = this.#state.finalCounts;
    const exitCode = exitCodeOf({
      clean,
      failed: counts.failed,
      noCaller: this.#ending?.failed ?? false,
      allHold: checked.every(({ ok }) => ok),
    });
    await this.#files.writeFinal({
      state: this.#state,
      expectations: checked,
      ending: this.#ending,
      waited: stop.waitMs !== null,
      durationMs,
      exitCode,
      endTime: now(),
    });
    const isUnreported = this.#files.failed || (process.outputFailed?.() ?? false);
    const code = exitCode === EXIT.ok && isUnreported ? EXIT.notReported : exitCode;
    const refusals = this.#state.refusalCounts;
    this.report({ event: "stopped", time: now(), durationMs, ...counts, refusals, exitCode: code });
    return code;
  }
}

/** A failed session has precedence over an expectation that does not hold, which is usually a consequence of the failure. */
function exitCodeOf({ clean, failed, noCaller, allHold }: {
  readonly clean: boolean;
  readonly failed: number;
  readonly noCaller: boolean;
  readonly allHold: boolean;
}): number {
  if (!clean) return EXIT.interrupted;
  if (failed > 0) return EXIT.sessionFailed;
  if (noCaller) return EXIT.noCaller;
  return allHold ? EXIT.ok : EXIT.expectationFailed;
}

function now(): string {
  return new Date().toISOString();
}
