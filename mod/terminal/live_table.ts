/**
 * The live table as text: rows of sessions, as many as there is room for, a line with the sums, and a line about the recording.
 *
 * @module
 */

import { styleText } from "node:util";

import { escapeText } from "../report/escape_text.ts";
import { formatBytes, formatCount, formatDuration, formatRate } from "../report/format.ts";
import { hasPayload } from "../report/loss_text.ts";
import { isSpaceLow, NOT_RECORDING, spaceText } from "../report/low_space.ts";
import { isInTrouble } from "../report/session_state.ts";
import type { DiskEvent } from "../vocabulary/events.ts";
import { fitTable } from "./fit_table.ts";
import { foldLine } from "./fold_line.ts";
import { type RowStyle, sessionColumns, type ShownSession } from "./session_row.ts";
import { shortenMiddle, shortenNames } from "./shorten_names.ts";

/** Figures of the run so far. */
export interface RunFigures {
  /** 0: the run only calls listeners. */
  readonly port: number;
  /** Sessions that have ended. */
  readonly ended: number;
  /** Connections without payload. */
  readonly attempts: number;
  readonly refused: number;
  readonly durationMs: number;
  /** Payload bytes received so far, those of sessions that have ended included. */
  readonly receivedBytes: number;
  /** The free space on the disk of recordings; null if it is not known. */
  readonly disk: DiskEvent | null;
}

/** Size of the terminal. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Lines above the table that are kept free for events. Our choice. */
const EVENT_LINES = 4;
/** Maximum width of each name in the list of the sessions in trouble that have no row. Our choice. */
const LISTED_WIDTH = 16;

/** Formats the table for the size of the terminal, without an end of line after the last. */
export function liveTable(
  sessions: readonly ShownSession[],
  figures: RunFigures,
  { size, ...style }: RowStyle & { readonly size: TerminalSize },
): string {
  const width = Math.max(1, size.columns - 1);
  const footer = [sums(sessions, figures).slice(0, width), recordingLine(figures, { width, ...style })];
  const { shown, below } = pickRows(sessions, { width, rows: size.rows - footer.length });
  const lines = [
    ...(shown.length === 0 ? [] : fitTable(sessionColumns(shown, style), width)),
    ...below,
    ...footer,
  ];
  return lines.slice(-Math.max(1, size.rows - 1)).join("\n");
}

interface PickedRows {
  /** The sessions that have a row. */
  readonly shown: readonly ShownSession[];
  /** Lines about the others. */
  readonly below: readonly string[];
}

/**
 * Picks the sessions that have a row, those in trouble first, for a table that may be `rows` high without its footer. If
 * necessary, sessions in trouble also get the lines that are kept free for events. Sessions in trouble without a row are listed
 * by name, or only counted if there is no room for the names.
 */
function pickRows(
  sessions: readonly ShownSession[],
  { width, rows }: { readonly width: number; readonly rows: number },
): PickedRows {
  const { trouble = [], fine = [] } = Object.groupBy(
    sessions,
    (session) => isInTrouble(session) ? "trouble" : "fine",
  );
  const sorted = [...trouble, ...fine];
  const maxRows = Math.max(1, rows - 2); // the head of the table, and the line of the cursor
  const usualRows = Math.max(1, maxRows - EVENT_LINES);
  if (sorted.length <= usualRows) return { shown: sorted, below: [] };
  if (trouble.length < usualRows) return cutAfter(sorted, Math.max(1, usualRows - 1));
  if (trouble.length < maxRows) return cutAfter(sorted, trouble.length);
  for (let count = maxRows - 1; count > 0; count -= 1) {
    const names = shortenNames(trouble.slice(count).map(nameOf), LISTED_WIDTH);
    const list = foldLine(`also in trouble: ${names.join(", ")}`, { columns: width, indent: 2 }).split("\n");
    const below = [...list, ...(fine.length > 0 ? [`and ${fine.length} more`] : [])];
    if (count + below.length <= maxRows) return { shown: trouble.slice(0, count), below };
  }
  return cutAfter(sorted, Math.max(1, usualRows - 1));
}

function cutAfter(sorted: readonly ShownSession[], count: number): PickedRows {
  const more = sorted.length - count;
  return { shown: sorted.slice(0, count), below: more > 0 ? [`and ${more} more`] : [] };
}

function nameOf({ start, stream }: ShownSession): string {
  return escapeText(stream ?? start?.session ?? "-");
}

/** Returns the line about the recording: its folder, the free space, and how long that space lasts. */
function recordingLine(
  { disk }: RunFigures,
  { width, color, folder }: Pick<RowStyle, "color" | "folder"> & { readonly width: number },
): string {
  const paint = (name: "red" | "yellow", text: string) =>
    color ? styleText(name, text, { validateStream: false }) : text;
  if (folder === null) return paint("yellow", NOT_RECORDING.slice(0, width));
  const space = disk === null ? "" : `, ${spaceText(disk)}`;
  const start = "RECORDING to ";
  const place = shortenMiddle(escapeText(folder), Math.max(1, width - start.length - space.length));
  const line = `${start}${place}${space}`.slice(0, width);
  return disk !== null && isSpaceLow(disk) ? paint("red", line) : line;
}

function sums(sessions: readonly ShownSession[], figures: RunFigures): string {
  const { port, ended, attempts, refused, durationMs, receivedBytes } = figures;
  const { lost = [], absent = [], unconnected = [], live = [] } = Object.groupBy(
    sessions,
    ({ state }) => state === null || state.kind === "running" || state.kind === "no-data" ? "live" : state.kind,
  );
  const { silent = [], recorded = [] } = Object.groupBy(
    live,
    ({ figures }) => figures === null || hasPayload(figures) ? "recorded" : "silent",
  );
  const rate = live.reduce((sum, { recent, figures }) => sum + ((recent ?? figures)?.bitsPerSecond ?? 0), 0);
  const parts: string[] = [];
  if (recorded.length > 0) parts.push(`${recorded.length} running, ${formatRate(rate)}`);
  if (live.length === 0) parts.push(port === 0 ? "waiting for a listener" : "waiting for callers");
  if (receivedBytes > 0) parts.push(formatBytes(receivedBytes));
  if (silent.length > 0) parts.push(`${silent.length} without payload`);
  if (unconnected.length > 0) parts.push(`${unconnected.length} NOT CONNECTED`);
  if (absent.length > 0) parts.push(`${absent.length} MISSING`);
  if (lost.length > 0) parts.push(`${lost.length} LOST`);
  if (ended > 0) parts.push(`${ended} ended`);
  if (attempts > 0) parts.push(formatCount(attempts, "attempt"));
  if (refused > 0) parts.push(`${refused} refused`);
  parts.push(formatDuration(durationMs));
  return `${port === 0 ? "record" : `port ${port}`}: ${parts.join(", ")}`;
}
