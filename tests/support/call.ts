/**
 * One short call with a few packets, from connecting to closing the connection.
 *
 * @module
 */

import { makePayload } from "./payload.ts";
import { SrtCaller } from "./srt_caller.ts";

/** SRT messages of a call: 26,320 bytes. */
const MESSAGES = 20;

/** Calls the listener on 127.0.0.1, sends and closes the connection. Returns what was sent. */
export async function call({ port }: { readonly port: number }, streamId: string): Promise<Uint8Array<ArrayBuffer>> {
  await using caller = await SrtCaller.connect({ port, streamId });
  const payload = makePayload(MESSAGES);
  await caller.send(payload, { bitsPerSecond: 4_000_000 });
  await caller.waitUntilDelivered();
  return payload;
}
