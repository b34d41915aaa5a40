/**
 * One session as the cells of a table.
 *
 * @module
 */

import { basename } from "node:path";
import { styleText } from "node:util";

import { escapeText } from "../report/escape_text.ts";
import { formatBytes, formatDuration, formatEndpoint, formatRate } from "../report/format.ts";
import type { SessionEndEvent, SessionStartEvent, StatsEvent } from "../vocabulary/events.ts";
import { tsCell } from "../report/ts_text.ts";
import type { Column } from "./fit_table.ts";

/** A session to show. */
export interface ShownSession {
  readonly start: SessionStartEvent;
  /** Absolute path of its file, the last of several; null if there is none. */
  readonly file: string | null;
  /** The newest figures; null before the first. */
  readonly figures: StatsEvent | SessionEndEvent | null;
  readonly durationMs: number;
}

/** How it is shown. */
export interface RowStyle {
  readonly color: boolean;
  /** Absolute path of the folder of recordings, which paths are relative to; null: only the name of a file is shown. */
  readonly folder: string | null;
}

/** A name may have 512 bytes, which would displace all other columns. Lines and events contain it whole. Our choice. */
const MAX_STREAM = 40;

const COLUMNS = {
  id: { head: "ID", align: "left", rank: 0, minWidth: null, maxWidth: null },
  stream: { head: "STREAM", align: "left", rank: 1, minWidth: 8, maxWidth: MAX_STREAM },
  address: { head: "FROM", align: "left", rank: 7, minWidth: 15, maxWidth: null },
  time: { head: "TIME", align: "right", rank: 3, minWidth: null, maxWidth: null },
  rate: { head: "RATE", align: "right", rank: 2, minWidth: null, maxWidth: null },
  bytes: { head: "SIZE", align: "right", rank: 4, minWidth: null, maxWidth: null },
  rtt: { head: "RTT", align: "right", rank: 8, minWidth: null, maxWidth: null },
  loss: { head: "LOST", align: "right", rank: 5, minWidth: null, maxWidth: null },
  drop: { head: "DROP", align: "right", rank: 5, minWidth: null, maxWidth: null },
  ts: { head: "TS", align: "left", rank: 6, minWidth: null, maxWidth: null },
  file: { head: "FILE", align: "left", rank: 9, minWidth: 12, maxWidth: null },
} as const;

/** Returns the columns of `sessions`, without empty ones (files, TS health). */
export function sessionColumns(sessions: readonly ShownSession[], style: RowStyle): readonly Column[] {
  const rows = sessions.map((session) => cellsOf(session, style));
  return (Object.keys(COLUMNS) as (keyof typeof COLUMNS)[])
    .filter((name) => (name !== "ts" && name !== "file") || rows.some((row) => row[name] !== ""))
    .map((name) => ({ ...COLUMNS[name], cells: rows.map((row) => row[name]) }));
}

function cellsOf(
  { start, file, figures, durationMs }: ShownSession,
  style: RowStyle,
): Record<keyof typeof COLUMNS, string> {
  const statistics = figures?.statistics ?? null;
  const ts = figures === null ? null : tsCell(figures);
  return {
    id: start.session,
    stream: start.stream === null ? "-" : escapeText(start.stream),
    address: formatEndpoint(start.caller),
    time: formatDuration(durationMs),
    rate: figures === null ? "" : formatRate(figures.bitsPerSecond),
    bytes: figures === null ? "" : formatBytes(figures.bytes),
    rtt: statistics === null ? "" : `${statistics.msRTT.toFixed(1)} ms`,
    loss: statistics === null ? "" : count(statistics.pktRcvLossTotal, "yellow", style),
    drop: statistics === null ? "" : count(statistics.pktRcvDropTotal, "red", style),
    ts: typeof ts === "number" ? count(ts, "red", style) : ts ?? "",
    file: file === null ? "" : escapeText(pathIn(style.folder, file)),
  };
}

function pathIn(folder: string | null, file: string): string {
  return folder !== null && file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : basename(file);
}

function count(amount: number, color: "yellow" | "red", style: RowStyle): string {
  return amount > 0 && style.color ? styleText(color, String(amount), { validateStream: false }) : String(amount);
}
