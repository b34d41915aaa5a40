/** Tests of mod/session/rounds.ts. */
import assert from "node:assert/strict";
import { type RoundResult, Rounds } from "../../mod/session/rounds.ts";

/** A round of a session that runs for long and is not in trouble. */
const USUAL: RoundResult = {
  nowMs: 60_000,
  gap: false,
  behind: false,
  hasDelivered: true,
  ending: false,
  undelivered: false,
};

/** Our choice: how much earlier than the clock a timer may fire. */
const EARLY_MS = 2;

for (
  const { what, isLive = false, result = {}, ms, below } of [
    { what: "a usual round", ms: 100, below: 200 },
    { what: "a round of a session with a player", isLive: true, ms: 60, below: 100 },
    { what: "a round that ends the session", result: { ending: true }, ms: 40, below: 60 },
    { what: "the first round", result: { hasDelivered: false }, ms: 10, below: 40 },
    { what: "a round after a gap", result: { gap: true }, ms: 1, below: 10 },
  ]
) {
  Deno.test(`${what} is followed by the next one after ${ms} ms`, async () => {
    const rounds = new Rounds({ isLive });
    const times: number[] = [];
    for (let count = 0; count < 5; count += 1) { // the shortest counts, because the machine may be busy
      const startMs = performance.now();
      await rounds.next({ ...USUAL, ...result });
      times.push(performance.now() - startMs);
    }
    const shortestMs = Math.min(...times);
    assert.ok(shortestMs >= ms - EARLY_MS && shortestMs < below, `${shortestMs} ms`);
  });
}
