/**
 * Waiting for a sidecar, which is written only once the recording runs.
 *
 * @module
 */

import { makePayload } from "./payload.ts";
import { Splitter } from "./splitter.ts";
import { SrtCaller } from "./srt_caller.ts";
import type { TemporaryFolder } from "./temporary_folder.ts";
import { waitUntil, waitUntilGone } from "./processes.ts";

/** Waits until the sidecar of a running recording is on the disk, with the space for the final one. */
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

/**
 * Records in `folder` and kills the session's process. Returns the path of the recording, which is complete up to then, with
 * its sidecar.
 */
export async function killedRecording(folder: TemporaryFolder, args: readonly string[] = []): Promise<string> {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, ...args]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const payload = makePayload(50);
  await caller.send(payload, { bitsPerSecond: 8_000_000 });
  const { file, pid } = await splitter.recording();
  await waitUntil("the recording", () => Deno.statSync(file).size === payload.length);
  await waitUntilSidecarBegun(file);
  Deno.kill(pid, "SIGKILL");
  await waitUntilGone(pid);
  return file;
}
