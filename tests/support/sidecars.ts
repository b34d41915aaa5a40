/**
 * Waits for the sidecar of a running recording, and makes recordings whose process was killed.
 *
 * @module
 */

import { makePayload } from "./payload.ts";
import { Splitter } from "./splitter.ts";
import { SrtCaller } from "./srt_caller.ts";
import type { TemporaryFolder } from "./temporary_folder.ts";
import { waitUntil, waitUntilGone } from "./processes.ts";

/** Waits until the sidecar of a running recording exists, and the file that reserves space for its final state (`.json.part`). */
export async function waitUntilSidecarBegun(recording: string): Promise<void> {
  await waitUntil("the sidecar", () => [".json", ".json.part"].every((ending) => hasBytes(`${recording}${ending}`)));
}

function hasBytes(path: string): boolean {
  try {
    return Deno.lstatSync(path).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Records in `folder`, and kills the session's process as soon as all payload and the sidecar are written. Returns the path of
 * the recording.
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
