/** Tests of mod/door/mistaken_callers.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { MistakenCallers } from "../../mod/door/mistaken_callers.ts";

Deno.test("MistakenCallers.take returns what was remembered for an address, each once and admissions first", () => {
  const callers = new MistakenCallers();
  callers.remember("a", "ask", 0);
  callers.remember("a", "admit", 0);
  callers.remember("a", "ask", 0);
  deepStrictEqual([callers.take("b", 1), callers.take("a", 1)], [null, "admit"]);
  deepStrictEqual([callers.take("a", 1), callers.take("a", 1), callers.take("a", 1)], ["ask", "ask", null]);
  strictEqual(callers.isEmpty(1), true);
});

Deno.test("MistakenCallers forgets an address after a minute", () => {
  const callers = new MistakenCallers();
  callers.remember("a", "admit", 1000);
  const seen = [60_999, 61_000].map((nowMs) => [callers.expects("a", nowMs), callers.isEmpty(nowMs)]);
  deepStrictEqual(seen, [[true, false], [false, true]]);
  strictEqual(callers.take("a", 61_000), null);
});

Deno.test("MistakenCallers remembers 256 addresses and forgets the oldest above that", () => {
  const callers = new MistakenCallers();
  for (let address = 0; address <= 256; address += 1) callers.remember(`${address}`, "ask", 0);
  deepStrictEqual([callers.expects("0", 1), callers.expects("1", 1)], [false, true]);
});
