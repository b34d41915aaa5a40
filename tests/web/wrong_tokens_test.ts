import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { replyProblem } from "../../mod/web/reply.ts";
import { WrongTokens } from "../../mod/web/wrong_tokens.ts";

const DELAY_MS = 100;

/** Answers a request with a wrong token. Returns the status, and after how many ms it was answered. */
async function answered(
  tokens: WrongTokens,
  source: string,
): Promise<{ readonly status: number; readonly ms: number }> {
  const startMs = performance.now();
  const { status } = await tokens.answer(source, replyProblem(401, "the token is wrong"));
  return { status, ms: performance.now() - startMs };
}

Deno.test("WrongTokens sends a source four answers per delay, and answers another source meanwhile", async () => {
  const tokens = new WrongTokens({ now: () => performance.now(), delayMs: DELAY_MS });
  const all = Promise.all(Array.from({ length: 9 }, () => answered(tokens, "192.0.2.1")));
  const other = await answered(tokens, "192.0.2.2");
  const { status, ms } = (await all)[8] ?? { status: 0, ms: 0 };
  deepStrictEqual([status, other.status], [401, 401]);
  ok(other.ms > DELAY_MS - 5 && other.ms < ms, `the other source waited ${other.ms} ms`);
  ok(ms > 3 * DELAY_MS - 20, `the ninth answer came after ${ms} ms`);
});

Deno.test("WrongTokens refuses a source with too many wrong tokens, and delays that refusal too", async () => {
  let nowMs = 0;
  const tokens = new WrongTokens({ now: () => nowMs, delayMs: DELAY_MS });
  const all = await Promise.all(Array.from({ length: 60 }, () => answered(tokens, "192.0.2.1")));
  deepStrictEqual(all.map(({ status }) => status), [...Array(56).fill(401), ...Array(4).fill(429)]);
  ok(all.every(({ ms }) => ms > DELAY_MS - 5), "an answer was not delayed");
  nowMs = 15 * DELAY_MS;
  strictEqual((await answered(tokens, "192.0.2.1")).status, 401);
});

Deno.test("WrongTokens holds at most 256 requests of a source", async () => {
  const tokens = new WrongTokens({ now: () => 0, delayMs: 1 });
  const held = Array.from({ length: 256 }, () => answered(tokens, "192.0.2.1"));
  const response = await tokens.answer("192.0.2.1", replyProblem(401, "the token is wrong"));
  strictEqual(response.status, 429);
  match((await response.json()).error, /^too many wrong tokens/);
  deepStrictEqual((await Promise.all(held)).length, 256);
});
