/** Tests of mod/handoff/fair_queue.ts. */
import { deepStrictEqual } from "node:assert/strict";
import { FairQueue, type Waiting } from "../../mod/handoff/fair_queue.ts";

/** The order in which callers are served, each as its name and its arrival. */
function orderOf(callers: readonly Waiting[]): readonly string[] {
  const queue = new FairQueue<Waiting>();
  for (const caller of callers) queue.add(caller);
  const order: string[] = [];
  for (let { next } = queue; next !== undefined; { next } = queue) {
    queue.serve(next);
    order.push(`${next.name}${next.arrivalMs}`);
  }
  return order;
}

Deno.test("FairQueue serves callers of different names in the order of their arrival", () => {
  const callers = [["c", 3], ["a", 1], ["b", 2]] as const;
  deepStrictEqual(orderOf(callers.map(([name, arrivalMs]) => ({ name, arrivalMs }))), ["a1", "b2", "c3"]);
});

Deno.test("FairQueue serves the names in turn if one of them has many callers", () => {
  const callers = [["a", 1], ["a", 2], ["a", 3], ["b", 4], ["a", 5], ["c", 6], ["b", 7]] as const;
  deepStrictEqual(orderOf(callers.map(([name, arrivalMs]) => ({ name, arrivalMs }))), [
    "a1",
    "b4",
    "c6",
    "a2",
    "b7",
    "a3",
    "a5",
  ]);
});

Deno.test("FairQueue serves a new name before one that was served", () => {
  const queue = new FairQueue<Waiting>();
  for (let arrivalMs = 0; arrivalMs < 3; arrivalMs += 1) queue.add({ name: "a", arrivalMs });
  const first = queue.next;
  if (first !== undefined) queue.serve(first);
  queue.add({ name: "b", arrivalMs: 9 });
  deepStrictEqual([queue.next?.name, queue.earliest], ["b", { name: "a", arrivalMs: 1 }]);
});

Deno.test("FairQueue.takeUntil removes the callers that arrived at the given time or before it", () => {
  const queue = new FairQueue<Waiting>();
  for (let arrivalMs = 0; arrivalMs < 4; arrivalMs += 1) queue.add({ name: "a", arrivalMs });
  deepStrictEqual(queue.takeUntil(1).map(({ arrivalMs }) => arrivalMs), [0, 1]);
  deepStrictEqual(queue.earliest?.arrivalMs, 2);
});
