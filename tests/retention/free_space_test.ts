import assert from "node:assert/strict";

import { DeletionEffect, FallRate, spaceLevels } from "../../mod/retention/free_space.ts";

const GB = 1e9;
const IDLE = { totalBytes: 1000 * GB, fallBytesPerSecond: 0, latencyMs: 0 };

for (
  const [what, minFreeBytes, changes, expected] of [
    ["a disk to which nothing is written", 20 * GB, {}, [25 * GB, 20 * GB, 16_777_216]],
    ["a disk whose free space falls, and a latency", 20 * GB, { fallBytesPerSecond: 1e7, latencyMs: 5000 }, [
      25 * GB,
      20 * GB,
      1.5e8,
    ]],
    ["a rate for which --min-free is too small", 1e8, { fallBytesPerSecond: 1e8 }, [1.25e8, 1e8, 1e8]],
    ["a --min-free of less than 16 MiB", 1e6, {}, [20_971_520, 16_777_216, 16_777_216]],
    ["a small disk", 1e6, { totalBytes: 1e7 }, [1.25e6, 1e6, 5e5]],
    ["a disk that is slightly larger than --min-free", 20 * GB, { totalBytes: 20.4 * GB }, [
      20.1 * GB,
      20 * GB,
      16_777_216,
    ]],
    ["a disk that is smaller than --min-free", 20 * GB, { totalBytes: 10 * GB }, [20 * GB, 20 * GB, 16_777_216]],
  ] as const
) {
  Deno.test(`spaceLevels returns the levels of warning, refusal and end for ${what}`, () => {
    const { warnBytes, floorBytes, endBytes } = spaceLevels(minFreeBytes, { ...IDLE, ...changes });
    assert.deepEqual([warnBytes, floorBytes, endBytes], expected);
  });
}

for (
  const [what, samples, expected] of [
    ["no sample", [], 0],
    ["one sample", [[0, 1000]], 0],
    ["two samples", [[0, 1000], [2000, 600]], 0],
    ["a steady fall", [[0, 1000], [2000, 800], [4000, 600]], 100],
    ["a large step", [[0, 9000], [1000, 8900], [2000, 1000], [3000, 900]], 100],
    ["space that became free meanwhile", [[0, 1000], [1000, 700], [2000, 5000], [3000, 4700]], 150],
    ["samples of which some are older than 10 s", [[0, 100_000], [4000, 1000], [9000, 500], [14_000, 0]], 100],
  ] as const
) {
  Deno.test(`FallRate returns the rate after ${what}`, () => {
    const rate = new FallRate();
    for (const [ms, freeBytes] of samples) rate.add(freeBytes, ms);
    assert.equal(rate.bytesPerSecond, expected);
  });
}

Deno.test("DeletionEffect allows more deletions as soon as space has become free", () => {
  const effect = new DeletionEffect();
  effect.noteDeletions(1000, 0);
  assert.deepEqual([effect.mayDelete(1001, 5), effect.isPending], [true, false]);
});

Deno.test("DeletionEffect waits for a file system that frees space late", () => {
  const effect = new DeletionEffect();
  effect.noteDeletions(1000, 0);
  assert.deepEqual([effect.mayDelete(900, 59_999), effect.isPending], [false, true]);
  assert.deepEqual([effect.mayDelete(1001, 59_999), effect.isPending, effect.hasNoEffect], [true, false, false]);
});

Deno.test("DeletionEffect allows no more deletions after three without effect, until there is room", () => {
  const effect = new DeletionEffect();
  const allowed = [0, 60_000, 120_000].map((ms) => {
    effect.noteDeletions(1000, ms);
    return effect.mayDelete(1000, ms + 60_000);
  });
  assert.deepEqual([allowed, effect.hasNoEffect], [[true, true, false], true]);
  effect.reset();
  assert.deepEqual([effect.mayDelete(1000, 0), effect.hasNoEffect], [true, false]);
});
