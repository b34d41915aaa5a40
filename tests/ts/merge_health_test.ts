import assert from "node:assert/strict";
import { mergeHealth } from "../../mod/ts/merge_health.ts";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import type { TsHealth } from "../../mod/vocabulary/ts_health.ts";
import { MadeStream } from "./made_stream.ts";

function healthOf(bytes: Uint8Array): TsHealth {
  const analyzer = new TsAnalyzer();
  analyzer.push(bytes);
  return analyzer.report();
}

const HEALTHY = new MadeStream().second(0).bytes();

Deno.test("mergeHealth adds the packets and tables of both parts, also for each PID", () => {
  const part = healthOf(HEALTHY);
  const merged = mergeHealth(part, part, HEALTHY.length);
  const { payload, packets, bytes, errors, pat, pcrPids, pids, services, pidsTotal, clockMs } = merged;
  assert.deepEqual({ payload, packets, bytes, errors, pidsTotal }, {
    payload: "ts",
    packets: 2 * part.packets,
    bytes: 2 * part.bytes,
    errors: 0,
    pidsTotal: part.pidsTotal,
  });
  assert.deepEqual(pat, { ...part.pat, count: 2 * (part.pat?.count ?? 0) });
  assert.deepEqual(pcrPids.map(({ count }) => count), part.pcrPids.map(({ count }) => 2 * count));
  assert.deepEqual(pids.map((pid) => pid.packets), part.pids.map((pid) => 2 * pid.packets));
  assert.deepEqual(services.map(({ streams }) => streams), part.services.map(({ streams }) => streams));
  assert.equal(clockMs, 2 * (part.clockMs ?? 0));
});

Deno.test("mergeHealth counts places of errors from the start of the file, and keeps the first", () => {
  const stream = new MadeStream().second(0);
  const lost = new Uint8Array([...stream.bytes(), ...new Uint8Array(1000)]);
  const [healthy, broken] = [healthOf(HEALTHY), healthOf(lost)];
  const { first, syncLosses, syncLostSinceOffset } = mergeHealth(healthy, broken, HEALTHY.length);
  assert.deepEqual([first.syncLosses?.offset, syncLosses], [
    HEALTHY.length + (broken.first.syncLosses?.offset ?? NaN),
    broken.syncLosses,
  ]);
  assert.equal(syncLostSinceOffset, HEALTHY.length + (broken.syncLostSinceOffset ?? NaN));
  assert.deepEqual(mergeHealth(broken, healthy, lost.length).first.syncLosses, broken.first.syncLosses);
  assert.equal(mergeHealth(broken, healthy, lost.length).syncLostSinceOffset, null);
});

for (const length of [2000, 70_000]) {
  Deno.test(`mergeHealth counts a part of ${length} bytes that is not TS as one loss of sync, if the other part is TS`, () => {
    const bytes = new Uint8Array(length);
    const [healthy, other] = [healthOf(HEALTHY), healthOf(bytes)];
    const found = ({ payload, errors, syncLosses, syncLostSinceOffset, first }: TsHealth) => {
      return { payload, errors, syncLosses, syncLostSinceOffset, at: first.syncLosses?.offset };
    };
    assert.deepEqual(
      found(mergeHealth(other, healthy, bytes.length)),
      found(healthOf(new Uint8Array([...bytes, ...HEALTHY]))),
    );
    assert.deepEqual(
      found(mergeHealth(healthy, other, HEALTHY.length)),
      found(healthOf(new Uint8Array([...HEALTHY, ...bytes]))),
    );
  });
}

Deno.test("mergeHealth counts no loss of sync for a part that is too short to find packets in it", () => {
  const start = healthOf(HEALTHY.slice(0, 3 * 188));
  assert.deepEqual(mergeHealth(start, healthOf(HEALTHY), 3 * 188).errors, healthOf(HEALTHY).errors);
});

Deno.test("mergeHealth does not change the health of a file if nothing follows", () => {
  const part = healthOf(HEALTHY);
  assert.deepEqual(mergeHealth(part, healthOf(new Uint8Array()), HEALTHY.length), part);
});
