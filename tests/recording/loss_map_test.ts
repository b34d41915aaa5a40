import assert from "node:assert/strict";

import { LossMap } from "../../mod/recording/loss_map.ts";

Deno.test("LossMap finds no gap in packets that follow each other over the wrap of the sequence number", () => {
  const map = new LossMap(2 ** 31 - 2, () => 0);
  [2 ** 31 - 2, 2 ** 31 - 1, 0, 1].forEach((sequence, index) => map.take(sequence, index * 1316));
  assert.deepEqual(map.cut(Infinity), { gaps: [], gapsTotal: 0, packets: 0 });
});

Deno.test("LossMap counts packets missing across the wrap of the sequence number", () => {
  const map = new LossMap(2 ** 31 - 2, () => 0);
  map.take(2 ** 31 - 2, 0);
  map.take(3, 1316);
  assert.deepEqual(map.cut(Infinity).gaps, [{ timeMs: 0, offset: 1316, packets: 4 }]);
});

Deno.test("LossMap reports when each gap was, from the start of the session", () => {
  let nowMs = 5000;
  const map = new LossMap(1, () => nowMs);
  nowMs = 5250;
  map.take(2, 0);
  assert.deepEqual(map.cut(Infinity).gaps, [{ timeMs: 250, offset: 0, packets: 1 }]);
});

Deno.test("LossMap lists 10,000 gaps and counts all", () => {
  const map = new LossMap(0, () => 0);
  for (let index = 0; index < 12_000; index += 1) map.take(index * 2 + 1, index);
  const { gaps, gapsTotal, packets } = map.cut(Infinity);
  assert.deepEqual([gaps.length, gapsTotal, packets], [10_000, 12_000, 12_000]);
});

Deno.test("LossMap reports the gaps of each file with offsets from its start; a gap at the cut belongs to the next file", () => {
  const map = new LossMap(0, () => 0);
  [[1, 0], [3, 1000], [4, 2000], [7, 3000]].forEach(([sequence = 0, offset = 0]) => map.take(sequence, offset));
  const [first, last] = [map.cut(3000), map.cut(Infinity)];
  assert.deepEqual(first, {
    gaps: [{ timeMs: 0, offset: 0, packets: 1 }, { timeMs: 0, offset: 1000, packets: 1 }],
    gapsTotal: 2,
    packets: 2,
  });
  assert.deepEqual(last, { gaps: [{ timeMs: 0, offset: 0, packets: 2 }], gapsTotal: 1, packets: 2 });
});
