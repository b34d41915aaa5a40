/**
 * Finished recordings of an earlier run.
 *
 * @module
 */

import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { FINAL_SIDECAR } from "../recording/sidecars.ts";

/** Writes a recording of `bytes` that ended `ageMs` ago, with its sidecar. Returns its path. */
export function placeRecording(
  path: string,
  { bytes = 4, ageMs = 3_600_000, changes = {} }: {
    readonly bytes?: number;
    readonly ageMs?: number;
    readonly changes?: Partial<Record<keyof FinalSidecar, unknown>>;
  } = {},
): string {
  const ended = new Date(Date.now() - ageMs);
  const file = path.slice(path.lastIndexOf("/") + 1);
  Deno.writeFileSync(path, new Uint8Array(bytes));
  Deno.writeTextFileSync(
    `${path}.json`,
    JSON.stringify({ ...FINAL_SIDECAR, file, bytes, end: ended.toISOString(), ...changes }),
  );
  Deno.utimeSync(path, ended, ended);
  return path;
}
