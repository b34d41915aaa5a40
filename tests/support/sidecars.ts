/**
 * Waiting for a sidecar: it is written beside the recording, not before it.
 *
 * @module
 */

import { waitUntil } from "./processes.ts";

/** Waits until the sidecar of a running recording is on the disk, with the room for the final one. */
export async function waitUntilSidecarBegun(recording: string): Promise<void> {
  await waitUntil("the sidecar", () => [".json", ".json.part"].every((ending) => exists(`${recording}${ending}`)));
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
