/**
 * The reporter of `--json`: each event as one JSON object a line.
 *
 * @module
 */

import { escapeText } from "./escape_text.ts";
import { formatProblem } from "./problem.ts";
import type { Reporter } from "./reporter.ts";
import type { SplitterEvent } from "../vocabulary/events.ts";

/** Where the lines go. */
export interface JsonLinesReporterOptions {
  /** Takes one line for stdout, its end of line included. Must not throw. */
  readonly writeOut: (text: string) => void;
  /** Takes one line for stderr, its end of line included. Must not throw. */
  readonly writeErr: (text: string) => void;
  /** Whether {@linkcode JsonLinesReporter.debug} says anything. */
  readonly verbose: boolean;
}

/** Prints events for programs: nothing but events on stdout, and there is no `--quiet` for them. */
export class JsonLinesReporter implements Reporter {
  readonly #options: JsonLinesReporterOptions;

  /** Keeps `options` for its whole life. */
  constructor(options: JsonLinesReporterOptions) {
    this.#options = options;
  }

  /** Prints `event`. */
  report(event: SplitterEvent): void {
    // JSON escapes C0 only, and only inside strings can the others stand, where the escape means the same.
    this.#options.writeOut(`${escapeText(JSON.stringify(event))}\n`);
  }

  /** Prints a warning on stderr. */
  warn(text: string): void {
    this.#options.writeErr(`${formatProblem("warning", text)}\n`);
  }

  /** Prints a detail on stderr where it was asked for. */
  debug(text: string): void {
    if (this.#options.verbose) this.#options.writeErr(`debug: ${escapeText(text)}\n`);
  }
}
