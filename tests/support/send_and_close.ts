/**
 * A short session.
 *
 * @module
 */

import { makePayload } from "./payload.ts";
import { SrtCaller } from "./srt_caller.ts";

/** Connects to the port of 127.0.0.1, sends the payload, and closes the connection after the payload has arrived. */
export async function sendAndClose(
  port: number,
  streamId: string,
  payload: Uint8Array<ArrayBuffer> = makePayload(50),
): Promise<void> {
  await using caller = await SrtCaller.connect({ port, streamId });
  await caller.send(payload, { bitsPerSecond: 40_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
}
