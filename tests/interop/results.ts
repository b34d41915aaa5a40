/**
 * The results of the interoperability matrix, as the file results.json keeps them, and their part of the manual.
 *
 * @module
 */

/** One program. */
export interface Row {
  readonly name: string;
  /** Null if it was not tried. */
  readonly version: string | null;
  /** The SRT version in its handshake; null if unknown. */
  readonly srtVersion: string | null;
  /** Why it was not tried, why its results are not the expected ones, or what else is known about it; null otherwise. */
  readonly note: string | null;
  /** What happened in each column. */
  readonly cells: Readonly<Record<string, string>>;
  /** What it did and printed in some columns. */
  readonly printed: Readonly<Record<string, string>>;
}

/** The whole matrix. */
export interface Results {
  /** Such as 2026-11-26. */
  readonly date: string;
  /** Version of srt-splitter. */
  readonly version: string;
  /** Version of the libsrt that recorded. */
  readonly libsrt: string;
  readonly callers: readonly Row[];
  readonly listeners: readonly Row[];
}

/** Columns of the second table: what callers do if something goes wrong. */
const FAILURES = ["wrong passphrase", "no passphrase", "listener stops"] as const;

/** The part of the manual. */
export function interopPart({ date, version, libsrt, callers, listeners }: Results): string {
  return [
    `Tried on ${date} with srt-splitter ${version} and libsrt ${libsrt}.`,
    "### Callers",
    table(callers, ["caller", (row) => row.name], ["SRT", (row) => row.srtVersion ?? ""]),
    notes(callers),
    "What these callers do when they are refused, and when the listener stops:",
    printedTable(callers, FAILURES),
    "### Listeners that `send` calls",
    table(listeners, ["listener", (row) => row.name]),
    notes(listeners),
  ].filter((text) => text !== "").join("\n\n");
}

type Column = readonly [title: string, text: (row: Row) => string];

function table(rows: readonly Row[], ...first: readonly Column[]): string {
  const tried = rows.filter(({ version }) => version !== null);
  const cases = Object.keys(tried[0]?.cells ?? {}).map((name): Column => [name, ({ cells }) => cells[name] ?? ""]);
  return markdown(tried, [
    ...first.slice(0, 1),
    ["version", ({ version }) => version ?? ""],
    ...first.slice(1),
    ...cases,
  ]);
}

function printedTable(rows: readonly Row[], names: readonly string[]): string {
  const tried = rows.filter(({ printed }) => Object.keys(printed).length > 0);
  const columns = names.map((name): Column => [name, ({ printed }) => printed[name] ?? ""]);
  return markdown(tried, [["caller", ({ name }) => name], ...columns]);
}

function notes(rows: readonly Row[]): string {
  return rows.filter(({ note }) => note !== null)
    .map(({ name, version, note }) => version === null ? `- ${name}: not tried (${note})` : `- ${name}: ${note}`).join(
      "\n",
    );
}

function markdown(rows: readonly Row[], columns: readonly Column[]): string {
  const lines = [columns.map(([title]) => title), columns.map(() => "---")];
  for (const row of rows) lines.push(columns.map(([, text]) => text(row).replaceAll("|", "\\|")));
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
