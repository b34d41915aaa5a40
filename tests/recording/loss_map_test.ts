import assert from "node:assert/strict";

import { LossMap } from "../../mod/recording/loss_map.ts";
import type { Loss } from "../../mod/vocabulary/sidecar.ts";

/** Both clocks are stopped at the epoch. */
function clocks() {
  return { now: () => 0, wallTime: (ms: number) => new Date(ms).toISOString() };
}

/** A gap at the epoch, with no PCR before it. */
function gap(offset: number, packets: number): Loss {
  return { timeMs: 0, time: "1970-01-01T00:00:00.000Z", pcr: null, offset, packets };
}

Deno.test("LossMap finds no gap in packets that follow each other over the wrap of the sequence number", () => {
  const map = new LossMap(2 ** 31 - 2, clocks());
  [2 ** 31 - 2, 2 ** 31 - 1, 0, 1].forEach((sequence, index) => map.take(sequence, index * 1316, 0));
  assert.deepEqual(map.cut(Infinity), { gaps: [], gapsTotal: 0, packets: 0 });
});

Deno.test("LossMap counts packets missing across the wrap of the sequence number", () => {
  const map = new LossMap(2 ** 31 - 2, clocks());
  map.take(2 ** 31 - 2, 0, 0);
  map.take(3, 1316, 0);
  assert.deepEqual(map.cut(Infinity).gaps, [gap(1316, 4)]);
});

Deno.test("LossMap reports when each gap was, from the start of the session", () => {
  let nowMs = 5000;
  const map = new LossMap(1, { ...clocks(), now: () => nowMs });
  nowMs = 5250;
  map.take(2, 0, 0);
  assert.deepEqual(map.cut(Infinity).gaps.map(({ timeMs }) => timeMs), [250]);
});

Deno.test("LossMap lists 10,000 gaps and counts all", () => {
  const map = new LossMap(0, clocks());
  for (let index = 0; index < 12_000; index += 1) map.take(index * 2 + 1, index, 0);
  const { gaps, gapsTotal, packets } = map.cut(Infinity);
  assert.deepEqual([gaps.length, gapsTotal, packets], [10_000, 12_000, 12_000]);
});

Deno.test("LossMap reports the gaps of each file with offsets from its start; a gap at the cut belongs to the next file", () => {
  const map = new LossMap(0, clocks());
  [[1, 0], [3, 1000], [4, 2000], [7, 3000]].forEach(([sequence = 0, offset = 0]) => map.take(sequence, offset, 0));
  const [first, last] = [map.cut(3000), map.cut(Infinity)];
  assert.deepEqual(first, {
    gaps: [gap(0, 1), gap(1000, 1)],
    gapsTotal: 2,
    packets: 2,
  });
  assert.deepEqual(last, { gaps: [gap(0, 2)], gapsTotal: 1, packets: 2 });
});

Deno.test("LossMap reports when the packet after a gap arrived, and no time for packets missing at the end", () => {
  const map = new LossMap(0, clocks());
  map.take(1, 0, Date.parse("2026-05-04T14:03:07.250Z"));
  map.end(3, 1316);
  assert.deepEqual(map.cut(Infinity).gaps.map(({ time }) => time), ["2026-05-04T14:03:07.250Z", null]);
});

Deno.test("LossMap.notePcr sets the PCR of each gap in order", () => {
  const map = new LossMap(0, clocks());
  [1, 3, 5].forEach((sequence, index) => map.take(sequence, index * 1000, 0));
  const pcr = { pid: 256, value: 27_000_000, offset: 188 };
  const places = [map.nextOffset];
  map.notePcr(null);
  places.push(map.nextOffset);
  map.notePcr(pcr);
  places.push(map.nextOffset);
  assert.deepEqual(places, [0, 1000, 2000]);
  assert.deepEqual(map.cut(2000).gaps.map((found) => found.pcr), [null, pcr]);
  assert.strictEqual(map.nextOffset, 2000); // of the next file
});
