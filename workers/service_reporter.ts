/**
 * Reports the state of a run to the service manager: ready, the number of sessions, reloading, stopping.
 *
 * @module
 */

import { monotonicMicroseconds, type ServiceManager } from "../mod/os/service_manager.ts";
import { formatCount } from "../mod/report/format.ts";
import { systemProblem } from "../mod/report/problem.ts";
import type { Reporter } from "../mod/report/reporter.ts";
import type { RunState } from "../mod/run/run_state.ts";
import type { SplitterEvent } from "../mod/vocabulary/events.ts";

/** What the reports need. */
export interface ServiceReporterOptions {
  readonly service: Pick<ServiceManager, "notify" | "watchdogMs">;
  /** Each event is applied to it before it is reported. */
  readonly state: RunState;
}

/** Passes every report on, and notifies the service manager. */
export class ServiceReporter implements Reporter {
  readonly #reporter: Reporter;
  readonly #options: ServiceReporterOptions;
  #status = "";
  #hasFailed = false;

  constructor(reporter: Reporter, options: ServiceReporterOptions) {
    this.#reporter = reporter;
    this.#options = options;
  }

  /** Passes an event on, and notifies the service manager of what has changed. */
  report(event: SplitterEvent): void {
    this.#reporter.report(event);
    if (event.event === "listening") this.#begin();
    else if (event.event === "stopping") this.#notify(["STOPPING=1", `STATUS=stopping: ${event.text}`]);
    else if (event.event.startsWith("session-")) this.#reportStatus([]);
  }

  /** Passes a warning on. */
  warn(text: string): void {
    this.#reporter.warn(text);
  }

  /** Passes a detail on. */
  debug(text: string): void {
    this.#reporter.debug(text);
  }

  /** Returns `reload` with a notification before and after it. */
  reloading(reload: () => void): () => void {
    return () => {
      this.#notify(["RELOADING=1", `MONOTONIC_USEC=${monotonicMicroseconds()}`]);
      reload();
      this.#notify(["READY=1"]);
    };
  }

  #begin(): void {
    this.#reportStatus(["READY=1"]);
    const { service: { watchdogMs } } = this.#options;
    // twice in each interval, as sd_watchdog_enabled(3) recommends
    if (watchdogMs !== null) Deno.unrefTimer(setInterval(() => this.#notify(["WATCHDOG=1"]), watchdogMs / 2));
  }

  #reportStatus(assignments: readonly string[]): void {
    const { state: { running, listening, stopping } } = this.#options;
    if (stopping !== null) return;
    const port = listening === null || listening.port === 0 ? "" : `, UDP port ${listening.port}`;
    const status = `STATUS=${formatCount(running.length, "session")}${port}`;
    if (status === this.#status) return;
    this.#status = status;
    this.#notify([...assignments, status]);
  }

  #notify(assignments: readonly string[]): void {
    const problem = this.#options.service.notify(assignments);
    if (problem === null || this.#hasFailed) return;
    this.#hasFailed = true; // the next ones may fail for the same reason
    this.#reporter.warn(`the service manager was not notified of ${assignments[0]}: ${systemProblem(problem)}`);
  }
}
