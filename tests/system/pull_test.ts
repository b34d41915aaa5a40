/** `record` calls SRT listeners, and what they send is recorded like the payload of callers. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { runFfmpeg } from "../support/ffmpeg.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { Splitter } from "../support/splitter.ts";
import { freePort } from "../support/srt_caller.ts";
import { deliver, SOURCE_PACE, sourceAddress, SrtSource } from "../support/srt_source.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { UdpRelay } from "../support/udp_relay.ts";

/** Flag of a data packet that is sent again (draft-sharabayko-srt 3.1). */
const RETRANSMITTED = 0x0400_0000;
/** Sequence numbers have 31 bits (draft-sharabayko-srt 3.1). */
const SEQUENCE_MASK = 0x7fff_ffff;

Deno.test("record calls two listeners, and records byte for byte what each of them sends", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  const port = freePort();
  await using transmit = await LiveTransmit.listen(port);
  const addresses = [
    sourceAddress(source.port, "streamid=cam1"),
    sourceAddress(port, "name=cam2").replace("127.0.0.1", "localhost"),
  ];
  await using splitter = await Splitter.record([...addresses, "--out", folder.path, "--sessions", "2"]);
  const payloads = [makePayload(300, 1), makePayload(301, 2)] as const;
  await deliver(await source.accept(), payloads[0]);
  const second = await splitter.recording(({ stream }) => stream === "cam2");
  // it does not always send the last messages of its input
  await transmit.send(new Uint8Array([...payloads[1], ...makePayload(10)]), SOURCE_PACE.bitsPerSecond);
  await waitUntil("the second recording", () => Deno.statSync(second.file).size >= payloads[1].length);
  await transmit.hangUp();
  const ends = [
    await splitter.event("session-end", ({ stream }) => stream === "cam1"),
    await splitter.event("session-end", ({ stream }) => stream === "cam2"),
  ];
  assert.strictEqual((await splitter.ended()).code, 0);
  for (const [index, { reason, text, files, statistics }] of ends.entries()) {
    const payload = payloads[index] ?? new Uint8Array();
    assertSameBytes(readAll(files).subarray(0, payload.length), payload);
    assert.deepStrictEqual([reason, text], ["caller-closed", "the listener closed the connection"]);
    assert.strictEqual(statistics?.pktRcvDropTotal, 0);
  }
  const { port: own, addresses: none, pulls } = await splitter.event("listening");
  assert.deepStrictEqual([own, none], [0, []]);
  assert.deepStrictEqual(pulls, [
    { stream: "cam1", listener: `srt://127.0.0.1:${source.port}` },
    { stream: "cam2", listener: `srt://localhost:${port}` },
  ]);
  const { caller, pulled, latencyMs } = await splitter.event("session-start", ({ stream }) => stream === "cam1");
  assert.deepStrictEqual([caller.port, pulled, latencyMs], [source.port, true, 1000]);
  assert.deepStrictEqual(splitter.errors, []);
});

