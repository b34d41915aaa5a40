/**
 * One session as the cells of a table.
 *
 * @module
 */

import { basename } from "node:path";
import { styleText } from "node:util";

import { escapeText } from "../report/escape_text.ts";
import { formatBytes, formatClock, formatDuration, formatEndpoint, formatRate } from "../report/format.ts";
import { hasPayload, recoveredPackets } from "../report/loss_text.ts";
import type { RecentFigures } from "../run/recent_figures.ts";
import type { SessionEndEvent, SessionStartEvent, StatsEvent } from "../vocabulary/events.ts";
import { recentText, type RowState, stateText } from "../report/session_state.ts";
import { tsCell } from "../report/ts_text.ts";
import type { Column } from "./fit_table.ts";
import { shortenEndpoint, shortenMiddle, shortenNames } from "./shorten_names.ts";

/** A session to show. */
export interface ShownSession {
  /** Null: an expected stream name, or a pull, without a session. */
  readonly start: SessionStartEvent | null;
  readonly stream: string | null;
  /** Absolute path of its file, the last of several; null if there is none. */
  readonly file: string | null;
  /** Null if the row does not show it. */
  readonly state: RowState | null;
  /** The newest figures; null before the first. */
  readonly figures: StatsEvent | SessionEndEvent | null;
  /** The figures of the last 10 s; null if they are not known. */
  readonly recent: RecentFigures | null;
  /** When packets last went missing (RFC 3339); null: never. */
  readonly lastMissing: string | null;
  readonly durationMs: number | null;
}

/** How sessions are shown. */
export interface RowStyle {
  readonly color: boolean;
  /** Times of day are in UTC rather than local time. */
  readonly utc: boolean;
  /** Absolute path of the folder of recordings, which paths are relative to; null: only the name of a file is shown. */
  readonly folder: string | null;
}

/** Maximum width of a stream name, which may have 512 bytes. Lines and events contain the complete name. Our choice. */
const MAX_STREAM = 40;

/** Returns a function that applies `shorten` to each cell of a column. */
function each(shorten: (cell: string, width: number) => string): NonNullable<Column["shorten"]> {
  return (cells, width) => cells.map((cell) => shorten(cell, width));
}

const COLUMNS = {
  id: { head: "ID", align: "left", rank: 0, minWidth: null, maxWidth: null },
  stream: { head: "STREAM", align: "left", rank: 1, minWidth: 16, maxWidth: MAX_STREAM, shorten: shortenNames },
  state: { head: "STATE", align: "left", rank: 0, minWidth: null, maxWidth: null },
  address: { head: "FROM", align: "left", rank: 9, minWidth: 15, maxWidth: null, shorten: each(shortenEndpoint) },
  time: { head: "TIME", align: "right", rank: 3, minWidth: null, maxWidth: null },
  rate: { head: "RATE", align: "right", rank: 2, minWidth: null, maxWidth: null },
  bytes: { head: "SIZE", align: "right", rank: 4, minWidth: null, maxWidth: null },
  rtt: { head: "RTT", align: "right", rank: 10, minWidth: null, maxWidth: null },
  recovered: { head: "RECOVERED", align: "right", rank: 6, minWidth: null, maxWidth: null },
  missing: { head: "MISSING", align: "right", rank: 5, minWidth: null, maxWidth: null },
  lastMissing: { head: "LAST", align: "left", rank: 8, minWidth: null, maxWidth: null },
  ts: { head: "TS", align: "left", rank: 7, minWidth: null, maxWidth: null },
  file: { head: "FILE", align: "left", rank: 11, minWidth: 12, maxWidth: null, shorten: each(shortenMiddle) },
} as const;

/** Columns that are left out if they are empty. */
const OPTIONAL: ReadonlySet<string> = new Set<keyof typeof COLUMNS>(["state", "lastMissing", "ts", "file"]);

/** Returns the columns of `sessions`. The columns of state, last missing packet, TS health and file are left out if empty. */
export function sessionColumns(sessions: readonly ShownSession[], style: RowStyle): readonly Column[] {
  const rows = sessions.map((session) => cellsOf(session, style));
  return (Object.keys(COLUMNS) as (keyof typeof COLUMNS)[])
    .filter((name) => !OPTIONAL.has(name) || rows.some((row) => row[name] !== ""))
    .map((name) => ({ ...COLUMNS[name], cells: rows.map((row) => row[name]) }));
}

type Cells = Record<keyof typeof COLUMNS, string>;

function cellsOf(session: ShownSession, style: RowStyle): Cells {
  const { start, stream, file, state, durationMs } = session;
  return {
    id: start?.session ?? "-",
    stream: stream === null ? "-" : escapeText(stream),
    state: red(stateText(state, style), style),
    address: start === null ? "" : formatEndpoint(start.caller),
    time: durationMs === null ? "" : formatDuration(durationMs),
    ...figureCells(session, style),
    file: file === null ? "" : escapeText(pathIn(style.folder, file)),
  };
}

type FigureCells = Pick<Cells, "rate" | "bytes" | "rtt" | "recovered" | "missing" | "lastMissing" | "ts">;

const NO_FIGURES: FigureCells = { rate: "", bytes: "", rtt: "", recovered: "", missing: "", lastMissing: "", ts: "" };

function figureCells({ figures, recent, lastMissing, state }: ShownSession, style: RowStyle): FigureCells {
  if (figures === null) return NO_FIGURES;
  const { statistics } = figures;
  const rtt = statistics === null ? "" : `${statistics.msRTT.toFixed(1)} ms`;
  if (!hasPayload(figures)) {
    return { rate: "-", bytes: "-", rtt, recovered: "-", missing: "-", lastMissing: "", ts: "-" };
  }
  const ts = tsCell(figures);
  const isLost = state?.kind === "lost";
  return {
    rate: isLost ? "" : formatRate(recent?.bitsPerSecond ?? figures.bitsPerSecond),
    bytes: formatBytes(figures.bytes),
    rtt: isLost ? "" : rtt,
    recovered: statistics === null ? "" : `${recoveredPackets(statistics)}${recentText(recent?.recoveredPackets)}`,
    missing: statistics === null
      ? ""
      : alarming(statistics.pktRcvDropTotal, { suffix: recentText(recent?.missingPackets), ...style }),
    lastMissing: lastMissing === null ? "" : formatClock(lastMissing, style),
    ts: typeof ts === "number" ? alarming(ts, style) : ts ?? "",
  };
}

function pathIn(folder: string | null, file: string): string {
  return folder !== null && file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : basename(file);
}

/** Formats a number, in red unless it is 0. */
function alarming(
  amount: number,
  { suffix = "", color }: Pick<RowStyle, "color"> & { readonly suffix?: string },
): string {
  const text = `${amount}${suffix}`;
  return amount > 0 ? red(text, { color }) : text;
}

function red(text: string, { color }: Pick<RowStyle, "color">): string {
  return color && text !== "" ? styleText("red", text, { validateStream: false }) : text;
}
