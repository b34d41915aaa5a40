/**
 * TS health in a few words, for a line about a session.
 *
 * @module
 */

import type { TsHealth } from "../vocabulary/ts_health.ts";
import { formatCount } from "./format_count.ts";

/** What each kind of error is called in a line; further ones are in the events and sidecars. */
const WORDS = {
  syncLosses: "sync lost",
  syncErrors: "sync byte",
  patErrors: "PAT",
  continuityErrors: "continuity",
  pmtErrors: "PMT",
  pidErrors: "PID missing",
  transportErrors: "damaged by sender",
  crcErrors: "checksum",
} as const;

/** `TS ok`, `TS 3 errors (continuity 2, PAT 1)`, `no TS but Matroska or WebM`; null where nothing can be said. */
export function tsText(health: TsHealth | null): string | null {
  if (health === null || (health.payload === "unknown" && health.format === null)) return null;
  if (health.payload !== "ts") return `no TS${health.format === null ? "" : ` but ${health.format}`}`;
  const kinds = Object.entries(WORDS).flatMap(([kind, words]) => {
    const count = health[kind as keyof typeof WORDS];
    return count === 0 ? [] : [{ count, words }];
  });
  if (kinds.length === 0) return "TS ok";
  const total = kinds.reduce((sum, { count }) => sum + count, 0);
  const parts = kinds.map(({ count, words }) => `${words} ${count}`).join(", ");
  return `TS ${formatCount(total, "error")} (${parts})`;
}
