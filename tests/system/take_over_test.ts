/** Two encoders that both repeatedly call with one stream name, with `--on-return take-over`. */

import assert from "node:assert/strict";
import { SrtError } from "../../mod/srt/error.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;
const PAIR = /: (\S+) port \d+ and (\S+) port \d+; the name cannot be taken over for up to 10 s$/;

/** Calls with a name and sends. Calls again at once after each refusal or end of its session, until stopped. */
async function callRepeatedly(
  { host, port, stop }: { readonly host: string; readonly port: number; readonly stop: AbortSignal },
) {
  while (!stop.aborted) {
    try {
      await using caller = await SrtCaller.connect({ host, port, streamId: "cam1", blocking: false });
      while (!stop.aborted) await caller.send(makePayload(20), { bitsPerSecond: MBIT });
    } catch (error) {
      if (!(error instanceof CallerRefusedError || error instanceof SrtError)) throw error;
    }
  }
}

Deno.test("two encoders that repeatedly take a name over from each other are reported, and one of them is recorded", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([":0", "--on-return", "take-over", "--out", folder.path]);
  const { port } = splitter;
  const stop = new AbortController();
  const callers = ["127.0.0.1", "::1"].map((host) => callRepeatedly({ host, port, stop: stop.signal }));
  try {
    const { stream, reason, text, advice } = await splitter.event("refused", (refused) => PAIR.test(refused.text));
    assert.deepStrictEqual([stream, reason], ["cam1", 1409]);
    assert.deepStrictEqual(PAIR.exec(text)?.slice(1).toSorted(), ["127.0.0.1", "::1"], text);
    assert.match(advice, /^give each encoder a stream name of its own/);
    const { session } = splitter.eventsNamed("session-start").at(-1) ?? {};
    await assert.rejects(SrtCaller.connect({ port, streamId: "cam1" }), { rejectReason: 1409 });
    await assert.rejects(SrtCaller.connect({ port, streamId: "cam1" }), { rejectReason: 1409 });
    assert.strictEqual(splitter.eventsNamed("session-start").at(-1)?.session, session);
    assert.ok(splitter.eventsNamed("session-end").every((end) => end.session !== session));
  } finally {
    stop.abort();
    await Promise.all(callers);
  }
  await splitter.stop();
  const lines = splitter.eventsNamed("refused").filter(({ text, times }) => PAIR.test(text) && times === 1);
  assert.ok(lines.length <= 3, `${lines.length} lines`); // one for each address that was refused
});

Deno.test("an encoder that calls again three times within a minute takes its name over each time", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([":0", "--on-return", "take-over", "--out", folder.path]);
  const payload = makePayload(10);
  const callers: SrtCaller[] = [];
  for (let call = 0; call < 4; call += 1) {
    const caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    callers.push(caller); // the previous caller is not closed, as if it had vanished
    await caller.send(payload);
    await caller.waitUntilDelivered();
  }
  callers.at(-1)?.close();
  const { file } = await splitter.event("session-end", ({ reason }) => reason === "caller-closed");
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  for (const caller of callers) caller.close();
  assert.deepStrictEqual(splitter.eventsNamed("refused"), []);
});
