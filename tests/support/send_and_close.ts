/**
 * A short session.
 *
 * @module
 */

import { makePayload } from "./payload.ts";
import { SrtCaller } from "./srt_caller.ts";

/** Long enough to retransmit what a busy machine loses in a full buffer. */
const LATENCY_MS = 500;

/** Connects to the port of 127.0.0.1, sends the payload, and closes the connection after the payload has arrived. */
export async function sendAndClose(
  port: number,
  streamId: string,
  payload: Uint8Array<ArrayBuffer> = makePayload(50),
): Promise<void> {
  await using caller = await SrtCaller.connect({ port, streamId, latencyMs: LATENCY_MS });
  await caller.send(payload, { bitsPerSecond: 40_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
}
