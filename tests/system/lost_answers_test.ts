/** Handshakes with lost or late packets: each caller gets one session and one file, with everything that it sent. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { UdpRelay } from "../support/udp_relay.ts";

const OFFSET = { type: 36 } as const;
const HANDSHAKE = 0x8000_0000;
const HANDSHAKE_BYTES = 64;
const INDUCTION = 1;
const CONCLUSION = 0xffff_ffff;
/** Half of the round trip of a bad mobile network, in ms. */
const ONE_WAY_MS = 200;

type Packet = "INDUCTION" | "the response to the INDUCTION" | "CONCLUSION" | "the response to the CONCLUSION";

/** Returns which packet of a handshake a datagram is, or null for any other. */
function packetOf(datagram: DataView<ArrayBuffer>, toListener: boolean): Packet | null {
  if (datagram.byteLength < HANDSHAKE_BYTES || datagram.getUint32(0) !== HANDSHAKE) return null;
  const type = datagram.getUint32(OFFSET.type);
  if (type === INDUCTION) return toListener ? "INDUCTION" : "the response to the INDUCTION";
  return type === CONCLUSION ? (toListener ? "CONCLUSION" : "the response to the CONCLUSION") : null;
}

/**
 * What is lost, how many times, and how the caller connects: a blocking one repeats its packets every second, others every 250 ms.
 */
const CASES: readonly { readonly lost: Packet | null; readonly times: number; readonly blocking: boolean }[] = [
  { lost: null, times: 0, blocking: false },
  ...(["INDUCTION", "the response to the INDUCTION", "CONCLUSION", "the response to the CONCLUSION"] as const).flatMap((
    lost,
  ) => [
    { lost, times: 1, blocking: false },
    { lost, times: 2, blocking: false },
    { lost, times: 3, blocking: false },
    { lost, times: 2, blocking: true },
  ]),
];

for (const { lost, times, blocking } of CASES) {
  const repeats = blocking ? "every second" : "every 250 ms";
  const what = lost === null
    ? "nothing lost"
    : `${lost} lost ${times === 1 ? "once" : `${times} times`} and repeated ${repeats}`;
  Deno.test(`a round trip of 400 ms, conntimeo=10000, ${what}: one session, one file`, async () => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
    let left = times;
    await using relay = new UdpRelay(splitter.port, (datagram, toListener) => {
      if (lost === null || left === 0 || packetOf(datagram, toListener) !== lost) return false;
      left -= 1;
      return true;
    }, { delayMs: () => ONE_WAY_MS });
    await using caller = await SrtCaller.connect({
      port: relay.port,
      streamId: "cam1",
      latencyMs: 1600,
      connectTimeoutMs: 10_000,
      blocking,
    });
    const payload = makePayload(50);
    await caller.send(payload, { bitsPerSecond: 2_000_000 });
    await caller.waitUntilDelivered();
    caller.close();
    const { file, reason, files } = await splitter.event("session-end");
    assert.deepStrictEqual([left, reason, files.length], [0, "caller-closed", 1]);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
    assert.strictEqual(await splitter.stop(), 0);
    // a caller that repeats its INDUCTION for three seconds is reported as one that gets no answers, correctly
    const refused = splitter.eventsNamed("refused").filter(({ text }) => !/does not receive the answers/.test(text));
    assert.deepStrictEqual([splitter.eventsNamed("session-start").length, refused, splitter.errors], [1, [], []]);
    assert.strictEqual([...Deno.readDirSync(folder.path)].filter(({ name }) => name.endsWith(".ts")).length, 1);
  });
}
