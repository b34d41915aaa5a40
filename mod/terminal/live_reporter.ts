/**
 * The reporter for a person at a terminal: a table of the running sessions that is redrawn in place, events scrolling above it.
 *
 * @module
 */

import type { Reporter } from "../report/reporter.ts";
import type { SessionStartEvent, SplitterEvent, StatsEvent } from "../vocabulary/events.ts";
import { liveTable } from "./live_table.ts";
import { Screen, type ScreenOptions } from "./screen.ts";

/** How often the table is redrawn when nothing happens. */
const REDRAW_MS = 1000;

/** What it needs. */
export interface LiveReporterOptions extends ScreenOptions {
  readonly color: boolean;
  /** Makes the reporter whose lines scroll above the table. */
  readonly lines: (writeOut: (text: string) => void) => Reporter;
  /** Wall clock in ms since the epoch. */
  readonly now: () => number;
}

interface Running {
  readonly start: SessionStartEvent;
  readonly startMs: number;
  figures: StatsEvent | null;
}

/** Draws from `listening` to {@linkcode LiveReporter.finish}. */
export class LiveReporter implements Reporter {
  readonly #options: LiveReporterOptions;
  readonly #screen: Screen;
  readonly #lines: Reporter;
  readonly #running = new Map<string, Running>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #startMs = 0;
  #port = 0;
  #ended = 0;
  /** As they were told one by one, and as the totals had it: some are counted only. */
  #refusedTold = 0;
  #refusedTotal = 0;

  constructor(options: LiveReporterOptions) {
    this.#options = options;
    this.#screen = new Screen(options);
    this.#lines = options.lines((text) => this.print(text));
  }

  /** Shows `event`: figures in the table, all else as a line above it too. */
  report(event: SplitterEvent): void {
    this.#take(event);
    // the table says these itself
    if (event.event !== "stats" && event.event !== "refusals") this.#lines.report(event);
    this.redraw();
  }

  /** Prints a warning above the table. */
  warn(text: string): void {
    this.#lines.warn(text);
  }

  /** Prints a detail above the table where it was asked for. */
  debug(text: string): void {
    this.#lines.debug(text);
  }

  /** Prints whole lines above the table. */
  print(text: string): void {
    this.#screen.print(text);
  }

  /** Draws the table anew; also after the terminal's size has changed. */
  redraw(): void {
    if (this.#timer === undefined) return;
    const nowMs = this.#options.now();
    const sessions = [...this.#running.values()].map(({ start, startMs, figures }) => ({
      start,
      figures,
      durationMs: nowMs - startMs,
    }));
    const refused = Math.max(this.#refusedTold, this.#refusedTotal);
    const figures = { port: this.#port, ended: this.#ended, refused, durationMs: nowMs - this.#startMs };
    const { color, size } = this.#options;
    this.#screen.draw(liveTable(sessions, figures, { color, size: size() }));
  }

  #take(event: SplitterEvent): void {
    switch (event.event) {
      case "listening":
        this.#port = event.port;
        this.#startMs = this.#options.now();
        this.#timer = setInterval(() => this.redraw(), REDRAW_MS);
        break;
      case "session-start":
        this.#running.set(event.session, { start: event, startMs: Date.parse(event.time), figures: null });
        break;
      case "stats": {
        const running = this.#running.get(event.session);
        if (running !== undefined) running.figures = event;
        break;
      }
      case "session-end":
        this.#running.delete(event.session);
        this.#ended += 1;
        break;
      case "refused":
        this.#refusedTold += event.times;
        break;
      case "refusals":
        this.#refusedTotal = event.refused;
        break;
      default:
        break;
    }
  }

  /** Takes the table away: lines only from here on. Idempotent. */
  finish(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#screen.clear();
  }
}
