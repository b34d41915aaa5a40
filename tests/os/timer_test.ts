/** Tests of mod/os/timer.ts. */
import assert from "node:assert/strict";
import { sleep, Ticker } from "../../mod/os/timer.ts";
import { SELF } from "../../mod/handoff/child_command.ts";

/** Our choice: how much earlier than the clock a timer may fire. */
const EARLY_MS = 2;

Deno.test("sleep waits for the time, and not for a shorter one", async () => {
  const startMs = performance.now();
  await sleep(60);
  assert.ok(performance.now() - startMs >= 60 - EARLY_MS);
});

Deno.test("a Ticker ticks until it is disposed of, with the time between two ticks", async () => {
  const startMs = performance.now();
  const times: number[] = [];
  const ticker = new Ticker(20, () => times.push(performance.now() - startMs));
  while (times.length < 3) await sleep(5);
  ticker[Symbol.dispose]();
  const { length } = times;
  times.forEach((ms, index) => assert.ok(ms >= (index + 1) * (20 - EARLY_MS), `tick ${index} after ${ms} ms`));
  await sleep(60);
  assert.strictEqual(times.length, length);
});

Deno.test("a Ticker can be disposed of by its own tick", async () => {
  let ticks = 0;
  const tickers: Ticker[] = [];
  tickers.push(
    new Ticker(5, () => {
      ticks += 1;
      tickers[0]?.[Symbol.dispose]();
    }),
  );
  await sleep(40);
  assert.strictEqual(ticks, 1);
});

for (const collect of [false, true]) {
  Deno.test(`a process runs until its timers have ended${collect ? ", even if garbage is collected meanwhile" : ""}`, async () => {
    const module = JSON.stringify(new URL("../../mod/os/timer.ts", import.meta.url).href);
    const program = `import { sleep, Ticker } from ${module};
      let ticks = 0;
      new Ticker(10, () => { ticks += 1; ${
      collect ? "gc();" : ""
    } if (ticks === 5) { console.log("five"); Deno.exit(); } });
      await sleep(20);
      console.log("slept");`;
    const args = ["eval", "--no-config", ...(collect ? ["--v8-flags=--expose-gc"] : []), program];
    const { code, stdout } = await new Deno.Command(SELF, { args, stdin: "null" }).output();
    assert.deepStrictEqual([code, new TextDecoder().decode(stdout)], [0, "slept\nfive\n"]);
  });
}
