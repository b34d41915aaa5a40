import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { SharedAnswer } from "../../mod/web/shared_answer.ts";

Deno.test("SharedAnswer shares an answer while it is read, however long that takes, and for a time afterwards", async () => {
  let nowMs = 0;
  const reads: PromiseWithResolvers<number>[] = [];
  const read = () => {
    reads.push(Promise.withResolvers<number>());
    return reads.at(-1)?.promise ?? Promise.reject(new Error("there is none"));
  };
  const shared = new SharedAnswer({ read, freshMs: 1000, now: () => nowMs });
  const first = shared.get();
  nowMs = 5000;
  strictEqual(shared.get(), first);
  reads[0]?.resolve(1);
  deepStrictEqual([await first, reads.length], [1, 1]);
  nowMs = 5999;
  strictEqual(shared.get(), first);
  nowMs = 6000;
  const second = shared.get();
  shared.forget();
  const third = shared.get();
  reads[1]?.resolve(2);
  reads[2]?.resolve(3);
  deepStrictEqual([await second, await third, reads.length], [2, 3, 3]);
});

Deno.test("SharedAnswer reads again after a failure", async () => {
  let nowMs = 0;
  let reads = 0;
  const read = () => Promise.reject(new Error(`failure ${reads += 1}`));
  const shared = new SharedAnswer({ read, freshMs: 1000, now: () => nowMs });
  await rejects(shared.get(), /failure 1/);
  await rejects(shared.get(), /failure 1/);
  nowMs = 1000;
  await rejects(shared.get(), /failure 2/);
});
