/**
 * Summarizes the TS health of a session for one line.
 *
 * @module
 */

import type { SessionEndEvent, StatsEvent } from "../vocabulary/events.ts";
import type { TsErrorKind, TsHealth } from "../vocabulary/ts_health.ts";
import { formatCount } from "./format.ts";

/** Short names of the errors. */
const NAMES: Readonly<Record<TsErrorKind, string>> = {
  syncLosses: "sync lost",
  syncErrors: "sync byte",
  patErrors: "PAT",
  continuityErrors: "continuity",
  pmtErrors: "PMT",
  pidErrors: "PID missing",
  transportErrors: "marked as damaged",
  crcErrors: "checksum",
};

/**
 * Summarizes `health`: `TS ok`, `TS 3 errors (continuity 2, PAT 1)`, `TS in 204-byte packets: ok`,
 * `not TS, but Matroska or WebM`. Null if nothing is known.
 */
export function tsText(health: TsHealth | null): string | null {
  if (health === null || (health.payload === "unknown" && health.format === null)) return null;
  if (health.payload !== "ts") return `not TS${health.format === null ? "" : `, but ${health.format}`}`;
  const start = health.format === null ? "TS" : `${health.format}:`;
  const counts = (Object.keys(NAMES) as TsErrorKind[]).filter((kind) => health[kind] > 0);
  const total = counts.reduce((sum, kind) => sum + health[kind], 0);
  const errors = counts.map((kind) => `${NAMES[kind]} ${health[kind]}`).join(", ");
  const { syncLostSinceOffset } = health;
  const end = syncLostSinceOffset === null ? "" : `, no TS from byte ${syncLostSinceOffset} on`;
  return total === 0 ? `${start} ok` : `${start} ${formatCount(total, "error")} (${errors})${end}`;
}

/** Returns the cell of a table for the TS health of a session: the number of first-priority errors; null if nothing is known. */
export function tsCell({ ts }: Pick<StatsEvent | SessionEndEvent, "ts">): number | "ok" | "not TS" | null {
  switch (ts?.payload) {
    case "ts":
      return ts.errors === 0 ? "ok" : ts.errors;
    case "other":
      return "not TS";
    default:
      return null;
  }
}
