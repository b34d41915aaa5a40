/**
 * The reporter for people: one line per event.
 *
 * @module
 */

import { escapeText } from "./escape_text.ts";
import type {
  ExpectationEvent,
  SegmentEvent,
  SessionEndEvent,
  SessionStartEvent,
  SplitterEvent,
  StatsEvent,
  StoppedEvent,
  StoppingEvent,
} from "../vocabulary/events.ts";
import { isCleanEnd } from "../vocabulary/values.ts";
import type { Reporter } from "./reporter.ts";
import { formatBytes } from "./format_bytes.ts";
import { formatClock } from "./format_clock.ts";
import { formatCount } from "./format_count.ts";
import { formatDuration } from "./format_duration.ts";
import { formatEndpoint } from "./format_endpoint.ts";
import { formatRate } from "./format_rate.ts";
import { listeningText } from "./listening_text.ts";
import { formatProblem } from "./problem.ts";
import { refusalPart, refusedParts } from "./refused_parts.ts";
import { tsText } from "./ts_text.ts";

/** Returns `line`, folded if it is too long for where it is shown. */
type Fold = (line: string, indent: number) => string;

/** How a {@linkcode TextReporter} prints. */
export interface TextReporterOptions {
  /** Takes whole lines for stdout, the end of line included. Must not throw. */
  readonly writeOut: (text: string) => void;
  /** Takes whole lines for stderr, the end of line included. Must not throw. */
  readonly writeErr: (text: string) => void;
  /** Folds a line for the terminal that reads stdout, `indent` spaces before each further line. Default: not at all. */
  readonly foldOut?: Fold;
  /** The same for stderr. */
  readonly foldErr?: Fold;
  /** Whether a terminal that shows colours reads both. */
  readonly color: boolean;
  /** `quiet`: failed sessions, warnings and the summary of a run that failed. `verbose`: details too. */
  readonly verbosity: "quiet" | "normal" | "verbose";
  /** Time of day in UTC rather than local time. */
  readonly utc: boolean;
  /** Callers need a passphrase; the examples show where it goes. */
  readonly encrypted: boolean;
}

/** What stands below the text of an event: `14:03:07 + ` is before it. */
const EVENT_INDENT = 11;
/** What stands below a warning. */
const WARNING_INDENT = 2;

/** SGR codes of ECMA-48. */
const COLOR = { red: 31, green: 32, yellow: 33, grey: 90 } as const;

/** Prints events for people. */
export class TextReporter implements Reporter {
  readonly #options: TextReporterOptions;
  /** The output folder with a slash at its end, once it has been printed: paths in it are shown without it. */
  #folder: string | null = null;

  /** Keeps `options` for its whole life. */
  constructor(options: TextReporterOptions) {
    this.#options = options;
  }

