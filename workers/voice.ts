/**
 * How a run speaks: JSON lines for programs, lines for people, or a live table where a person looks at a terminal.
 *
 * Called by: workers/listen.
 * Fails: never; where the terminal's part cannot be loaded there are lines, and a warning says so.
 *
 * @module
 */

import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import type { SessionRecord } from "../mod/outcome/run_record.ts";
import type { Reporter } from "../mod/report/events.ts";
import { JsonLinesReporter } from "../mod/report/json_lines_reporter.ts";
import type { LineWriter } from "../mod/report/line_writer.ts";
import { TextReporter } from "../mod/report/text_reporter.ts";
import type { LiveReporter } from "../mod/terminal/live_reporter.ts";
import type { RoleProcess } from "./process.ts";

/** How often the live table has new figures. */
const LIVE_STATS_MS = 1000;

/** What is written to. */
export interface VoiceOptions {
  readonly out: LineWriter;
  readonly err: LineWriter;
  readonly process: RoleProcess;
}

/** A reporter and what goes with it. */
export interface Voice {
  readonly reporter: Reporter;
  /** How often it wants `stats` events in ms; null: not at all. */
  readonly statsIntervalMs: number | null;
  /** Shows all sessions of a run that is over. */
  readonly summarise: (sessions: readonly SessionRecord[]) => Promise<void>;
}

/** Chooses by the settings and by what stdout is. */
export async function openVoice(settings: ListenSettings, { out, err, process }: VoiceOptions): Promise<Voice> {
  const { format, verbosity, utc, passphrases, statsIntervalMs } = settings;
  const writeOut = (text: string) => out.write(text, { canBeMissed: true });
  const writeErr = (text: string) => err.write(text, { canBeMissed: true });
  if (format === "json") {
    const reporter = new JsonLinesReporter({ writeOut, writeErr, verbose: verbosity === "verbose" });
    return { reporter, statsIntervalMs, summarise: () => Promise.resolve() };
  }
  const terminal = Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
  const color = terminal && !Deno.noColor;
  const lines = (writeOut: (text: string) => void, writeErr: (text: string) => void) =>
    new TextReporter({ writeOut, writeErr, color, verbosity, utc, encrypted: passphrases.length > 0 });
  const live = terminal && verbosity !== "quiet"
    ? await openLive({ write: writeOut, color }, (print) => lines(print, Deno.stderr.isTerminal() ? print : writeErr))
    : null;
  if (live === null) {
    const summarise = (sessions: readonly SessionRecord[]) =>
      printSummary(sessions, { settings, color, print: writeOut });
    return { reporter: lines(writeOut, writeErr), statsIntervalMs, summarise };
  }
  process.onSignals(["SIGWINCH"], () => live.redraw());
  return {
    reporter: live,
    statsIntervalMs: Math.min(LIVE_STATS_MS, statsIntervalMs ?? LIVE_STATS_MS),
    summarise: async (sessions) => {
      live.finish();
      await printSummary(sessions, { settings, color, print: (text) => live.print(text) });
    },
  };
}

async function openLive(
  { write, color }: { readonly write: (text: string) => void; readonly color: boolean },
  makeLines: (print: (text: string) => void) => Reporter,
): Promise<LiveReporter | null> {
  try {
    const { LiveReporter } = await import("../mod/terminal/live_reporter.ts");
    return new LiveReporter({ write, color, lines: makeLines, size: Deno.consoleSize, now: Date.now });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    // started with fewer permissions than the task `listen` has
    makeLines(write).warn(`there is no live table, only lines: ${error.message}`);
    return null;
  }
}

async function printSummary(
  sessions: readonly SessionRecord[],
  { settings: { verbosity }, color, print }: {
    readonly settings: ListenSettings;
    readonly color: boolean;
    readonly print: (text: string) => void;
  },
): Promise<void> {
  if (verbosity === "quiet" || sessions.length === 0) return;
  try {
    const { summaryTable } = await import("../mod/terminal/summary_table.ts");
    const columns = color || Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
    print(`\n${summaryTable(sessions, { columns, color })}\n\n`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
}
