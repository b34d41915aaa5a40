/** A transport stream of 500 PIDs: its reports are long, and its session ends cleanly. */

import assert from "node:assert/strict";
import { strictSchema } from "../support/schema.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { MadeStream, pat, pmt } from "../ts/made_stream.ts";

const PIDS = 500;
const FIRST_PID = 0x20;
const STREAMS_OF_A_SERVICE = 9;

/** Services of nine streams each; every stream has packets and a PCR. */
function stream(): Uint8Array<ArrayBuffer> {
  const made = new MadeStream();
  const services = Array.from({ length: PIDS / (STREAMS_OF_A_SERVICE + 1) }, (_, index) => {
    const pmtPid = FIRST_PID + index * (STREAMS_OF_A_SERVICE + 1);
    const streams = Array.from({ length: STREAMS_OF_A_SERVICE }, (_, stream) => [0x1b, pmtPid + 1 + stream] as const);
    return { number: index + 1, pmtPid, streams };
  });
  for (const half of [services.slice(0, 25), services.slice(25)]) {
    made.section(0, pat(half.map(({ number, pmtPid }) => [number, pmtPid])));
    for (const { number, pmtPid, streams } of half) made.section(pmtPid, pmt(number, pmtPid + 1, streams));
  }
  for (const pcrMs of [0, 40, 80]) {
    for (const { streams } of services) for (const [, pid] of streams) made.packet(pid, { pcrMs });
  }
  return made.bytes();
}

Deno.test("a stream of 500 PIDs ends cleanly, and its reports are complete", async () => {
  const validate = strictSchema("mod/vocabulary/events.schema.json");
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--sessions", "1", "--stats", "100ms"]);
  const payload = stream();
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(payload.subarray(0, payload.length - payload.length % 1316), { bitsPerSecond: 8_000_000 });
  await caller.waitUntilDelivered();
  await splitter.event("stats", ({ ts }) => ts !== null && ts.pidsTotal >= PIDS);
  caller.close();
  const { code } = await splitter.ended();
  for (const event of splitter.events) validate(event);
  const { reason, ts } = await splitter.event("session-end");
  assert.deepStrictEqual([code, reason, (ts?.pidsTotal ?? 0) >= PIDS, splitter.errors], [0, "caller-closed", true, []]);
});
