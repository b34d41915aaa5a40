/** A recording contains what arrived and nothing else, whatever the network lost and however the session ended. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { losesPermanently, type LossRules } from "../support/lossy_link.ts";
import { LossyScene } from "../support/lossy_scene.ts";
import { makePayload } from "../support/payload.ts";
import { processFile, waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;

/** Starts a program without the permission to enlarge its receive buffers; for a user who is not root it changes nothing. */
const WITHOUT_NET_ADMIN = Deno.uid() === 0 ? ["setpriv", "--bounding-set", "-net_admin"] : [];

/** Number of tries: a busy machine delays or loses packets that the link does not, but not in every try. */
const TRIES = 5;

/**
 * Records a caller that sends and closes immediately after that, and checks its end and its recording. Tries again if its SHUTDOWN
 * was lost on the link, or if the kernel dropped datagrams: on a busy machine, receive buffers overflow.
 */
async function assertClosedAndExact(
  { latencyMs, ...rules }: LossRules & { readonly latencyMs?: number },
  send: (scene: LossyScene) => Promise<void>,
): Promise<void> {
  for (let tries = 1;; tries += 1) {
    await using scene = await LossyScene.open(rules, latencyMs === undefined ? {} : { latencyMs });
    await send(scene);
    scene.caller.close();
    if (tries < TRIES && await scene.hasDropped()) continue;
    const { reason } = await scene.exactEnd();
    if (scene.link.calls[0]?.closed === true || tries === TRIES) return assert.strictEqual(reason, "caller-closed");
  }
}

Deno.test("the last burst of a caller that pauses before it, and closes at once after it, is recorded", () =>
  assertClosedAndExact({ latencyMs: 500 }, async ({ caller, splitter, link }) => {
    const payload = makePayload(100);
    const half = payload.length / 2;
    await caller.send(payload.subarray(0, half));
    await splitter.event("stats", ({ bytes }) => bytes === half); // one latency after the last packet
    await caller.send(payload.subarray(half));
    await waitUntil("the start of the burst", () => link.arrived.length > half); // libsrt sends nothing after a close
  }));

Deno.test("when a caller closes with open gaps, everything after them is recorded", () =>
  assertClosedAndExact({ data: losesPermanently(10) }, async ({ caller }) => {
    await caller.send(makePayload(1000), { bitsPerSecond: 20 * MBIT });
  }));

Deno.test("when a caller closes right after the first loss of its session, everything else is recorded", () =>
  assertClosedAndExact({ data: ({ index }) => index === 195, latencyMs: 500 }, async ({ caller }) => {
    await caller.send(makePayload(200), { bitsPerSecond: 20 * MBIT });
  }));

Deno.test("when a caller becomes silent with open gaps, everything after them is recorded", async () => {
  for (let tries = 1;; tries += 1) {
    let away = false;
    await using scene = await LossyScene.open({
      data: (packet) => away || losesPermanently(10)(packet),
      control: () => away,
    });
    await scene.caller.send(makePayload(1000), { bitsPerSecond: 20 * MBIT });
    away = true;
    if (tries < TRIES && await scene.hasDropped()) continue; // a busy machine lost packets after the link
    return assert.strictEqual((await scene.exactEnd()).reason, "silence");
  }
});

Deno.test("an outage of a second is a gap, and all that arrived in time is recorded", async () => {
  let away = false;
  await using scene = await LossyScene.open({ data: () => away, control: () => away });
  const sending = scene.caller.send(makePayload(4000), { bitsPerSecond: 20 * MBIT });
  await waitUntil("payload", () => scene.link.arrived.length > 500 * LIVE_MESSAGE_BYTES);
  away = true;
  await new Promise((resolve) => setTimeout(resolve, 1000)); // the outage itself
  away = false;
  await sending;
  await scene.caller.waitUntilDelivered();
  scene.caller.close();
  const { reason, bytes, statistics } = await scene.splitter.event("session-end");
  assert.strictEqual(reason, "caller-closed");
  assert.strictEqual(bytes, (statistics?.pktRecvUniqueTotal ?? 0) * LIVE_MESSAGE_BYTES);
  assert.ok((statistics?.pktRcvDropTotal ?? 0) > 0);
});

Deno.test("payload of more packets than libsrt's default buffer holds is recorded (small messages, a long latency)", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: 4000 });
  const payload = makePayload(2500); // 17,500 messages in 2.2 s
  await caller.send(payload, { bitsPerSecond: 12 * MBIT, messageBytes: 188 });
  await caller.waitUntilDelivered();
  caller.close();
  const end = await splitter.event("session-end");
  assert.deepStrictEqual([end.reason, end.statistics?.pktUndeliveredTotal], ["caller-closed", 0]);
  assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
});

Deno.test("a full receive buffer is reported as a fault of this machine, and loses nothing if the latency is long enough", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], { as: WITHOUT_NET_ADMIN });
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: 8000 });
  const { pid } = await splitter.event("session-start");
  const payload = makePayload(4000);
  const last = makePayload(100);
  const sending = caller.send(payload, { bitsPerSecond: 30 * MBIT });
  Deno.kill(pid, "SIGSTOP");
  await waitUntil("a full receive buffer", () => datagramsDropped(splitter.port) > 100);
  Deno.kill(pid, "SIGCONT");
  await sending;
  // if the last packets were dropped, the receiver notices it by those that follow
  await caller.send(last, { bitsPerSecond: 2 * MBIT });
  await caller.waitUntilDelivered();
  await splitter.errorLine(/receive buffer was full/);
  await splitter.errorLine(/hint: raise net\.core\.rmem_max/);
  caller.close();
  const end = await splitter.event("session-end");
  assert.ok((end.statistics?.pktKernelDropTotal ?? 0) > 100);
  assertSameBytes(Deno.readFileSync(end.file ?? ""), new Uint8Array([...payload, ...last]));
});

/**
 * Datagrams that the kernel dropped at the IPv4 sockets of a port (`/proc/net/udp`: local address in hexadecimal, drops last).
 */
function datagramsDropped(port: number): number {
  const local = new RegExp(
    `^\\s*\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, "0")} .* (\\d+)\\s*$`,
    "gm",
  );
  return Array.from(processFile("self", "net/udp").matchAll(local), ([, drops]) => Number(drops)).reduce(
    (a, b) => a + b,
    0,
  );
}

Deno.test("payload that the SHUTDOWN has overtaken, on a link that reorders, is recorded", async () => {
  // every tenth packet arrives late, and so do the last ones
  const sent = new Set<number>();
  const delayMs = (index: number) => {
    sent.add(index);
    return index >= 290 ? 80 : index % 10 === 9 ? 30 : 0;
  };
  for (let tries = 1; tries <= TRIES; tries += 1) {
    sent.clear();
    await using scene = await LossyScene.open({ delayMs }, { latencyMs: 1000 });
    await scene.caller.send(makePayload(300), { bitsPerSecond: 4 * MBIT });
    await waitUntil("libsrt to hand over its last packets", () => sent.size === 300);
    scene.caller.close();
    const closedMs = performance.now();
    await waitUntil("the last packets", () => scene.link.calls[0]?.indexes.length === 300);
    if (performance.now() - closedMs > 130) continue; // a busy machine held them back for longer
    assert.strictEqual((await scene.exactEnd()).reason, "caller-closed");
    return;
  }
  throw new Error("cannot delay packets by less than 130 ms: the machine is too busy");
});
