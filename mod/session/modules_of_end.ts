/**
 * The modules that a session needs only after its recording has begun.
 *
 * @module
 */

import type { SinkTicket } from "../handoff/contract.ts";

/**
 * Loads them. Without this, a child from source could not load them any more after an update of the program has replaced their
 * files. (The modules that record are loaded just before the recording begins. Loading them before the wait for other callers
 * would make 40 callers wait 0.2 s longer.) A missing file has its effect only when the module is needed.
 */
export async function loadModulesOfEnd(sink: SinkTicket): Promise<void> {
  const isFile = sink.kind === "file";
  const loads = [
    () => import("../ts/cut_finder.ts"), // for the order to begin a new file
    ...(isFile && sink.checksum !== null ? [() => import("../recording/manifest.ts")] : []),
    ...(isFile && sink.rejoin !== null ? [() => import("./join_sidecars.ts")] : []),
  ];
  for (const load of loads) await load().catch(() => {});
}
