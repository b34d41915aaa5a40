/**
 * How a run speaks: JSON lines for programs, lines for people, or a live table where a person looks at a terminal.
 *
 * @module
 */

import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import type { RunRecord } from "../mod/outcome/run_record.ts";
import type { Reporter } from "../mod/report/reporter.ts";
import { JsonLinesReporter } from "../mod/report/json_lines_reporter.ts";
import { TextReporter } from "../mod/report/text_reporter.ts";
import type { LiveReporter } from "../mod/terminal/live_reporter.ts";
import type { Output } from "./output.ts";
import type { RoleProcess } from "./process.ts";

/** How often the live table has new figures. */
const LIVE_STATS_MS = 1000;

/** What a table of sessions is made of. */
export type ShownRecord = Pick<RunRecord, "sessions" | "forgotten">;

/** A reporter and what goes with it. */
export interface Voice {
  readonly reporter: Reporter;
  /** How often it wants `stats` events in ms, where the settings ask for `askedMs`; null: not at all. */
  readonly statsIntervalMs: (askedMs: number | null) => number | null;
  /** Shows all sessions of a run that is over. */
  readonly summarise: (record: ShownRecord) => Promise<void>;
}

/** Chooses by the settings and by what stdout is. */
export async function openVoice(
  settings: ListenSettings,
  { output, process }: { readonly output: Output; readonly process: RoleProcess },
): Promise<Voice> {
  const { format, verbosity, utc, passphrases } = settings;
  const { out, err, foldOut, foldErr, size } = output;
  const writeOut = (text: string) => out.write(text, { canBeMissed: true });
  const writeErr = (text: string) => err.write(text, { canBeMissed: true });
  if (format === "json") {
    const reporter = new JsonLinesReporter({ writeOut, writeErr, verbose: verbosity === "verbose" });
    return { reporter, statsIntervalMs: asked, summarise: () => Promise.resolve() };
  }
  const columns = Deno.stdout.isTerminal() ? () => size().columns : () => Infinity;
  const terminal = Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
  const color = terminal && !Deno.noColor;
  const lines = (writeOut: (text: string) => void, writeErr: (text: string) => void) =>
    new TextReporter({
      ...{ writeOut, writeErr, foldOut, foldErr },
      ...{ color, verbosity, utc, encrypted: passphrases.length > 0 },
    });
  const live = terminal && verbosity !== "quiet"
    ? await openLive(
      { write: writeOut, color, size },
      (print) => lines(print, Deno.stderr.isTerminal() ? print : writeErr),
    )
    : null;
  if (live === null) {
    const summarise = (record: ShownRecord) => printSummary(record, { settings, color, columns, print: writeOut });
    return { reporter: lines(writeOut, writeErr), statsIntervalMs: asked, summarise };
  }
  process.onSignals(["SIGWINCH"], () => live.redraw());
  return {
    reporter: live,
    statsIntervalMs: (askedMs) => Math.min(LIVE_STATS_MS, askedMs ?? LIVE_STATS_MS),
    summarise: async (record) => {
      live.finish();
      await printSummary(record, { settings, color, columns, print: (text) => live.print(text) });
    },
  };
}

/** The rule of a voice that has no wishes of its own. */
function asked(askedMs: number | null): number | null {
  return askedMs;
}

async function openLive(
  { write, color, size }: {
    readonly write: (text: string) => void;
    readonly color: boolean;
    readonly size: typeof Deno.consoleSize;
  },
  makeLines: (print: (text: string) => void) => Reporter,
): Promise<LiveReporter | null> {
  try {
    const { LiveReporter } = await import("../mod/terminal/live_reporter.ts");
    return new LiveReporter({ write, color, lines: makeLines, size, now: Date.now });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    // started with fewer permissions than the task `listen` has
    makeLines(write).warn(`there is no live table, only lines: ${error.message}`);
    return null;
  }
}

async function printSummary(
  { sessions, forgotten }: ShownRecord,
  { settings: { verbosity }, color, columns, print }: {
    readonly settings: ListenSettings;
    readonly color: boolean;
    /** Infinite where lines have no end. */
    readonly columns: () => number;
    readonly print: (text: string) => void;
  },
): Promise<void> {
  if (verbosity === "quiet" || sessions.length === 0) return;
  try {
    const { summaryTable } = await import("../mod/terminal/summary_table.ts");
    print(`\n${summaryTable(sessions, { columns: columns(), color, earlier: forgotten })}\n\n`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
}
