/**
 * Reports the warnings that another process of the run prints on stderr.
 *
 * @module
 */

/** How long further lines of a warning may take to arrive. Our choice: they are printed together. */
const REST_MS = 100;
/** Our choice: at most this many warnings are reported in each period; the others are counted. */
const MAX_WARNINGS = 5;
const PERIOD_MS = 60_000;
/** Maximum number of lines of a warning, and of characters of a line, that are reported. Our choice. */
const MAX_LINES = 5;
const LINE_CHARACTERS = 500;

/** What {@linkcode PassedWarnings} needs. */
export interface PassedWarningsOptions {
  /** Reports a warning; each further line is a hint. */
  readonly warn: (text: string) => void;
  /** A monotonic clock in ms. */
  readonly now: () => number;
}

/**
 * Finds the warnings among lines of stderr (`warning: ...`, then lines with `hint: ...`), and reports each when it is complete.
 */
export class PassedWarnings {
  readonly #options: PassedWarningsOptions;
  #lines: string[] = [];
  /** Whether further lines can belong to the last warning. */
  #isOpen = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #periodMs = -Infinity;
  #count = 0;

  constructor(options: PassedWarningsOptions) {
    this.#options = options;
  }

  /** Accepts the next line. Returns false if it does not belong to a warning. */
  push(line: string): boolean {
    const [, label, text = ""] = /^(warning|hint): (.*)$/s.exec(line) ?? [];
    if (label === "warning") {
      this.finish();
      this.#isOpen = true;
      this.#timer = setTimeout(() => this.#report(), REST_MS);
      this.#lines = [text.slice(0, LINE_CHARACTERS)];
      return true;
    }
    if (this.#isOpen && (label === "hint" || line.startsWith(" "))) {
      const further = label === "hint" ? text : line;
      if (this.#lines.length > 0 && this.#lines.length < MAX_LINES) this.#lines.push(further.slice(0, LINE_CHARACTERS));
      return true;
    }
    this.finish();
    return false;
  }

  /** No further lines arrive. Reports the last warning if that has not been done. */
  finish(): void {
    this.#report();
    this.#isOpen = false;
  }

  #report(): void {
    clearTimeout(this.#timer);
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length === 0) return;
    const nowMs = this.#options.now();
    if (nowMs - this.#periodMs >= PERIOD_MS) {
      const left = this.#count - MAX_WARNINGS;
      if (left > 0) lines.push(`${left} earlier warnings of the same process were not shown`);
      this.#periodMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count <= MAX_WARNINGS) this.#options.warn(lines.join("\n"));
  }
}
