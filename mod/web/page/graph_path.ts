/**
 * The rate of the last minutes as a line, and the missing packets as bars. Pure.
 *
 * @module
 */

import type { EventHistory } from "../api_schema.ts";

/** A rate of the history. */
export type Rate = EventHistory["rates"][number];

/** How much the graph shows, in ms. */
export const SHOWN_MS = 300_000;
/** Rates that are further apart are not connected. */
const GAP_MS = 15_000;

/** Size of the drawing. */
export interface GraphSize {
  readonly width: number;
  readonly height: number;
}

/** A drawing, in the notation of SVG paths. */
export interface GraphPaths {
  readonly line: string;
  /** The area below the line. */
  readonly area: string;
  /** A vertical bar for each rate with missing packets. */
  readonly missing: string;
  /** The highest rate, in bit/s. */
  readonly max: number;
  readonly missingPackets: number;
}

/** Draws rates in the order of their time; `nowMs` is at the right. */
export function graphPaths(
  rates: readonly Rate[],
  { nowMs, size: { width, height } }: { readonly nowMs: number; readonly size: GraphSize },
): GraphPaths {
  const shown = rates.map((rate) => ({ ...rate, ms: Date.parse(rate.time) })).filter(({ ms }) =>
    nowMs - ms <= SHOWN_MS
  );
  const max = Math.max(0, ...shown.map(({ bitsPerSecond }) => bitsPerSecond));
  const xOf = (ms: number) => ((1 - Math.max(0, nowMs - ms) / SHOWN_MS) * width).toFixed(1);
  const yOf = (rate: number) => (height - (max === 0 ? 0 : rate / max * (height - 2))).toFixed(1);
  const parts: string[] = [];
  const areas: string[] = [];
  let start = "";
  for (const [index, { ms, bitsPerSecond }] of shown.entries()) {
    const before = shown[index - 1];
    const after = shown[index + 1];
    const begins = before === undefined || ms - before.ms > GAP_MS;
    if (begins) start = xOf(ms);
    const point = `${xOf(ms)} ${yOf(bitsPerSecond)}`;
    parts.push(`${begins ? "M" : "L"}${point}`);
    areas.push(`${begins ? `M${start} ${height}L` : "L"}${point}`);
    if (after === undefined || after.ms - ms > GAP_MS) areas.push(`L${xOf(ms)} ${height}Z`);
  }
  const missing = shown.filter(({ missingPackets }) => missingPackets > 0);
  return {
    line: parts.join(""),
    area: areas.join(""),
    missing: missing.map(({ ms }) => `M${xOf(ms)} 0V${height}`).join(""),
    max,
    missingPackets: missing.reduce((sum, { missingPackets }) => sum + missingPackets, 0),
  };
}