Deno.test("a listener with an IPv6 address is called and recorded, and named with brackets", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const passphrase = "correct horse battery";
  using source = SrtSource.listen({ host: "::1", port, passphrase });
  const address = sourceAddress(port).replace("127.0.0.1", "[::1]");
  const silent = `srt://[::1]:${freePort()}?conntimeo=500&name=silent`;
  await using splitter = await Splitter.record([address, silent, "--out", folder.path], {
    env: { SRT_SPLITTER_PASSPHRASE: passphrase },
  });
  const payload = makePayload(300);
  await deliver(await source.accept(), payload);
  const { files, reason, stream } = await splitter.event("session-end");
  assertSameBytes(readAll(files), payload);
  assert.deepStrictEqual([reason, stream], ["caller-closed", `::1_${port}`]);
  const { caller, local, encrypted } = await splitter.event("session-start");
  assert.deepStrictEqual([caller, local.address, encrypted], [{ address: "::1", port }, "::1", true]);
  const { pulls } = await splitter.event("listening");
  assert.strictEqual(pulls[0]?.listener, `srt://[::1]:${port}`);
  const { text } = await splitter.event("pull-failed", (failure) => failure.stream === "silent");
  assert.match(text, /^no answer from \[::1\]:\d+ in time/);
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test({
  ...needing(
    [MOUNTS],
    "if one address of a host name accepts calls and sends nothing, the other one is called and recorded",
  ),
  fn: async () => {
    using folder = new TemporaryFolder();
    const hosts = folder.file("hosts");
    Deno.writeTextFileSync(hosts, "127.0.0.2 studio.test\n127.0.0.3 studio.test\n");
    const port = freePort();
    const addresses = ["127.0.0.2", "127.0.0.3"] as const;
    using first = SrtSource.listen({ host: addresses[0], port });
    using second = SrtSource.listen({ host: addresses[1], port });
    const sources = [first, second] as const;
    const address = sourceAddress(port, "name=cam1").replace("127.0.0.1", "studio.test");
    await using splitter = await Splitter.record([address, "--out", folder.file("out"), "--idle", "1s"], {
      as: ["unshare", "--mount", "sh", "-c", `mount --bind '${hosts}' /etc/hosts && exec "$@"`, "sh"],
    });
    const calls = sources.map((source) => source.accept());
    // the system may list the addresses in any order: the one that is called first sends nothing
    const silent = await Promise.race(calls.map(async (call, index) => {
      await call;
      return index;
    }));
    const other = 1 - silent;
    const payload = makePayload(100);
    await deliver(await calls[other] ?? assert.fail("no other call"), payload);
    const { caller, files } = await splitter.event("session-end", ({ bytes }) => bytes > 0);
    assert.strictEqual(caller.address, addresses[other]);
    assertSameBytes(readAll(files), payload);
    const [end] = splitter.eventsNamed("session-end");
    assert.deepStrictEqual([end?.caller.address, end?.reason], [addresses[silent], "idle"]);
    await using _again = await sources[other]?.accept(); // after a session with payload, the same address
    (await calls[silent])?.close();
    assert.strictEqual(await splitter.stop(), 0);
  },
});

Deno.test("a listener that is running again is called again, and --rejoin continues the recording in the same file", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const rejoin = ["--rejoin", "50s"];
  await using splitter = await Splitter.record([sourceAddress(port, "name=cam1"), "--out", folder.path, ...rejoin]);
  const payloads = [makePayload(200, 1), makePayload(200, 2)] as const;
  {
    using source = SrtSource.listen({ port });
    await deliver(await source.accept(), payloads[0]);
  }
  await splitter.event("session-end");
  using source = SrtSource.listen({ port });
  await deliver(await source.accept(), payloads[1]);
  const { earlierBytes, files } = {
    ...await splitter.event("session-end", ({ session }) => session !== "s1"),
    ...await splitter.event("session-start", ({ session }) => session !== "s1"),
  };
  assert.strictEqual(earlierBytes, payloads[0].length);
  assertSameBytes(readAll(files), new Uint8Array([...payloads[0], ...payloads[1]]));
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("on SIGTERM, the listener gets a SHUTDOWN, and what it had sent is recorded", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  await using splitter = await Splitter.record([sourceAddress(source.port, "name=cam1"), "--out", folder.path]);
  await using connection = await source.accept();
  const payload = makePayload(100);
  await connection.send(payload, SOURCE_PACE);
  await connection.waitUntilDelivered();
  await splitter.event("session-proven");
  const code = splitter.stop("SIGTERM");
  await connection.waitUntilBroken();
  assert.strictEqual(await code, 0);
  const { reason, files } = await splitter.event("session-end");
  assert.strictEqual(reason, "stopped");
  assertSameBytes(readAll(files), payload);
});

Deno.test("record --out - writes the payload of the session to stdout", async () => {
  using source = SrtSource.listen();
  const running = Splitter.run(["record", sourceAddress(source.port), "--out", "-", "--quiet"]);
  const payload = new TextEncoder().encode("what the listener sends, in one message of text\n");
  await deliver(await source.accept(), payload);
  const { code, stdout, stderr } = await running;
  assert.deepStrictEqual([code, stdout, stderr.replace(/^warning: s1: the payload is not.*\n/, "")], [
    0,
    new TextDecoder().decode(payload),
    "",
  ]);
});

Deno.test("packets that are lost once are retransmitted, and the sidecar lists the first two, which are lost permanently", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  let first: number | null = null;
  await using relay = new UdpRelay(source.port, (packet, toListener) => {
    if (toListener || packet.getUint8(0) >= 0x80) return false;
    first ??= packet.getUint32(0);
    const index = (packet.getUint32(0) - first) & SEQUENCE_MASK;
    // the last of the 300 is not among them: nothing follows it that would show that it is missing
    return index < 2 || (index % 9 === 0 && (packet.getUint32(4) & RETRANSMITTED) === 0);
  });
  await using splitter = await Splitter.record([sourceAddress(relay.port, "name=cam1"), "--out", folder.path]);
  const payload = makePayload(300);
  await using connection = await source.accept();
  await connection.send(payload, SOURCE_PACE);
  const { file } = await splitter.recording();
  await waitUntil("the payload", () => Deno.statSync(file).size === payload.length - 2 * 1316);
  connection.close();
  const { files, statistics } = await splitter.event("session-end");
  assertSameBytes(readAll(files), payload.subarray(2 * 1316));
  assert.strictEqual(statistics?.pktRcvDropTotal, 2);
  assert.ok(statistics.pktRcvLossTotal > 20, `${statistics.pktRcvLossTotal}`);
  assert.strictEqual(await splitter.stop(), 0);
  const { losses } = JSON.parse(Deno.readTextFileSync(`${file}.json`));
  assert.deepStrictEqual([losses.packets, losses.gaps[0].offset], [2, 0]);
});

Deno.test("a listener that goes silent ends the session, and is called again", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  let isAway = false;
  await using relay = new UdpRelay(source.port, () => isAway);
  const options = ["--out", folder.path, "--srt", "peeridletimeo=2s"];
  await using splitter = await Splitter.record([sourceAddress(relay.port, "name=cam1"), ...options]);
  await using connection = await source.accept();
  await connection.send(makePayload(50), SOURCE_PACE);
  await splitter.event("session-proven");
  isAway = true;
  const { reason, text } = await splitter.event("session-end");
  assert.deepStrictEqual([reason, text], ["silence", "nothing arrived from the listener for 2 s"]);
  isAway = false;
  await using again = await source.accept();
  await splitter.event("session-start", ({ session }) => session !== "s1");
  again.close();
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("ffmpeg as a listener is recorded, and its stream is a healthy transport stream", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const sending = runFfmpeg([
    ...["-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "5", "-c:v", "mpeg2video", "-b:v", "1M"],
    ...["-f", "mpegts", `srt://127.0.0.1:${port}?mode=listener&listen_timeout=${DEADLINE_MS * 1000}&pkt_size=1316`],
  ]);
  await using splitter = await Splitter.record([
    sourceAddress(port, "name=cam1"),
    "--out",
    folder.path,
    "--sessions",
    "1",
  ]);
  await sending;
  const { reason, ts, statistics } = await splitter.event("session-end");
  assert.deepStrictEqual([reason, ts?.payload, ts?.errors, statistics?.pktRcvDropTotal], ["caller-closed", "ts", 0, 0]);
  assert.strictEqual((await splitter.ended()).code, 0);
});
