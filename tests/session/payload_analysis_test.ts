/** Tests of mod/session/payload_analysis.ts: the results for each file of a recording. */
import assert from "node:assert/strict";
import { openPayloadAnalysis } from "../../mod/session/payload_analysis.ts";
import { ticketOf } from "../handoff/ticket_of.ts";
import { namesOf } from "../recording/names_of.ts";
import { MadeStream, PACKET, VIDEO_PID } from "../ts/made_stream.ts";

const SINK = {
  kind: "file",
  directory: "/nowhere",
  names: namesOf("cam1"),
  sidecar: true,
  checksum: null,
  timeZone: null,
  segments: null,
  rejoin: null,
} as const;

const TICKS_PER_MS = 27_000;

Deno.test("PayloadAnalysis finds the first and the last PCR of each file, and the last PCR before each gap", async () => {
  const analysis = await openPayloadAnalysis({ ...ticketOf(), initialSequence: 0, analyze: true, sink: SINK });
  const stream = new MadeStream().second(0);
  const cut = stream.offset;
  const bytes = stream.second(1000).bytes();
  const gaps = [0, 10 * PACKET, cut - PACKET, cut + 20 * PACKET];
  gaps.forEach((gap, index) => analysis.losses?.take(2 * index + 1, gap, 0));
  const push = (from: number, to: number) => analysis.taps.forEach((tap) => tap(bytes.slice(from, to)));
  push(0, cut);
  const first = analysis.cut(cut);
  push(cut, bytes.length);
  analysis.losses?.end(1, bytes.length);
  const last = analysis.cut(Infinity);
  const found = (facts: typeof first) =>
    [facts.firstPacket, facts.lastPacket, ...facts.losses?.gaps ?? []].map(({ pcr }) =>
      pcr && [pcr.pid, pcr.value / TICKS_PER_MS, pcr.offset / PACKET]
    );
  // every 40 ms: two tables, then a packet with the PCR, and two more packets
  assert.deepEqual(found(first), [
    [VIDEO_PID, 0, 2],
    [VIDEO_PID, 960, 122],
    null,
    [VIDEO_PID, 40, 7],
    [VIDEO_PID, 960, 122],
  ]);
  assert.deepEqual(found(last), [
    [VIDEO_PID, 1000, 2],
    [VIDEO_PID, 1960, 122],
    [VIDEO_PID, 1120, 17],
    [VIDEO_PID, 1960, 122],
  ]);
});

Deno.test("PayloadAnalysis returns the times at which the first and the last byte of a file arrived", async () => {
  const beforeMs = Date.now() - performance.now();
  const analysis = await openPayloadAnalysis({ ...ticketOf(), initialSequence: 0, analyze: false, sink: SINK });
  [1000, 2500].forEach((ms, index) => analysis.losses?.take(index, index * PACKET, ms));
  analysis.taps.forEach((tap) => tap(new Uint8Array(2 * PACKET)));
  const { firstPacket, lastPacket, ts } = analysis.cut(Infinity);
  const [firstMs, lastMs] = [firstPacket, lastPacket].map(({ time }) => Date.parse(time ?? ""));
  assert.ok(Math.abs((firstMs ?? 0) - 1000 - beforeMs) < 1000); // the clock of the machine may be slewed
  assert.deepEqual([(lastMs ?? 0) - (firstMs ?? 0), firstPacket.pcr, lastPacket.pcr, ts], [1500, null, null, null]);
});
