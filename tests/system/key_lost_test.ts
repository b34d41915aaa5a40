/**
 * The caller changes its key and the new key does not arrive: nothing after that is recorded, and the caller is disconnected.
 */

import assert from "node:assert/strict";
import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { LossyLink } from "../support/lossy_link.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SAFE_LATENCY_MS } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;
const PASSPHRASE = "correct-horse-battery";
const REFRESH_PACKETS = 600;
const KEY_CHANGES = 4;
const TRIES = 8;

/** A busy machine has disturbed the test: the caller did not change its key in time, or packets were lost. */
class DisturbedError extends Error {}

/**
 * Runs a test, and repeats it if its caller crashes or a busy machine disturbs it. The sender of libsrt 1.5.1 changes the key in
 * one thread while another thread encrypts with it, so it sometimes crashes; therefore the caller has its own process. A sender
 * that does not run for a moment, on a busy machine, may not change its key.
 */
async function withCaller(run: (call: (port: number) => LiveTransmit) => Promise<void>): Promise<void> {
  for (let tries = 1;; tries += 1) {
    const callers: LiveTransmit[] = [];
    try {
      return await run((port) => {
        const query = `latency=${SAFE_LATENCY_MS}&passphrase=${PASSPHRASE}&kmrefreshrate=${REFRESH_PACKETS}` +
          `&kmpreannounce=${REFRESH_PACKETS / 5}`;
        const caller = LiveTransmit.call({ port, query });
        callers.push(caller);
        return caller;
      });
    } catch (error) {
      const ends = await Promise.all(callers.map(({ status }) => status));
      const hasCrashed = ends.some(({ signal }) => signal === "SIGSEGV" || signal === "SIGABRT");
      if (tries === TRIES || !(hasCrashed || error instanceof DisturbedError)) throw error;
    }
  }
}

for (
  const [what, lostFrom] of [
    ["the first change of the key is lost", 1],
    ["a later change is lost, and libsrt decrypts with the previous key", 2],
  ] as const
) {
  Deno.test(`${what}: the recording ends before the first damaged packet`, () =>
    withCaller(async (call) => {
      using folder = new TemporaryFolder();
      await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], {
        env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE },
      });
      const keys = new Set<string>();
      await using link = new LossyLink(splitter.port, {
        keyMessage: (body) => {
          keys.add(body);
          return [...keys].indexOf(body) + 1 >= lostFrom;
        },
      });
      const payload = makePayload(REFRESH_PACKETS * 12);
      await using caller = call(link.port);
      let isSent = false;
      const sending = caller.send(payload, 16 * MBIT).then(() => isSent = true, () => {}); // the session ends while it sends
      await waitUntil("an end", () => isSent || splitter.eventsNamed("session-end").length > 0);
      if (keys.size < lostFrom) throw new DisturbedError(`${keys.size} keys`);
      const end = await splitter.event("session-end");
      await caller.vanish();
      await sending;
      assert.strictEqual(end.reason, "key-lost");
      const recorded = Deno.readFileSync(end.file ?? "");
      const { losses }: FinalSidecar = JSON.parse(Deno.readTextFileSync(`${end.file}.json`));
      if (losses?.gaps.some(({ offset }) => offset < recorded.length)) throw new DisturbedError(JSON.stringify(losses));
      assertSameBytes(recorded, payload.subarray(0, recorded.length));
      // libsrt's sender changes its key after that many packets, or after some more on a busy machine
      const messages = recorded.length / LIVE_MESSAGE_BYTES;
      assert.ok(messages >= REFRESH_PACKETS * lostFrom, String(messages));
      assert.strictEqual(await splitter.stop(), 1);
    }));
}

Deno.test("key changes that arrive lose no payload", () =>
  withCaller(async (call) => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], {
      env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE },
    });
    const payload = makePayload(REFRESH_PACKETS * (KEY_CHANGES + 1));
    await using caller = call(splitter.port);
    await caller.send(payload, 16 * MBIT);
    const { file } = await splitter.recording();
    const isDisturbed = () => splitter.eventsNamed("missing").length > 0;
    await waitUntil("the recording", () => isDisturbed() || Deno.statSync(file).size === payload.length);
    if (isDisturbed()) throw new DisturbedError("packets are missing");
    await caller.hangUp();
    assert.strictEqual((await splitter.event("session-end")).reason, "caller-closed");
    const recorded = Deno.readFileSync(file);
    const damaged = Array.from({ length: payload.length / LIVE_MESSAGE_BYTES }, (_, index) => index).filter((index) => {
      const [one, other] = [recorded, payload].map((bytes) => messageOf(bytes, index));
      return one?.some((byte, at) => byte !== other?.[at]);
    });
    // the packet that is encrypted while the sender changes its key may have the other key's flag
    assert.ok(damaged.length <= KEY_CHANGES, `${damaged.length} messages differ, the first is ${damaged[0]}`);
  }));

function messageOf(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.subarray(index * LIVE_MESSAGE_BYTES, (index + 1) * LIVE_MESSAGE_BYTES);
}
