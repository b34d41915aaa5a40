/**
 * The table at the end of a run: every session and what came of it.
 *
 * @module
 */

import { styleText } from "node:util";

import { isCleanEnd } from "../vocabulary/values.ts";
import type { SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";
import { formatCount } from "../report/format.ts";
import { type Column, fitTable } from "./fit_table.ts";
import { type RowStyle, sessionColumns } from "./session_row.ts";

/** More sessions than this are counted, the newest are shown. Our choice. */
const MOST_SHOWN = 200;

/** A session of the run; `end` is null where the run was over before it. */
export interface SummarySession {
  readonly start: SessionStartEvent;
  readonly end: SessionEndEvent | null;
}

/**
 * Makes the text, without an end of line at its end.
 *
 * @param options `columns`: width of the terminal, or `Infinity`; `earlier`: sessions before these, which nobody knows any more
 */
export function summaryTable(
  sessions: readonly SummarySession[],
  { columns: width, earlier = 0, ...style }: RowStyle & { readonly columns: number; readonly earlier?: number },
): string {
  const shown = sessions.slice(-MOST_SHOWN);
  const columns = sessionColumns(
    shown.map(({ start, end }) => ({ start, figures: end, durationMs: end?.durationMs ?? 0 })),
    style,
  );
  const end: Column = {
    head: "END",
    align: "left",
    rank: 3,
    least: null,
    most: null,
    cells: shown.map(({ end }) => paint(end, style)),
  };
  const at = columns.findIndex(({ head }) => head === "FILE");
  const all = at === -1 ? [...columns, end] : [...columns.slice(0, at), end, ...columns.slice(at)];
  const lines = fitTable(all, width);
  const left = earlier + sessions.length - shown.length;
  return [...(left > 0 ? [`${formatCount(left, "earlier session")} not shown`] : []), ...lines].join("\n");
}

function paint(end: SessionEndEvent | null, { color }: RowStyle): string {
  const text = end === null ? "cut off" : end.reason;
  const failed = end === null || !isCleanEnd(end.reason);
  return failed && color ? styleText("red", text, { validateStream: false }) : text;
}
