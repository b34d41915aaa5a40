/**
 * Unproven callers, and floods. A caller is unproven until it has sent payload, has kept its connection alive for 6 s, or has
 * returned the listener's secret cookie: its handshake may be forged with the cookie that libsrt expects, which any program can
 * compute (the predicted cookie).
 */

import assert from "node:assert/strict";
import { MIN_UNPROVEN as UNPROVEN } from "../../mod/admission/unproven_places.ts";
import { CONCLUSION_KEY_16, CONCLUSION_PLAIN, INDUCTION } from "../fixtures/handshakes.ts";
import { beforeSilence } from "../support/before_silence.ts";
import { Flood } from "../support/flood.ts";
import { needing, RAW_SOCKETS } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, memoryMb, waitUntil } from "../support/processes.ts";
import { conclusionAfter, RawCaller } from "../support/raw_caller.ts";
import { SilentCallers } from "../support/silent_callers.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LOCAL = "127.0.0.1:0";
/**
 * Limit for the growth of memory: more than the first callers cause, and half of what a flood causes if each datagram leaves
 * garbage.
 */
const MEMORY_MB = 25;
const OFFSET = { extension: 22, type: 36, cookie: 44 } as const;
const INDUCTION_TYPE = 1;
const MAGIC = 0x4a17;

const CALLS = 5;
/**
 * How many strangers guess the passphrase. Each uses eight tries, so together they use more than the 400 tries that all callers
 * have at the start and the 200 that are added each second.
 */
const GUESSES = 120;

/**
 * A CONCLUSION with another KMREQ: the salt has 16 bytes and begins 16 bytes after the start of the KMREQ, and only its last 8
 * bytes count.
 */
function withSalt(conclusion: string, salt: number): string {
  const signature = conclusion.indexOf("122029");
  const last = signature + 2 * (16 + 16);
  return `${conclusion.slice(0, last - 8)}${salt.toString(16).padStart(8, "0")}${conclusion.slice(last)}`;
}

Deno.test("of the callers that return the predicted cookie and send nothing, 8 get a process, and the next ones get a challenge", () =>
  beforeSilence(async () => {
    await using splitter = await Splitter.listen([LOCAL, "--spares", "0"]);
    using silent = new SilentCallers(splitter.port);
    const answers = await silent.callInTurn(UNPROVEN + 4);
    assert.strictEqual(childrenOf(splitter.pid).length, UNPROVEN);
    for (const answer of answers.slice(UNPROVEN)) {
      assert.deepStrictEqual([answer.getUint32(OFFSET.type), answer.getUint16(OFFSET.extension)], [
        INDUCTION_TYPE,
        MAGIC,
      ]);
    }
  }));

Deno.test("a caller that returns the secret cookie is admitted when unproven callers have all 8 places", () =>
  beforeSilence(async () => {
    await using splitter = await Splitter.listen([LOCAL]);
    using silent = new SilentCallers(splitter.port);
    await silent.callInTurn(UNPROVEN);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "real" });
    const payload = makePayload(10);
    await caller.send(payload);
    await caller.waitUntilDelivered();
    caller.close();
    const { bytes } = await splitter.event("session-end", ({ stream }) => stream === "real");
    assert.strictEqual(bytes, payload.length);
  }));

Deno.test("strangers that use up the tries of an address are not reported as a flood, and do not prevent the admission of a caller that has the passphrase", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("secret"), "correct-horse-battery", { mode: 0o600 });
  // eight tries for each guess: even a slow machine uses them faster than they are added
  const files = Array.from({ length: 8 }, () => ["--passphrase-file", folder.file("secret")]).flat();
  await using splitter = await Splitter.listen([LOCAL, ...files]);
  const types = await Promise.all(Array.from({ length: GUESSES }, async (_, guess) => {
    using stranger = new RawCaller(splitter.port);
    return (await stranger.conclude(withSalt(CONCLUSION_KEY_16, guess))).getUint32(OFFSET.type);
  }));
  assert.ok(types.includes(INDUCTION_TYPE), "the tries are not bounded"); // challenged: they are used up
  assert.deepStrictEqual(splitter.errors, [], "guesses are reported as a flood");
  const passphrase = "correct-horse-battery";
  await using caller = await SrtCaller.connect({ port: splitter.port, passphrase }); // without a stream name, like the strangers
  caller.close();
  assert.strictEqual((await splitter.event("session-start")).encrypted, true);
});

