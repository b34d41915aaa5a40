/**
 * The modules that a session needs only after its recording has begun.
 *
 * @module
 */

import type { SinkTicket } from "../handoff/contract.ts";

/**
 * Loads them. Without this, a child from source would read them when they are needed, and an update of the program may have
 * replaced their files by then. A failure is reported where the module is needed.
 */
export async function loadLaterModules(sink: SinkTicket): Promise<void> {
  const isFile = sink.kind === "file";
  const loads = [
    () => import("../ts/cut_finder.ts"), // for the order to begin a new file
    ...(isFile && sink.checksum !== null ? [() => import("../recording/manifest.ts")] : []),
    ...(isFile && sink.rejoin !== null ? [() => import("./join_sidecars.ts")] : []),
  ];
  for (const load of loads) await load().catch(() => {});
}
