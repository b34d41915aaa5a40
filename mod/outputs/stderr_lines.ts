/**
 * What a program writes to stderr, as lines: bounded in length and in number, so that a program cannot flood the output.
 *
 * @module
 */

/** How much of a line is reported, in characters. */
const LINE_CHARACTERS = 500;
/** Our choice: up to this many lines are reported in each period; the others are counted. */
const MAX_LINES = 50;
const PERIOD_MS = 10_000;

/** Splits bytes into lines, and reports them. */
export class StderrLines {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #periodMs = -Infinity;
  #lines = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Accepts the next bytes. `nowMs`: the time of a monotonic clock. */
  push(bytes: Uint8Array, nowMs: number): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = shorten(lines.pop() ?? "");
    for (const line of lines) this.#report(line, nowMs);
  }

  /** Reports the last line if no newline followed it, and how many lines were left out. */
  finish(nowMs: number): void {
    this.#report(this.#rest, nowMs);
    this.#rest = "";
    this.#endPeriod();
  }

  #report(line: string, nowMs: number): void {
    const shown = shownPart(line);
    if (shown === "") return;
    if (nowMs - this.#periodMs >= PERIOD_MS) {
      this.#endPeriod();
      this.#periodMs = nowMs;
    }
    this.#lines += 1;
    if (this.#lines <= MAX_LINES) this.#onLine(shown.slice(0, LINE_CHARACTERS));
  }

  #endPeriod(): void {
    const left = this.#lines - MAX_LINES;
    this.#lines = 0;
    if (left > 0) this.#onLine(`(${left} more lines of its stderr are left out)`);
  }
}

/** Returns what a terminal would show of a line: progress that a carriage return overwrites is left out. */
function shownPart(line: string): string {
  return line.split("\r").findLast((part) => part.trim() !== "") ?? "";
}

/** Returns what is needed of a line that has not ended. */
function shorten(line: string): string {
  if (line.length <= LINE_CHARACTERS) return line;
  const shown = shownPart(line).slice(0, LINE_CHARACTERS);
  return line.endsWith("\r") ? `${shown}\r` : shown; // the next bytes overwrite it
}