Deno.test("a caller that answers a challenge with the predicted cookie again gets no process", () =>
  beforeSilence(async () => {
    await using splitter = await Splitter.listen([LOCAL, "--spares", "0"]);
    using silent = new SilentCallers(splitter.port);
    await silent.callInTurn(UNPROVEN);
    using forger = new RawCaller(splitter.port);
    const cookie = await forger.induce();
    const conclusion = conclusionAfter(cookie, CONCLUSION_PLAIN);
    await forger.send(conclusion);
    const challenge = await forger.receive();
    assert.notStrictEqual(challenge.getUint32(OFFSET.cookie), cookie);
    await forger.send(conclusion);
    await forger.send(INDUCTION); // it is answered after the earlier packets are processed
    await forger.receive();
    assert.strictEqual(childrenOf(splitter.pid).length, UNPROVEN);
  }));

Deno.test("sessions that have sent payload do not count as unproven", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  const callers: SrtCaller[] = [];
  for (let index = 0; index < UNPROVEN; index += 1) {
    const caller = await SrtCaller.connect({ port: splitter.port });
    callers.push(caller);
    await caller.send(makePayload(1));
    await caller.waitUntilDelivered();
  }
  await waitUntil("the proofs", () => splitter.eventsNamed("session-proven").length === UNPROVEN);
  using raw = new RawCaller(splitter.port);
  const answer = await raw.conclude(CONCLUSION_PLAIN);
  for (const caller of callers) caller.close();
  assert.notStrictEqual(answer.getUint32(OFFSET.type), INDUCTION_TYPE);
});

Deno.test({
  ...needing(
    [RAW_SOCKETS],
    "in a flood of forged INDUCTIONs, only real callers get a process, recordings are complete, memory use is bounded, and the flood is reported once",
  ),
  fn: async () => {
    await using splitter = await Splitter.listen([LOCAL, "--spares", "0"]);
    await using running = await SrtCaller.connect({ port: splitter.port, streamId: "running" });
    const payload = makePayload(800);
    const sending = running.send(payload, { bitsPerSecond: 2_000_000 });
    await splitter.event("session-start");
    const before = memoryMb(splitter.pid);
    await using flood = new Flood({ port: splitter.port, perSecond: 20_000, seconds: 3 });
    await splitter.errorLine(/handshake flood: new callers must return a cookie/);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "real" });
    await splitter.event("session-start", ({ stream }) => stream === "real");
    assert.strictEqual(childrenOf(splitter.pid).length, 2);
    await flood.ended();
    const grown = memoryMb(splitter.pid) - before;
    await sending;
    await running.waitUntilDelivered();
    running.close();
    caller.close();
    assert.strictEqual(
      (await splitter.event("session-end", ({ stream }) => stream === "running")).bytes,
      payload.length,
    );
    await splitter.errorLine(/handshake flood ended/);
    assert.strictEqual(splitter.errors.length, 2);
    assert.ok(grown < MEMORY_MB, `it grew by ${grown.toFixed(1)} MB`);
  },
});

Deno.test({
  ...needing(
    [RAW_SOCKETS],
    "callers are admitted during 200 forged handshakes a second, for which few processes start",
  ),
  fn: async () => {
    await using splitter = await Splitter.listen([LOCAL, "--spares", "0"]);
    await using _flood = new Flood({ port: splitter.port, perSecond: 200, seconds: 60, handshakes: true });
    await splitter.errorLine(/handshake flood: new callers must return a cookie/);
    await splitter.event("session-end"); // the first forged session: no other forged caller gets its place
    for (let call = 0; call < CALLS; call += 1) {
      await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "real" });
      caller.close();
    }
    const forged = splitter.eventsNamed("session-start").filter(({ stream }) => stream === null).length;
    assert.strictEqual(forged, UNPROVEN);
  },
});
