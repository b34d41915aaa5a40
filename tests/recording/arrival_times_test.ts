/** Tests of mod/recording/arrival_times.ts. */
import assert from "node:assert/strict";
import { ArrivalTimes } from "../../mod/recording/arrival_times.ts";

Deno.test("ArrivalTimes returns the times of the first and the last byte of each file", () => {
  const times = new ArrivalTimes();
  [0, 1000, 2000, 3000].forEach((offset, index) => times.note(offset, 10 * index));
  times.wrote(1500);
  assert.deepEqual(times.cut(), { firstMs: 0, lastMs: 10 }); // cut in the middle of the second message
  times.wrote(1500);
  assert.deepEqual(times.cut(), { firstMs: 10, lastMs: 20 }); // cut between two messages
  times.wrote(1000);
  assert.deepEqual(times.cut(), { firstMs: 30, lastMs: 30 });
});

Deno.test("ArrivalTimes returns no times for a file without payload, and the right ones for the next file", () => {
  const times = new ArrivalTimes();
  times.note(0, 7);
  times.wrote(0);
  assert.deepEqual(times.cut(), { firstMs: null, lastMs: null });
  times.wrote(1000);
  assert.deepEqual(times.cut(), { firstMs: 7, lastMs: 7 });
});

Deno.test("ArrivalTimes replaces messages that were dropped or empty with the next one at their offset", () => {
  const times = new ArrivalTimes();
  [[0, 1], [1000, 2], [1000, 3], [2000, 4], [1000, 5]].forEach(([offset = 0, ms = 0]) => times.note(offset, ms));
  times.wrote(1000);
  times.cut();
  times.wrote(1000);
  assert.deepEqual(times.cut(), { firstMs: 5, lastMs: 5 });
});

Deno.test("ArrivalTimes keeps messages while they wait for the disk", () => {
  const times = new ArrivalTimes();
  for (let index = 0; index < 300; index += 1) times.note(index, index);
  times.wrote(200); // the ring wraps from here on
  times.cut();
  for (let index = 300; index < 5000; index += 1) times.note(index, index);
  times.wrote(4000);
  assert.deepEqual(times.cut(), { firstMs: 200, lastMs: 4199 });
  times.wrote(800);
  assert.deepEqual(times.cut(), { firstMs: 4200, lastMs: 4999 });
});
