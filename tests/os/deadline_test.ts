/** Tests of mod/os/deadline.ts. */
import { notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { withDeadline } from "../../mod/os/deadline.ts";

function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

Deno.test("withDeadline settles as the promise does", async () => {
  strictEqual(await withDeadline(Promise.resolve(7), 60_000), 7);
  await rejects(withDeadline(Promise.reject(new Error("gone")), 60_000), /gone/);
});

Deno.test('withDeadline returns "late" once the limit has passed, and not before', async () => {
  const startedMs = performance.now();
  strictEqual(await withDeadline(new Promise(() => {}), 50), "late");
  ok(performance.now() - startedMs >= 49);
});

Deno.test("withDeadline returns an answer that arrived while this thread was blocked for longer than the limit", async () => {
  for (let times = 0; times < 3; times += 1) {
    const answer = withDeadline(Deno.stat("/"), 300);
    blockThread(500); // on a busy machine, the answer takes some of this time
    notStrictEqual(await answer, "late");
  }
});
