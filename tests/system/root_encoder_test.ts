/**
 * Encoders that never repeat a packet and treat every answer to their CONCLUSION except a rejection as success, as RootEncoder
 * (Android apps) does. They cannot return a second cookie, because they take the request for it (a second
 * INDUCTION response) for success.
 */

import assert from "node:assert/strict";
import { MIN_UNPROVEN } from "../../mod/admission/unproven_places.ts";
import { CONCLUSION_SID } from "../fixtures/handshakes.ts";
import { beforeSilence } from "../support/before_silence.ts";
import { Flood } from "../support/flood.ts";
import { needing, RAW_SOCKETS } from "../support/needs.ts";
import { conclusionAfter, RawCaller } from "../support/raw_caller.ts";
import { RootEncoder } from "../support/root_encoder.ts";
import { SilentCallers } from "../support/silent_callers.ts";
import { Splitter } from "../support/splitter.ts";

const CROWD = 30;
const CONCLUSION = 0xffff_ffff;
const TYPE_OFFSET = 36;
const INDUCTION = 1;

/** Runs encoders during a test, and then stops them. */
async function withEncoders(encoders: readonly RootEncoder[], test: () => Promise<void>): Promise<void> {
  const running = encoders.map((encoder) => encoder.run());
  try {
    await test();
  } finally {
    for (const encoder of encoders) encoder.hangUp();
    await Promise.all(running);
  }
}

Deno.test("30 encoders that cannot return a secret cookie are all admitted when they call at once, and none is challenged", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const encoders = Array.from({ length: CROWD }, () => new RootEncoder(splitter.port, CONCLUSION_SID));
  await withEncoders(encoders, async () => {
    for (let count = 0; count < CROWD; count += 1) {
      const proven = new Set(splitter.eventsNamed("session-proven").slice(0, count).map(({ session }) => session));
      await splitter.event("session-proven", ({ session }) => !proven.has(session));
    }
  });
  const taken = encoders.flatMap(({ successes }) => successes);
  assert.deepStrictEqual([...new Set(taken)], [CONCLUSION], "some took a second INDUCTION response for success");
  assert.deepStrictEqual(splitter.errors, []);
});

Deno.test("an encoder that treats a challenge as success gets a SHUTDOWN, is reported, and is admitted at its third call", () =>
  beforeSilence(async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"]);
    using silent = new SilentCallers(splitter.port);
    await silent.callTogether(MIN_UNPROVEN);
    const encoder = new RootEncoder(splitter.port, CONCLUSION_SID);
    await withEncoders([encoder], async () => {
      const { caller, stream, reason, advice } = await splitter.event(
        "refused",
        ({ text }) => /^it cannot return the secret cookie: it sends payload in answer/.test(text),
      );
      assert.deepStrictEqual([caller.address, stream, reason], ["127.0.0.1", "abcde", null]);
      assert.match(advice, /is recorded at its second or third call/);
      const { session } = await splitter.event("session-start", (start) => start.stream === "abcde");
      await splitter.event("session-proven", (proven) => proven.session === session);
    });
    // the first call is asked for a secret cookie; the second gets it at once, but is asked for the cookie that libsrt expects
    assert.deepStrictEqual([encoder.ends, encoder.successes], [
      ["shutdown", "shutdown"],
      [INDUCTION, INDUCTION, CONCLUSION],
    ]);
  }));

Deno.test({
  ...needing(
    [RAW_SOCKETS],
    "an encoder that cannot return a secret cookie is admitted during a flood of forged INDUCTIONs",
  ),
  fn: async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"]);
    await using _flood = new Flood({ port: splitter.port, perSecond: 5000, seconds: 20 });
    await splitter.errorLine(/handshake flood/);
    const encoder = new RootEncoder(splitter.port, CONCLUSION_SID);
    await withEncoders([encoder], async () => {
      const { session } = await splitter.event("session-start", ({ stream }) => stream === "abcde");
      await splitter.event("session-proven", (proven) => proven.session === session);
    });
    assert.ok(!encoder.ends.includes("rejected"), `${encoder.ends}`); // an answer may be lost in the flood
  },
});

Deno.test("a caller that repeats its CONCLUSION without the secret cookie is refused with OVERLOAD, reported, and admitted at its third call", () =>
  beforeSilence(async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"]);
    using silent = new SilentCallers(splitter.port);
    await silent.callTogether(MIN_UNPROVEN);
    using caller = new RawCaller(splitter.port);
    for (const end of [2402, 2402, CONCLUSION]) {
      const cookie = await caller.induce();
      const repeating = setInterval(() => void caller.send(conclusionAfter(cookie, CONCLUSION_SID)), 250);
      try {
        const types: number[] = [];
        while (types.at(-1) === undefined || types.at(-1) === INDUCTION) {
          types.push((await caller.receive()).getUint32(TYPE_OFFSET));
        }
        assert.strictEqual(types.at(-1), end, `${types}`);
      } finally {
        clearInterval(repeating);
      }
    }
    const { stream, reason } = await splitter.event("refused", ({ text }) => /secret cookie/.test(text));
    assert.deepStrictEqual([stream, reason], ["abcde", 1402]);
  }));
