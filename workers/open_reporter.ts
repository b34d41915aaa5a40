/**
 * Chooses how a run is reported: JSON lines for programs, lines for people, or a live table if stdout is a terminal.
 *
 * @module
 */

import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { JsonLinesReporter } from "../mod/report/json_lines_reporter.ts";
import type { Reporter } from "../mod/report/reporter.ts";
import { TextReporter } from "../mod/report/text_reporter.ts";
import { messageOf } from "../mod/report/problem.ts";
import type { RunState } from "../mod/run/run_state.ts";
import type { LiveReporter } from "../mod/terminal/live_reporter.ts";
import type { Output } from "./output.ts";
import type { RoleProcess } from "./process.ts";

/** How often the live table gets new figures. */
const LIVE_STATS_MS = 1000;

type Write = (text: string) => void;

/** A reporter, and what a run needs to use it. */
export interface OpenedReporter {
  readonly reporter: Reporter;
  /** Returns how often it needs `stats` events in ms if the settings ask for `askedMs`; null: never. */
  readonly statsIntervalMs: (askedMs: number | null) => number | null;
  /** Prints a table of all sessions, after the run has ended. */
  readonly printSummary: () => Promise<void>;
}

/**
 * Opens the reporter for the settings. It prints to stdout, or to stderr if the payload goes to stdout. It reads `state`, to
 * which each event is applied before it is reported.
 */
export async function openReporter(
  settings: ListenSettings,
  { output, process, state }: {
    readonly output: Output;
    readonly process: RoleProcess;
    readonly state: RunState;
  },
): Promise<OpenedReporter> {
  const { format, verbosity, utc, passphrases } = settings;
  const { paintErr, size, journal } = output;
  const [out, foldOut, paintOut, stream] = settings.stdout
    ? [output.err, output.foldErr, paintErr, Deno.stderr]
    : [output.out, output.foldOut, output.paintOut, Deno.stdout];
  const color = paintOut !== null;
  const writeOut = (text: string) => out.write(text, { canBeMissed: true });
  const writeErr = (text: string) => output.err.write(text, { canBeMissed: true });
  if (format === "json") {
    const reporter = new JsonLinesReporter({ writeOut, writeErr, verbose: verbosity === "verbose" });
    return { reporter, statsIntervalMs: asked, printSummary: () => Promise.resolve() };
  }
  const columns = stream.isTerminal() ? () => size().columns : () => Infinity;
  const canRedraw = stream.isTerminal() && Deno.env.get("TERM") !== "dumb";
  const linesTo = (streams: { readonly writeOut: Write; readonly writeErr: Write }) =>
    new TextReporter({
      ...streams,
      foldOut,
      foldErr: output.foldErr,
      paintOut,
      paintErr,
      fileNamesOnly: stream.isTerminal(),
      verbosity,
      utc,
      encrypted: passphrases.length > 0,
      journal: { out: settings.stdout ? journal.err : journal.out, err: journal.err },
    });
  const printTableTo = (write: Write) => printTable(state, { settings, color, columns, write });
  const live = canRedraw && verbosity !== "quiet" && !settings.stdout
    ? await openLive(
      { write: writeOut, color, utc, size, state },
      (print) => linesTo({ writeOut: print, writeErr: Deno.stderr.isTerminal() ? print : writeErr }),
    )
    : null;
  if (live === null) {
    return {
      reporter: linesTo({ writeOut, writeErr }),
      statsIntervalMs: asked,
      printSummary: () => printTableTo(writeOut),
    };
  }
  process.onSignals(["SIGWINCH"], () => live.redraw());
  process.onSignals(["SIGUSR2"], () => live.clearLost());
  return {
    reporter: live,
    statsIntervalMs: (askedMs) => Math.min(LIVE_STATS_MS, askedMs ?? LIVE_STATS_MS),
    printSummary: async () => {
      live.finish();
      await printTableTo((text) => live.print(text));
    },
  };
}

/** The interval of a reporter that needs no `stats` events itself. */
function asked(askedMs: number | null): number | null {
  return askedMs;
}

async function openLive(
  options: {
    readonly write: Write;
    readonly color: boolean;
    readonly utc: boolean;
    readonly size: typeof Deno.consoleSize;
    readonly state: RunState;
  },
  makeLines: (print: Write) => Reporter,
): Promise<LiveReporter | null> {
  try {
    const { LiveReporter } = await import("../mod/terminal/live_reporter.ts");
    return new LiveReporter({ ...options, lines: makeLines, now: () => performance.now() });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    // it was started with fewer permissions than the task `listen` has
    makeLines(options.write).warn(`cannot show the live table, only lines: ${messageOf(error)}`);
    return null;
  }
}

async function printTable(
  state: RunState,
  { settings: { verbosity, utc }, color, columns, write }: {
    readonly settings: ListenSettings;
    readonly color: boolean;
    /** Width of the terminal; infinite if the table is not written to one. */
    readonly columns: () => number;
    readonly write: Write;
  },
): Promise<void> {
  if (verbosity === "quiet") return;
  try {
    const { summaryTable } = await import("../mod/terminal/summary_table.ts");
    const table = summaryTable(state, {
      columns: columns(),
      nowMs: performance.now(),
      color,
      utc,
      folder: state.listening?.out ?? null,
    });
    if (table !== "") write(`\n${table}\n\n`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
}
