import { deepStrictEqual } from "node:assert/strict";

import { BackOff } from "../../mod/os/back_off.ts";

Deno.test("BackOff doubles the pause with each call up to 30 s, and starts again after a connection of a minute", () => {
  const backOff = new BackOff();
  const next = (count: number) => Array.from({ length: count }, () => backOff.next());
  deepStrictEqual(next(7), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  backOff.noteConnection(59_999);
  deepStrictEqual(next(1), [30_000]);
  backOff.noteConnection(60_000);
  deepStrictEqual(next(2), [1000, 2000]);
});

Deno.test("BackOff begins with the first pause that it gets", () => {
  const backOff = new BackOff(5);
  deepStrictEqual([backOff.next(), backOff.next()], [5, 10]);
});
