/** Callers that call repeatedly with a wrong passphrase are slowed down and reported, and do not lock out other callers. */

import assert from "node:assert/strict";
import { WRONG_ANSWER_DELAY_MS } from "../../mod/admission/wrong_passphrases.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, connectInCrowd, SrtCaller } from "../support/srt_caller.ts";

const PASSPHRASE = "correct-horse-battery";
const SECRET = { env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE } };
const WRONG = "incorrect-horse-battery";
/**
 * Callers with a wrong passphrase at the same time. Together they call more often than one srtsink, which calls 60 to 80 times a
 * second.
 */
const WRONG_CALLERS = 20;
const RIGHT_CALLERS = 20;
/** Wrong passphrases of one stream name that are answered without delay. */
const AT_ONCE = 10;
const AGAIN = /^the caller's passphrase is wrong; it calls again and again/;

/** Calls with a wrong passphrase until stopped, each time as soon as the answer has arrived. */
async function callRepeatedly(
  { port, streamId, stop }: { readonly port: number; readonly streamId?: string; readonly stop: AbortSignal },
): Promise<void> {
  while (!stop.aborted) {
    const call = SrtCaller.connect({ port, passphrase: WRONG, blocking: false, ...(streamId ? { streamId } : {}) });
    await assert.rejects(call, CallerRefusedError);
  }
}

function nameOf(stream: string | undefined): string {
  return stream === undefined ? "no stream name" : `the stream ${stream}`;
}

for (
  const { wrong, right } of [
    { wrong: undefined, right: undefined },
    { wrong: "cam1", right: "cam1" },
    { wrong: "cam1", right: "cam2" },
  ]
) {
  Deno.test(`calls with a wrong passphrase and ${nameOf(wrong)} are reported, and do not lock out those with the right one and ${nameOf(right)}`, async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"], SECRET);
    const { port } = splitter;
    const stop = new AbortController();
    const wrongCalls = Array.from({ length: WRONG_CALLERS }, () => {
      return callRepeatedly({ port, stop: stop.signal, ...(wrong ? { streamId: wrong } : {}) });
    });
    try {
      for (let caller = 0; caller < RIGHT_CALLERS; caller += 1) {
        const options = { port, passphrase: PASSPHRASE, ...(right ? { streamId: right } : {}) };
        await using called = await connectInCrowd(options);
        called.close();
      }
      const { reason, stream, caller } = await splitter.event("refused", ({ text }) => AGAIN.test(text));
      assert.deepStrictEqual([reason, stream, caller.address], [10, wrong ?? null, "127.0.0.1"]);
      assert.ok(caller.port > 0);
    } finally {
      stop.abort();
      await Promise.all(wrongCalls);
    }
    await splitter.stop();
    assert.strictEqual(splitter.eventsNamed("session-start").length, RIGHT_CALLERS);
    assert.deepStrictEqual(splitter.errors, []); // no warning of a flood
  });
}

Deno.test("a caller with a wrong passphrase is answered at once ten times, and then one second later", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], SECRET);
  const calls: CallerRefusedError[] = [];
  for (let call = 0; call <= AT_ONCE; call += 1) {
    await assert.rejects(SrtCaller.connect({ port: splitter.port, passphrase: WRONG, streamId: "cam1" }), (error) => {
      assert.ok(error instanceof CallerRefusedError);
      calls.push(error);
      return true;
    });
  }
  assert.deepStrictEqual(calls.map(({ rejectReason }) => rejectReason), new Array(AT_ONCE + 1).fill(10));
  const [last] = calls.slice(-1);
  assert.ok(last !== undefined && last.elapsedMs >= WRONG_ANSWER_DELAY_MS, `${last?.elapsedMs} ms`);
  const { stream, times } = await splitter.event("refused", ({ text }) => AGAIN.test(text));
  assert.deepStrictEqual([stream, times], ["cam1", 1]);
});