  /** Prints `event`, unless `--quiet` leaves it out. */
  report(event: SplitterEvent): void {
    if (this.#options.verbosity === "quiet" && !isFailure(event)) return;
    this.#options.writeOut(`${this.#textOf(event)}\n`);
    if (event.event === "listening" && event.out !== null) this.#folder = `${event.out}/`;
  }

  /** Prints a warning on stderr. */
  warn(text: string): void {
    const lines = formatProblem("warning", this.#relative(text)).split("\n");
    lines[0] = (lines[0] ?? "").replace(/^warning:/, (label) => this.#colored("yellow", label));
    this.#options.writeErr(lines.map((line) => `${this.#fold("foldErr", line, WARNING_INDENT)}\n`).join(""));
  }

  /** Prints a detail on stderr where it was asked for. */
  debug(text: string): void {
    if (this.#options.verbosity !== "verbose") return;
    const line = this.#fold("foldErr", escapeText(this.#relative(text)), WARNING_INDENT);
    this.#options.writeErr(`${this.#colored("grey", line)}\n`);
  }

  #textOf(event: SplitterEvent): string {
    switch (event.event) {
      case "listening":
        return this.#foldText(listeningText(event, { encrypted: this.#options.encrypted }));
      case "session-start":
        return this.#line(event.time, this.#colored("green", "+"), startParts(event));
      case "segment":
        return this.#line(event.time, " ", segmentParts(event));
      case "stats":
        return this.#line(event.time, " ", statsParts(event));
      case "session-end":
        return this.#line(event.time, isCleanEnd(event.reason) ? "-" : this.#colored("red", "!"), endParts(event));
      case "refused":
        return this.#line(event.time, this.#colored("yellow", "x"), refusedParts(event), event.advice);
      case "refusals":
        return this.#line(event.time, " ", [`${event.refused} refused so far`, ...event.reasons.map(refusalPart)]);
      case "reloaded":
        return this.#line(event.time, event.ok ? " " : this.#colored("red", "!"), [event.text]);
      case "stopping":
        return this.#line(event.time, " ", stoppingParts(event));
      case "expectation":
        return this.#line(event.time, event.ok ? " " : this.#colored("red", "!"), expectationParts(event));
      case "stopped":
        return this.#line(event.time, event.exitCode === 0 ? " " : this.#colored("red", "!"), stoppedParts(event));
    }
  }

  /** `14:03:07 + s1, cam1, ...`, and the hint below it. Every part is escaped here, so that none can be forgotten. */
  #line(time: string, sign: string, parts: readonly (string | null)[], hint = ""): string {
    const text = parts.filter((part) => part !== null).map((part) => escapeText(this.#relative(part))).join(", ");
    const clock = this.#colored("grey", formatClock(time, this.#options));
    const line = this.#fold("foldOut", `${clock} ${sign} ${text}`, EVENT_INDENT);
    if (hint === "") return line;
    const below = `${" ".repeat(EVENT_INDENT)}hint: ${escapeText(this.#relative(hint))}`;
    return `${line}\n${this.#fold("foldOut", below, EVENT_INDENT + WARNING_INDENT)}`;
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

  #colored(color: keyof typeof COLOR, text: string): string {
    return this.#options.color ? `\x1b[${COLOR[color]}m${text}\x1b[0m` : text;
  }
}

function isFailure(event: SplitterEvent): boolean {
  if (event.event === "session-end") return !isCleanEnd(event.reason);
  if (event.event === "expectation") return !event.ok;
  if (event.event === "reloaded") return !event.ok;
  return event.event === "stopped" && event.exitCode !== 0;
}

function startParts(event: SessionStartEvent): readonly (string | null)[] {
  return [
    `${event.session} begins: ${event.stream ?? "no stream name"}`,
    `from ${formatEndpoint(event.caller)}`,
    `latency ${event.latencyMs} ms`,
    event.encrypted ? `encrypted (AES-${event.keyLength * 8})` : "not encrypted",
    `SRT ${event.srtVersion}`,
    event.file === null ? null : `file ${event.file}`,
  ];
}

function segmentParts(event: SegmentEvent): readonly (string | null)[] {
  return [`${event.session} ${event.previous === null ? "records" : "goes on"}: ${event.text}`, `file ${event.file}`];
}

function statsParts(event: StatsEvent): readonly (string | null)[] {
  const { statistics } = event;
  return [
    event.stream === null ? event.session : `${event.session} ${event.stream}`,
    formatDuration(event.durationMs),
    formatRate(event.bitsPerSecond),
    formatBytes(event.bytes),
    `RTT ${statistics.msRTT.toFixed(1)} ms`,
    `buffer ${Math.round(statistics.msRcvBuf)} of ${Math.round(statistics.msRcvTsbPdDelay)} ms`,
    ...lossParts(event),
    tsText(event.ts),
  ];
}

function endParts(event: SessionEndEvent): readonly (string | null)[] {
  return [
    `${event.session} ${isCleanEnd(event.reason) ? "ended" : "FAILED"}: ${event.text}`,
    event.stream,
    formatDuration(event.durationMs),
    formatBytes(event.bytes),
    formatRate(event.bitsPerSecond),
    ...lossParts(event),
    tsText(event.ts),
    event.file === null ? null : `file ${event.file}`,
  ];
}

function lossParts({ statistics }: StatsEvent | SessionEndEvent): readonly (string | null)[] {
  if (statistics === null) return [];
  const undecrypted = statistics.pktRcvUndecryptTotal;
  return [
    `lost ${formatCount(statistics.pktRcvLossTotal, "packet")}`,
    `dropped ${formatCount(statistics.pktRcvDropTotal, "packet")}`,
    undecrypted === 0 ? null : `undecryptable ${formatCount(undecrypted, "packet")}`,
  ];
}

function stoppingParts(event: StoppingEvent): readonly (string | null)[] {
  const closing = event.sessions === 0
    ? ""
    : `: closing ${formatCount(event.sessions, "session")}; a second Ctrl-C ends at once`;
  return [`stopping (${event.text})${closing}`];
}

function expectationParts(event: ExpectationEvent): readonly (string | null)[] {
  return [`expected ${event.expectation}: ${event.ok ? "yes" : "NO"}`, `seen ${event.seen}`];
}

function stoppedParts(event: StoppedEvent): readonly (string | null)[] {
  return [
    `${event.exitCode === 0 ? "stopped" : `stopped with exit code ${event.exitCode}`}: ${
      formatCount(event.sessions, "session")
    }`,
    event.failed === 0 ? null : `${event.failed} FAILED`,
    event.refused === 0 ? null : `${event.refused} refused: ${event.refusals.map(refusalPart).join(", ")}`,
    `${formatBytes(event.bytes)} received`,
    `in ${formatDuration(event.durationMs)}`,
  ];
}
