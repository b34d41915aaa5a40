/** Many callers at the same moment, and a machine that cannot start processes for them. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { PROCESS_LIMITS, ProcessLimit } from "../support/process_limit.ts";
import { childrenOf } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const CALLERS = 40;
/** A caller that was refused, or got no answer in libsrt's 3 s, calls again. */
const TRIES = 4;
/** How often children are counted, in ms. */
const COUNT_MS = 5;

/** Calls until it is accepted. */
async function callUntilAccepted(port: number, streamId: string): Promise<SrtCaller> {
  for (let tries = 1;; tries += 1) {
    try {
      return await SrtCaller.connect({ port, streamId, blocking: false });
    } catch (error) {
      if (!(error instanceof CallerRefusedError) || tries === TRIES) throw error;
    }
  }
}

Deno.test("40 callers at the same moment are all recorded, exactly, and few processes start at once", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  let mostStarting = 0;
  const counting = setInterval(() => {
    const started = splitter.eventsNamed("session-start").length;
    mostStarting = Math.max(mostStarting, childrenOf(splitter.pid).length - started);
  }, COUNT_MS);
  const payloads = new Map(Array.from({ length: CALLERS }, (_, index) => [`cam${index}`, makePayload(5, index + 1)]));
  const callers = await Promise.all(
    [...payloads].map(async ([streamId, payload]) => {
      const caller = await callUntilAccepted(splitter.port, streamId);
      await caller.send(payload);
      return caller;
    }),
  );
  clearInterval(counting);
  await Promise.all(callers.map((caller) => caller.waitUntilDelivered()));
  for (const caller of callers) caller.close();
  for (const [name, payload] of payloads) {
    const { file } = await splitter.event("session-end", ({ stream, attempt }) => stream === name && !attempt);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  }
  await splitter.stop();
  assert.strictEqual((await splitter.event("stopped")).sessions, CALLERS);
  // a child is ready some time before it reports its session, and the next one starts meanwhile
  assert.ok(mostStarting <= 4 * (navigator.hardwareConcurrency + 1), `${mostStarting} processes started at once`);
});

Deno.test({
  ...needing([PROCESS_LIMITS], "a caller for which no process can start gets reason 3, with the limit as the cause"),
  fn: async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"]);
    for (const more of [0, 1, 4]) { // no process; no thread in it; not all threads of the runtime
      using _limit = new ProcessLimit(splitter.pid, more);
      await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: `cam${more}` }), { rejectReason: 3 });
      const { text, advice } = await splitter.event("refused", ({ stream }) => stream === `cam${more}`);
      assert.match(text, /^no process can start for it: a limit of processes, threads or memory is reached$/);
      assert.match(advice, /^raise ulimit -u/);
    }
    await using caller = await SrtCaller.connect({ port: splitter.port });
    caller.close();
    assert.match(
      splitter.errors.join("\n"),
      /^warning: processes of new sessions die before they are ready[^\n]*(\nwarning: processes of new sessions start again)?$/,
    );
  },
});
