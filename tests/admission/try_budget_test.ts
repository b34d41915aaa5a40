/** Tests of mod/admission/try_budget.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { TryBudget } from "../../mod/admission/try_budget.ts";

const LIMITS = {
  total: { burst: 6, perSecond: 2 },
  reserve: 3,
  perAddress: { burst: 4, perSecond: 1 },
  perStream: { burst: 4, perSecond: 1 },
  remembered: 2,
};

Deno.test("TryBudget gives an address no more than its burst when the total is below its reserve", () => {
  const budget = new TryBudget(LIMITS);
  const takes = [1, 1, 2, 1].map((tries) => budget.take({ address: "a", stream: null }, { tries, nowMs: 0 }));
  deepStrictEqual(takes, [true, true, true, false]);
});

Deno.test("TryBudget leaves the rest of the total to other addresses when one has used its own tries", () => {
  const budget = new TryBudget(LIMITS);
  budget.take({ address: "a", stream: null }, { tries: 4, nowMs: 0 });
  deepStrictEqual([
    budget.take({ address: "b", stream: null }, { tries: 2, nowMs: 0 }),
    budget.take({ address: "b", stream: null }, { tries: 1, nowMs: 0 }),
  ], [true, false]);
});

Deno.test("TryBudget uses nothing up when it refuses", () => {
  const budget = new TryBudget(LIMITS);
  budget.take({ address: "a", stream: null }, { tries: 5, nowMs: 0 });
  strictEqual(budget.take({ address: "a", stream: null }, { tries: 4, nowMs: 0 }), true);
});

Deno.test("TryBudget gives tries back with time, up to the burst", () => {
  const budget = new TryBudget(LIMITS);
  budget.take({ address: "a", stream: null }, { tries: 4, nowMs: 0 });
  const later = [
    budget.take({ address: "a", stream: null }, { tries: 1, nowMs: 999 }),
    budget.take({ address: "a", stream: null }, { tries: 1, nowMs: 1000 }),
  ];
  const muchLater = [
    budget.take({ address: "a", stream: null }, { tries: 4, nowMs: 1e6 }),
    budget.take({ address: "a", stream: null }, { tries: 1, nowMs: 1e6 }),
  ];
  deepStrictEqual([...later, ...muchLater], [false, true, true, false]);
});

Deno.test("TryBudget bounds the total of all addresses", () => {
  const budget = new TryBudget(LIMITS);
  const takes = ["a", "b", "c"].map((address) => budget.take({ address, stream: null }, { tries: 3, nowMs: 0 }));
  deepStrictEqual(takes, [true, true, false]);
});

Deno.test("TryBudget keeps tries of an address for other streams when one stream has used its own", () => {
  const budget = new TryBudget({ ...LIMITS, perStream: { burst: 2, perSecond: 1 } });
  const takes = ["wrong", "wrong", "wrong", "wrong", null].map((stream) =>
    budget.take({ address: "a", stream }, { tries: 1, nowMs: 0 })
  );
  deepStrictEqual(takes, [true, true, true, false, true]);
});

Deno.test("TryBudget gives an address more tries than its own bucket has, while the total has more than the reserve", () => {
  const budget = new TryBudget({ ...LIMITS, total: { burst: 20, perSecond: 2 }, reserve: 10 });
  const takes = Array.from({ length: 12 }, () => budget.take({ address: "a", stream: null }, { tries: 1, nowMs: 0 }));
  deepStrictEqual(takes, [...new Array(10).fill(true), false, false]);
  strictEqual(budget.take({ address: "b", stream: null }, { tries: 4, nowMs: 0 }), true);
});

Deno.test("TryBudget does not count the tries of a relay's address, but those of its stream names", () => {
  const budget = new TryBudget({ ...LIMITS, total: { burst: 20, perSecond: 1 }, reserve: 20 });
  const takes = ["cam1", "cam2", "cam3", "cam3"].map((stream) =>
    budget.take({ address: "a", stream, isRelay: true }, { tries: 4, nowMs: 0 })
  );
  deepStrictEqual(takes, [true, true, true, false]);
});
