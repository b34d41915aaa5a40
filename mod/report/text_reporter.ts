/**
 * Prints each event as a text line for people.
 *
 * @module
 */

import { nameOf } from "../os/path.ts";
import type { SplitterEvent } from "../vocabulary/events.ts";
import { escapeText } from "./escape_text.ts";
import { eventText, isFailure, type SignColor } from "./event_text.ts";
import { formatClock } from "./format.ts";
import { listeningText } from "./listening_text.ts";
import { type Priority, withPriority } from "./line_writer.ts";
import { formatProblem } from "./problem.ts";
import type { Reporter } from "./reporter.ts";

/** Folds a line that is too long for its terminal, with `indent` spaces before each further line. */
type Fold = (line: string, indent: number) => string;

/** Adds a color to a text, as `styleText` of `node:util` does. */
export type Paint = (color: SignColor | "gray", text: string) => string;

/** How a {@linkcode TextReporter} prints. */
export interface TextReporterOptions {
  /** Writes whole lines to stdout, the end of line included. Must not throw. */
  readonly writeOut: (text: string) => void;
  /** Writes whole lines to stderr, the end of line included. Must not throw. */
  readonly writeErr: (text: string) => void;
  /** Folds a line of stdout. Default: no line is folded. */
  readonly foldOut?: Fold;
  /** Folds a line of stderr. Default: no line is folded. */
  readonly foldErr?: Fold;
  /** Whether files are printed without their folders. Default: relative to the output folder. */
  readonly fileNamesOnly?: boolean;
  /** Colors parts of the lines of `writeOut`; null: they have no colors. */
  readonly paintOut: Paint | null;
  /** The same for `writeErr`. */
  readonly paintErr: Paint | null;
  /** `quiet`: only failures, warnings, `disk-low`, and the summary of a run that failed. `verbose`: details too. */
  readonly verbosity: "quiet" | "normal" | "verbose";
  /** Print the time of day in UTC rather than local time. */
  readonly utc: boolean;
  /** Callers need a passphrase, and the examples show how to pass it. */
  readonly encrypted: boolean;
  /**
   * Which streams go to the journal of systemd. Their lines have no time of day, because the journal adds one, and begin with a
   * priority, such as `<4>` (`sd-daemon(3)`). Default: none.
   */
  readonly journal?: { readonly out: boolean; readonly err: boolean };
}

/** Indent of what continues the text of an event, which starts with `14:03:07 + `. */
const EVENT_INDENT = 11;
/** Indent of what continues a warning. */
const WARNING_INDENT = 2;

/** Prints events as text. */
export class TextReporter implements Reporter {
  readonly #options: TextReporterOptions;
  /** The output folder with a slash at its end, as soon as it is printed. Paths in it are printed relative to it. */
  #folder: string | null = null;

  constructor(options: TextReporterOptions) {
    this.#options = options;
  }

  /** Prints `event`, unless `--quiet` excludes it. */
  report(event: SplitterEvent): void {
    if (this.#options.verbosity === "quiet" && !isFailure(event) && event.event !== "disk-low") return;
    const lines = this.#linesOf(event);
    if (lines !== null) this.#write("out", `${lines.text}\n`, lines.isTrouble ? "warning" : "info");
    if (event.event === "listening" && event.out !== null) this.#folder = `${event.out}/`;
  }

  /** Prints a warning on stderr. */
  warn(text: string): void {
    const lines = formatProblem("warning", this.#relative(text)).split("\n");
    lines[0] = (lines[0] ?? "").replace(/^warning:/, (label) => this.#paint("paintErr", "yellow", label));
    const folded = lines.map((line) => `${this.#fold("foldErr", line, WARNING_INDENT)}\n`).join("");
    this.#write("err", folded, "warning");
  }

  /** Prints a detail on stderr if `--verbose` is set. */
  debug(text: string): void {
    if (this.#options.verbosity !== "verbose") return;
    const line = this.#fold("foldErr", escapeText(this.#relative(text)), WARNING_INDENT);
    this.#write("err", `${this.#paint("paintErr", "gray", line)}\n`, "debug");
  }

  /** Writes whole lines, with the priority of each for the journal. */
  #write(stream: "out" | "err", text: string, priority: Priority): void {
    const { journal, writeOut, writeErr } = this.#options;
    const lines = journal?.[stream] ? withPriority(text, priority) : text;
    if (stream === "out") writeOut(lines);
    else writeErr(lines);
  }

  /** `isTrouble`: whether the sign of the line is `!`. Null for an event that is not printed. Every part is escaped here. */
  #linesOf(event: SplitterEvent): { readonly text: string; readonly isTrouble: boolean } | null {
    if (event.event === "listening") {
      return { text: this.#foldText(listeningText(event, this.#options)), isTrouble: false };
    }
    if (event.event === "session-proven") return null; // the start of the session is printed
    if (event.event === "disk") return null; // `disk-low` reports it if it matters
    const { sign, color, parts, hint } = eventText(event);
    const file = this.#options.fileNamesOnly === true && "file" in event ? event.file : null;
    const shown = parts
      .filter((part) => part !== null)
      .map((part) => file !== null && part === `file ${file}` ? `file ${nameOf(file)}` : this.#relative(part));
    const text = shown.map(escapeText).join(", ");
    const clock = this.#paint("paintOut", "gray", formatClock(event.time, this.#options));
    const place = this.#options.journal?.out ? "" : `${clock} `;
    const line = `${place}${color === null ? sign : this.#paint("paintOut", color, sign)} ${text}`;
    const folded = this.#fold("foldOut", line, EVENT_INDENT);
    const isTrouble = sign === "!";
    if (hint === "") return { text: folded, isTrouble };
    const below = `${" ".repeat(EVENT_INDENT)}hint: ${escapeText(this.#relative(hint))}`;
    return { text: `${folded}\n${this.#fold("foldOut", below, EVENT_INDENT + WARNING_INDENT)}`, isTrouble };
  }

  /** Folds each line but the indented ones, which are commands to copy. */
  #foldText(text: string): string {
    const fold = (line: string) => line.startsWith(" ") ? line : this.#fold("foldOut", line, WARNING_INDENT);
    return text.split("\n").map(fold).join("\n");
  }

  #fold(how: "foldOut" | "foldErr", line: string, indent: number): string {
    return this.#options[how]?.(line, indent) ?? line;
  }

  #relative(text: string): string {
    return this.#folder === null ? text : text.replaceAll(this.#folder, "");
  }

  #paint(how: "paintOut" | "paintErr", color: SignColor | "gray", text: string): string {
    return this.#options[how]?.(color, text) ?? text;
  }
}
