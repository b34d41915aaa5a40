/**
 * The table at the end of a run: every session and how it ended.
 *
 * @module
 */

import { styleText } from "node:util";

import { formatCount } from "../report/format.ts";
import { isCleanEnd } from "../vocabulary/values.ts";
import type { SessionEndEvent } from "../vocabulary/events.ts";
import { isCounted, type RunState } from "../run/run_state.ts";
import { type Column, fitTable } from "./fit_table.ts";
import { type RowStyle, sessionColumns } from "./session_row.ts";

/** Maximum number of sessions that are shown, the newest ones; the others are counted. Our choice. */
const MAX_SHOWN = 200;

/**
 * Formats the table, without an end of line after its last line; empty if there was no session. Attempts are in it only if they
 * failed, or were handed over.
 *
 * @param options `columns`: width of the terminal, or `Infinity`. `nowMs`: the time on the clock of the state
 */
export function summaryTable(
  { sessions: all, forgotten, isHandedOver }: Pick<RunState, "sessions" | "forgotten" | "isHandedOver">,
  { columns: width, nowMs, ...style }: RowStyle & { readonly columns: number; readonly nowMs: number },
): string {
  const sessions = all.filter((session) => isCounted(session) || hasFailed(session.end));
  const shown = sessions.slice(-MAX_SHOWN);
  if (shown.length === 0) return "";
  const columns = sessionColumns(
    shown.map(({ start, startMs, file, end, figures, lastMissing }) => ({
      start,
      stream: start.stream,
      file,
      state: null,
      figures,
      recent: null,
      lastMissing,
      durationMs: end?.durationMs ?? nowMs - startMs,
    })),
    style,
  );
  const end: Column = {
    head: "END",
    align: "left",
    rank: 3,
    minWidth: null,
    maxWidth: null,
    cells: shown.map(({ end }) => end === null && isHandedOver ? "handed over" : paint(end, style)),
  };
  const at = columns.findIndex(({ head }) => head === "FILE");
  const lines = fitTable(at === -1 ? [...columns, end] : [...columns.slice(0, at), end, ...columns.slice(at)], width);
  const left = forgotten + sessions.length - shown.length;
  return [...(left > 0 ? [`${formatCount(left, "earlier session")} not shown`] : []), ...lines].join("\n");
}

function paint(end: SessionEndEvent | null, { color }: Pick<RowStyle, "color">): string {
  const text = end === null ? "unfinished" : end.reason;
  return hasFailed(end) && color ? styleText("red", text, { validateStream: false }) : text;
}

/** A session without an end was cut off, which is a failure. This does not check whether it was handed over. */
function hasFailed(end: SessionEndEvent | null): boolean {
  return end === null || !isCleanEnd(end.reason);
}
