/**
 * The live table as text: one row for each running session and a line with the sums.
 *
 * @module
 */

import { formatBytes, formatCount, formatDuration, formatRate } from "../report/format.ts";
import { hasPayload } from "../report/loss_text.ts";
import { fitTable } from "./fit_table.ts";
import { type RowStyle, sessionColumns, type ShownSession } from "./session_row.ts";

/** Figures of the run so far. */
export interface RunFigures {
  readonly port: number;
  /** Sessions that have ended. */
  readonly ended: number;
  /** Callers that connected and sent nothing. */
  readonly attempts: number;
  readonly refused: number;
  readonly durationMs: number;
}

/** Size of the terminal. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Lines above the table that are kept free for events. Our choice. */
const EVENT_LINES = 4;

/** Formats the table for the size of the terminal, without an end of line after the last. */
export function liveTable(
  sessions: readonly ShownSession[],
  figures: RunFigures,
  { size, ...style }: RowStyle & { readonly size: TerminalSize },
): string {
  const width = Math.max(1, size.columns - 1);
  // the head, the sums, and the line of the cursor
  const maxRows = Math.max(1, size.rows - EVENT_LINES - 3);
  const shown = sessions.length > maxRows ? sessions.slice(0, Math.max(1, maxRows - 1)) : sessions;
  const more = sessions.length - shown.length;
  const lines = [
    ...(shown.length === 0 ? [] : fitTable(sessionColumns(shown, style), width)),
    ...(more > 0 ? [`and ${more} more`] : []),
    sums(sessions, figures).slice(0, width),
  ];
  return lines.slice(-Math.max(1, size.rows - 1)).join("\n");
}

function sums(sessions: readonly ShownSession[], { port, ended, attempts, refused, durationMs }: RunFigures): string {
  const { lost = [], live = [] } = Object.groupBy(sessions, ({ state }) => state?.kind === "lost" ? "lost" : "live");
  const { silent = [], recorded = [] } = Object.groupBy(
    live,
    ({ figures }) => figures === null || hasPayload(figures) ? "recorded" : "silent",
  );
  const rate = live.reduce((sum, { recent, figures }) => sum + ((recent ?? figures)?.bitsPerSecond ?? 0), 0);
  const bytes = live.reduce((sum, { figures }) => sum + (figures?.bytes ?? 0), 0);
  const parts: string[] = [];
  if (recorded.length > 0) parts.push(`${recorded.length} running, ${formatRate(rate)}, ${formatBytes(bytes)}`);
  if (silent.length > 0) parts.push(`${silent.length} without payload`);
  if (live.length === 0) parts.push("waiting for callers");
  if (lost.length > 0) parts.push(`${lost.length} LOST`);
  if (ended > 0) parts.push(`${ended} ended`);
  if (attempts > 0) parts.push(formatCount(attempts, "attempt"));
  if (refused > 0) parts.push(`${refused} refused`);
  parts.push(formatDuration(durationMs));
  return `port ${port}: ${parts.join(", ")}`;
}
