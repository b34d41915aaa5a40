/**
 * Prints each event as a line of JSON (`--json`).
 *
 * @module
 */

import { escapeText } from "./escape_text.ts";
import { formatProblem } from "./problem.ts";
import type { Reporter } from "./reporter.ts";
import type { SplitterEvent } from "../vocabulary/events.ts";

/** How a {@linkcode JsonLinesReporter} prints. */
export interface JsonLinesReporterOptions {
  /** Writes one line to stdout, its end of line included. Must not throw. */
  readonly writeOut: (text: string) => void;
  /** Writes whole lines to stderr, the end of line included. Must not throw. */
  readonly writeErr: (text: string) => void;
  /** Whether {@linkcode JsonLinesReporter.debug} prints. */
  readonly verbose: boolean;
}

/** Prints events for programs. Every event is printed, and only events on stdout. */
export class JsonLinesReporter implements Reporter {
  readonly #options: JsonLinesReporterOptions;

  constructor(options: JsonLinesReporterOptions) {
    this.#options = options;
  }

  /** Prints `event`. */
  report(event: SplitterEvent): void {
    // JSON.stringify escapes only C0 controls. Other unsafe characters occur only in strings, so their JSON escapes are valid.
    this.#options.writeOut(`${escapeText(JSON.stringify(event))}\n`);
  }

  /** Prints a warning on stderr. */
  warn(text: string): void {
    this.#options.writeErr(`${formatProblem("warning", text)}\n`);
  }

  /** Prints a detail on stderr if `--verbose` is set. */
  debug(text: string): void {
    if (this.#options.verbose) this.#options.writeErr(`debug: ${escapeText(text)}\n`);
  }
}
