/** Tests of mod/listener/pressure.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Pressure } from "../../mod/listener/pressure.ts";

Deno.test("Pressure says once that callers have to prove themselves, and once when that is over", () => {
  const said: string[] = [];
  const pressure = new Pressure((text) => said.push(text));
  for (const nowMs of [0, 10, 20]) pressure.note(nowMs);
  deepStrictEqual([5019, 5020, 5021, 60_000].map((nowMs) => pressure.look(nowMs)), [false, true, false, false]);
  strictEqual(said.length, 2);
  match(said[0] ?? "", /^more callers at once than can be known to be real: /);
  strictEqual(said[1], "callers come as usual again; 3 handshakes had to be proven meanwhile");
});

Deno.test("Pressure counts anew after it was over", () => {
  const said: string[] = [];
  const pressure = new Pressure((text) => said.push(text));
  pressure.note(0);
  pressure.look(5000);
  pressure.note(6000);
  pressure.look(11_000);
  deepStrictEqual([said.length, said[3]?.includes("; 1 handshakes ")], [4, true]);
});
