/** Tests of mod/os/deadline.ts. */
import { notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { withDeadline } from "../../mod/os/deadline.ts";

function blockProcess(ms: number): void {
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

Deno.test("withDeadline returns an answer that arrived while this process was blocked for longer than the limit", async () => {
  for (let times = 0; times < 10; times += 1) {
    const answer = withDeadline(Deno.stat("/"), 50);
    blockProcess(100);
    notStrictEqual(await answer, "late");
  }
});
