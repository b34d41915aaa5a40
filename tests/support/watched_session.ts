/**
 * Two sessions with the same payload at the same time, one of which has viewers: what the viewers cost it.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert/strict";
import { threadsMs } from "../bench/measure.ts";
import { assertSameBytes } from "./assert_same_bytes.ts";
import { Splitter } from "./splitter.ts";
import { LIVE_MESSAGE_BYTES, SAFE_LATENCY_MS, SrtCaller } from "./srt_caller.ts";
import { Web } from "./web.ts";

const BITS_PER_SECOND = 10_000_000;

/** What the viewers of a session cost it. */
export interface WatchedSession {
  /** Processor time of the watched session per that of the other one. */
  readonly ratio: number;
  /** Processor time of the watched session, in ms. */
  readonly watchedMs: number;
  /** Bytes that the viewers received. */
  readonly viewedBytes: number;
}

/** Returns a transport stream that is repeated, in whole SRT messages, `bytes` long at most. */
export function repeatedStream(stream: Uint8Array<ArrayBuffer>, bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Math.floor(bytes / LIVE_MESSAGE_BYTES) * LIVE_MESSAGE_BYTES).map((_byte, index) =>
    stream[index % stream.length] ?? 0
  );
}

/**
 * Sends a transport stream to two sessions at 10 Mbit/s. Throws unless both receive all of it, and their files are exact.
 *
 * @param options `out`: the folder of recordings; null: none. `viewers`: how many read the live stream of one of them.
 */
export async function watchSession(
  stream: Uint8Array<ArrayBuffer>,
  { out, viewers, executable }: {
    readonly out: string | null;
    readonly viewers: number;
    readonly executable?: string | null;
  },
): Promise<WatchedSession> {
  const args = ["127.0.0.1:0", ...(out === null ? [] : ["--out", out])];
  await using splitter = await Splitter.listen(args, executable === undefined ? {} : { executable });
  await using web = await Web.start(splitter);
  await using callers = new AsyncDisposableStack();
  const open: SrtCaller[] = [];
  for (const streamId of ["watched", "other"]) {
    open.push(callers.use(await SrtCaller.connect({ port: splitter.port, streamId, latencyMs: SAFE_LATENCY_MS })));
    await splitter.event("session-start", ({ stream }) => stream === streamId);
  }
  const [watched, other] = splitter.eventsNamed("session-start");
  if (watched === undefined || other === undefined) throw new Error("there are no sessions");
  const half = Math.floor(stream.length / 2 / LIVE_MESSAGE_BYTES) * LIVE_MESSAGE_BYTES;
  const send = async (part: Uint8Array<ArrayBuffer>) => {
    await Promise.all(open.map((caller) => caller.send(part, { bitsPerSecond: BITS_PER_SECOND })));
  };
  let viewedBytes = 0;
  const viewing = Array.from({ length: viewers }, async () => {
    const { body } = await web.fetch(`/sessions/${watched.session}/live.ts`);
    for await (const bytes of body ?? []) viewedBytes += bytes.length;
  });
  await send(stream.subarray(0, half)); // the start of the sessions and the first viewers are not measured
  const before = [watched, other].map(({ pid }) => threadsMs(pid));
  await send(stream.subarray(half));
  const [watchedMs = 0, otherMs = 0] = [watched, other].map(({ pid }, index) => threadsMs(pid) - (before[index] ?? 0));
  for (const caller of open) {
    await caller.waitUntilDelivered();
    caller.close();
  }
  const ends = await Promise.all([watched, other].map(({ session }) => {
    return splitter.event("session-end", (end) => end.session === session);
  }));
  await Promise.all(viewing);
  for (const { statistics, bytes, file } of ends) {
    deepStrictEqual([statistics?.pktRcvDropTotal, bytes], [0, stream.length]);
    if (file !== null) assertSameBytes(Deno.readFileSync(file), stream);
  }
  return { ratio: watchedMs / otherMs, watchedMs, viewedBytes };
}
