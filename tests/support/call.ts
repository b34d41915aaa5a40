/**
 * Short calls, and callers that stay connected.
 *
 * @module
 */

import { makePayload } from "./payload.ts";
import type { Splitter } from "./splitter.ts";
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

/** Connects a caller, sends payload, and waits until its session counts (`session-proven`). The caller stays connected. */
export async function connectProven(splitter: Splitter, streamId: string): Promise<SrtCaller> {
  const caller = await SrtCaller.connect({ port: splitter.port, streamId });
  try {
    await caller.send(makePayload(10));
    await splitter.event("session-proven", ({ stream }) => stream === streamId);
    return caller;
  } catch (error) {
    await caller[Symbol.asyncDispose]();
    throw error;
  }
}
