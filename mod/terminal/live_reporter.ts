/**
 * The reporter of a terminal: a table of the sessions that is redrawn in place, below lines that scroll.
 *
 * @module
 */

import type { Reporter } from "../report/reporter.ts";
import type { SplitterEvent } from "../vocabulary/events.ts";
import type { RunState } from "../run/run_state.ts";
import type { ShownSession } from "./session_row.ts";
import { liveTable } from "./live_table.ts";
import { Screen, type ScreenOptions } from "./screen.ts";

/** Interval at which the table is redrawn without an event. */
const REDRAW_MS = 1000;
/** Longest time until the table shows an event. Our choice: one redraw is enough for events that arrive together. */
const EVENT_MS = 100;

/** What the reporter needs from outside. */
export interface LiveReporterOptions extends ScreenOptions {
  readonly color: boolean;
  /** Times of day are in UTC rather than local time. */
  readonly utc: boolean;
  /** Makes the reporter whose lines scroll above the table. */
  readonly lines: (writeOut: (text: string) => void) => Reporter;
  /** The state of the run. Each event is applied to it before it is reported. */
  readonly state: RunState;
  /** The clock of the run in ms. */
  readonly now: () => number;
}

/** Draws the table from the event `listening` to {@linkcode LiveReporter.finish}. */
export class LiveReporter implements Reporter {
  readonly #options: LiveReporterOptions;
  readonly #screen: Screen;
  readonly #lines: Reporter;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** The redraw for the events since the last one. */
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveReporterOptions) {
    this.#options = options;
    this.#screen = new Screen(options);
    this.#lines = options.lines((text) => this.print(text));
  }

  /** Prints the event above the table, which shows it soon. The figures of `stats` and `refusals` are shown in the table only. */
  report(event: SplitterEvent): void {
    if (event.event === "stats" || event.event === "refusals") return; // a redraw for each would cost too much
    this.#lines.report(event);
    if (event.event === "listening") this.#timer = setInterval(() => this.redraw(), REDRAW_MS);
    this.#due ??= setTimeout(() => this.redraw(), EVENT_MS);
  }

  /** Prints a warning above the table. */
  warn(text: string): void {
    this.#lines.warn(text);
  }

  /** Prints a detail above the table, if `--verbose` is set. */
  debug(text: string): void {
    this.#lines.debug(text);
  }

  /** Prints whole lines above the table. */
  print(text: string): void {
    this.#screen.print(text);
  }

  /** Redraws the table, also after a change of the terminal's size. */
  redraw(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    if (this.#timer === undefined) return;
    const { color, utc, size, state, now } = this.#options;
    const { listening, listeningMs, endedSessions: ended, counts: { attempts, refused } } = state;
    const nowMs = now();
    const sessions = shownSessions(state, nowMs);
    const figures = {
      port: listening?.port ?? 0,
      ended,
      attempts,
      refused,
      durationMs: nowMs - (listeningMs ?? nowMs),
      receivedBytes: state.receivedBytes,
      disk: state.disk,
    };
    this.#screen.draw(liveTable(sessions, figures, { color, utc, folder: listening?.out ?? null, size: size() }));
  }

  /** Removes the rows of lost sessions. */
  clearLost(): void {
    this.#options.state.clearLost();
    this.redraw();
  }

  /** Removes the table; only lines are printed from here on. Idempotent. */
  finish(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#due);
    this.#timer = undefined;
    this.#screen.clear();
  }
}

const NO_SESSION = {
  start: null,
  file: null,
  figures: null,
  recent: null,
  lastMissing: null,
  durationMs: null,
} as const;

/**
 * Returns the running sessions, the lost ones, the pulls without a session, and the absent stream names that are in no other row.
 */
function shownSessions(
  { running, lost, unconnectedPulls, absentStreams }: RunState,
  nowMs: number,
): readonly ShownSession[] {
  const shown = new Set([...lost.map(({ start }) => start.stream), ...unconnectedPulls.map(({ stream }) => stream)]);
  return [
    ...running.map(({ startMs, noDataSinceMs, ...session }): ShownSession => ({
      ...session,
      stream: session.start.stream,
      state: noDataSinceMs === null ? { kind: "running" } : { kind: "no-data", forMs: nowMs - noDataSinceMs },
      durationMs: nowMs - startMs,
    })),
    ...lost.flatMap(({ end, ...session }): readonly ShownSession[] => {
      const { stream } = session.start;
      return end === null ? [] : [{ ...session, stream, state: { kind: "lost", end }, durationMs: end.durationMs }];
    }),
    ...unconnectedPulls.map(({ stream, reason, nextCallMs }): ShownSession => ({
      ...NO_SESSION,
      stream,
      state: { kind: "unconnected", reason, nextCallMs },
    })),
    ...absentStreams.filter((stream) => !shown.has(stream)).map((stream): ShownSession => ({
      ...NO_SESSION,
      stream,
      state: { kind: "absent" },
    })),
  ];
}
