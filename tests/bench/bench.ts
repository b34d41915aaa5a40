/**
 * The benchmark: what must be reached, what was measured, and what srt-live-transmit needs for the same input, in one table. If
 * SRT_SPLITTER names an executable, it has rows of its own beside those of the program from source.
 *
 * Usage: `deno task bench [PART...]`; the parts are the names below.
 *
 * @module
 */

import { measureFlood } from "./attack.ts";
import { measureBurst, measureKilledListener, measureKilledSession } from "./callers.ts";
import { measureConnects } from "./connects.ts";
import { measureLossyLink, measureMemory, measureSegments, measureSessions, measureUpkeep } from "./sessions.ts";
import { measureChildStart, measureStarts, measureVersion } from "./starts.ts";
import { measureViewers } from "./viewers.ts";
import { printTable } from "./table.ts";

if (import.meta.main) {
  const parts = {
    start: measureStarts,
    version: measureVersion,
    child: measureChildStart,
    connect: measureConnects,
    burst40: () => measureBurst(40, { maxMedianMs: 500 }),
    burst100: () => measureBurst(100, { maxMedianMs: null }),
    session10: () => measureSessions(10, { runs: 1, maxRatio: 0.5 }),
    session100: () => measureSessions(100, { runs: 5, maxRatio: 0.35 }),
    segments: measureSegments,
    viewers: measureViewers,
    lossy: measureLossyLink,
    memory: measureMemory,
    upkeep: measureUpkeep,
    flood: measureFlood,
    killedListener: measureKilledListener,
    killedSession: measureKilledSession,
  };
  Deno.exitCode = await printTable(parts, Deno.args);
}
