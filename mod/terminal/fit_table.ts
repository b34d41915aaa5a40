/**
 * Fits a table to a width: the least important columns are left out, and long cells are cut.
 *
 * @module
 */

import Table from "cli-table3";
import stringWidth from "string-width";

/** Spaces between two columns. */
const GAP = 1;

/** One column. */
export interface Column {
  readonly head: string;
  readonly align: "left" | "right";
  /** Columns with larger numbers are cut and left out first. */
  readonly rank: number;
  /** Smallest width to which its cells are cut; null: they are not cut. */
  readonly minWidth: number | null;
  /** Wider cells are cut even if there is room; null: no limit. */
  readonly maxWidth: number | null;
  /** Shortens the cells to a width. Without it, a cell that is too wide is cut at its end. */
  readonly shorten?: (cells: readonly string[], width: number) => readonly string[];
  /** One cell for each row. They may hold colors, but no line ends. */
  readonly cells: readonly string[];
}

/** No borders, one space between columns. */
const PLAIN = {
  ...Object.fromEntries(
    ["top", "bottom", "left", "right", "mid"].flatMap((side) =>
      [side, `${side}-mid`, `${side}-left`, `${side}-right`].map((name) => [name, ""])
    ),
  ),
  "mid-mid": "",
  "middle": "",
};

/**
 * Returns the lines of a table, its head first.
 *
 * @param columns In the order in which they are shown
 * @param width Columns of the terminal; `Infinity`: cells are cut only to the `maxWidth` of their column
 */
export function fitTable(columns: readonly Column[], width: number): readonly string[] {
  const fitted = fit(columns.map((column) => ({ column, width: naturalWidth(column) })), width);
  const table = new Table({
    chars: PLAIN,
    head: fitted.map(({ column }) => column.head),
    colWidths: fitted.map(({ width }) => width + GAP),
    colAligns: fitted.map(({ column }) => column.align),
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP, compact: true },
  });
  const cells = fitted.map(({ column, width }) => column.shorten?.(column.cells, width) ?? column.cells);
  for (const row of columns[0]?.cells.keys() ?? []) table.push(cells.map((column) => column[row] ?? ""));
  return table.toString().split("\n").map((line) => line.trimEnd());
}

interface Fitted {
  readonly column: Column;
  readonly width: number;
}

function fit(columns: readonly Fitted[], width: number): readonly Fitted[] {
  const excess = columns.reduce((sum, column) => sum + column.width + GAP, -GAP) - width;
  if (excess <= 0) return columns;
  const byRank = [...columns].sort((a, b) => b.column.rank - a.column.rank);
  const slack = ({ column, width }: Fitted) => column.minWidth === null ? 0 : Math.max(0, width - column.minWidth);
  if (byRank.reduce((sum, column) => sum + slack(column), 0) < excess && columns.length > 1) {
    return fit(columns.filter((column) => column !== byRank[0]), width);
  }
  let left = excess;
  const cuts = new Map(byRank.map((column) => {
    const cut = Math.min(left, slack(column));
    left -= cut;
    return [column, cut];
  }));
  return columns.map((one) => ({ column: one.column, width: Math.max(1, one.width - (cuts.get(one) ?? 0)) }));
}

function naturalWidth({ head, cells, maxWidth }: Column): number {
  return Math.min(
    maxWidth ?? Infinity,
    cells.reduce((width, cell) => Math.max(width, stringWidth(cell)), stringWidth(head)),
  );
}
