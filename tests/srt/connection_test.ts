import assert from "node:assert/strict";
import { NO_MESSAGE } from "../../mod/srt/connection.ts";
import { STATISTICS_BYTES } from "../../mod/srt/statistics.ts";
import { LIVE_MESSAGE_BYTES } from "../support/srt_caller.ts";
import { connectPair, libsrt, makePayload, receive } from "./connected_pair.ts";
import { waitUntil } from "../support/processes.ts";
import { UdpRelay } from "../support/udp_relay.ts";

/** A latency that no stall of a machine reaches. */
const LONG_MS = 30_000;
/** IPv4, UDP and SRT headers of one packet, which libsrt counts. */
const HEADER_BYTES = 44;
const SRT_HEADER_BYTES = 16;

Deno.test("receiveInto returns NO_MESSAGE when nothing has arrived, and the connection stays open", async () => {
  await using pair = await connectPair();
  assert.equal(pair.connection.receiveInto(new Uint8Array(2000), 0), NO_MESSAGE);
  assert.equal(pair.connection.phase, "open");
});

Deno.test("receiveInto throws RangeError when a message might not fit", async () => {
  await using pair = await connectPair();
  assert.throws(() => pair.connection.receiveInto(new Uint8Array(2000), 1000), RangeError);
});

Deno.test("receiveInto writes at the offset and nothing before it", async () => {
  await using pair = await connectPair({ latencyMs: 20 });
  await pair.caller.send(new Uint8Array(188).fill(0x47));
  const buffer = new Uint8Array(2000);
  await waitUntil("the message", () => pair.connection.receiveInto(buffer, 100) > 0);
  assert.deepEqual([buffer[99], buffer[100], buffer[287], buffer[288]], [0, 0x47, 0x47, 0]);
});

Deno.test("Connection.isBehind is true while a message that is due was not received", async () => {
  await using pair = await connectPair({ latencyMs: 20 });
  const { connection } = pair;
  assert.equal(connection.isBehind, false);
  await pair.caller.send(new Uint8Array(188).fill(0x47));
  await waitUntil("the message", () => connection.isBehind);
  connection.receiveInto(new Uint8Array(2000), 0);
  assert.equal(connection.isBehind, false);
});

Deno.test("every byte is received when the caller sends with 1000 ms latency and closes at once", async () => {
  await using pair = await connectPair({ latencyMs: 1000 });
  const sent = makePayload(200 * LIVE_MESSAGE_BYTES);
  await pair.caller.send(sent, { bitsPerSecond: 20e6 });
  await pair.caller.waitUntilDelivered();
  pair.caller.close();
  const received = await receive(pair.connection);
  assert.equal(pair.connection.phase, "ended");
  assert.deepEqual(received, sent);
});

Deno.test("phase is draining if the caller has closed and data is not due yet", async () => {
  await using pair = await connectPair({ latencyMs: LONG_MS });
  await pair.caller.send(makePayload(10 * LIVE_MESSAGE_BYTES));
  await pair.caller.waitUntilDelivered();
  pair.caller.close();
  const buffer = new Uint8Array(2000);
  await waitUntil("another phase", () => {
    assert.equal(pair.connection.receiveInto(buffer, 0), NO_MESSAGE);
    return pair.connection.phase !== "open";
  });
  assert.equal(pair.connection.phase, "draining");
});

Deno.test("waitingPackets counts what arrived and is not due yet, as of the last statistics", async () => {
  await using pair = await connectPair({ latencyMs: LONG_MS });
  await pair.caller.send(makePayload(10 * LIVE_MESSAGE_BYTES));
  await pair.caller.waitUntilDelivered();
  assert.equal(pair.connection.waitingPackets, 0);
  pair.connection.statistics();
  assert.equal(pair.connection.waitingPackets, 10);
});

Deno.test("latencyMs is the larger of both sides", async () => {
  await using asked = await connectPair({ latencyMs: 300 }, { latencyMs: 200, passphrase: null });
  assert.equal(asked.connection.latencyMs, 300);
  await using raised = await connectPair({ latencyMs: 100 }, { latencyMs: 200, passphrase: null });
  assert.equal(raised.connection.latencyMs, 200);
  assert.equal(raised.caller.peerLatencyMs, 200);
});

Deno.test("peerVersion is the caller's libsrt", async () => {
  await using pair = await connectPair();
  assert.equal(pair.connection.peerVersion, libsrt.version);
});

Deno.test("packetSequence increases by one with each message of one packet", async () => {
  await using pair = await connectPair({ latencyMs: 20 });
  await pair.caller.send(new Uint8Array(188));
  await receive(pair.connection, 188);
  const first = pair.connection.packetSequence;
  await pair.caller.send(new Uint8Array(188));
  await receive(pair.connection, 188);
  assert.equal(pair.connection.packetSequence, (first + 1) % 2 ** 31);
});

Deno.test("Connection.close notifies the caller", async () => {
  await using pair = await connectPair({ latencyMs: 20 });
  // A libsrt caller ignores a SHUTDOWN in the first 10 ms or so of its connection.
  await pair.caller.send(new Uint8Array(188));
  await receive(pair.connection, 188);
  pair.connection.close();
  pair.connection.close();
  await pair.caller.waitUntilBroken();
});

Deno.test("statistics counts every packet and byte that was sent", async () => {
  await using pair = await connectPair({ latencyMs: 250 });
  const sent = makePayload(50 * LIVE_MESSAGE_BYTES);
  await pair.caller.send(sent, { bitsPerSecond: 10e6 });
  await receive(pair.connection, sent.length);
  const statistics = pair.connection.statistics();
  assert.ok(statistics !== null);
  assert.equal(statistics.pktRecvTotal - statistics.pktRcvRetransTotal, 50);
  assert.equal(statistics.byteRecvTotal, statistics.pktRecvTotal * (LIVE_MESSAGE_BYTES + HEADER_BYTES));
  assert.equal(statistics.msRcvTsbPdDelay, 250);
  assert.equal(statistics.pktRcvDropTotal, 0);
  assert.equal(statistics.pktRcvUndecryptTotal, 0);
  // it begins with 100 ms, which would be 100,000 in microseconds
  assert.ok(statistics.msRTT > 0 && statistics.msRTT < 10_000, `msRTT ${statistics.msRTT}`);
  assert.ok(statistics.mbpsRecvRate > 0 && statistics.mbpsRecvRate < 50, `mbpsRecvRate ${statistics.mbpsRecvRate}`);
});

Deno.test("arrivedPackets counts what has arrived, and leaves the receiving rate of statistics as it is", async () => {
  await using pair = await connectPair({ latencyMs: 20 });
  pair.connection.statistics();
  const sent = makePayload(50 * LIVE_MESSAGE_BYTES);
  await pair.caller.send(sent, { bitsPerSecond: 10e6 });
  await receive(pair.connection, sent.length);
  assert.deepEqual(pair.connection.arrivedPackets(), { packets: 50, undecryptable: 0 });
  const { mbpsRecvRate = 0 } = pair.connection.statistics() ?? {};
  assert.ok(mbpsRecvRate > 0.1, `mbpsRecvRate ${mbpsRecvRate}`);
});

Deno.test("statistics counts what was lost and arrived again when the network loses every tenth packet", async () => {
  let relay: UdpRelay | undefined;
  const seen = new Set<number>();
  const lost = new Set<number>();
  // In data packets the first bit is 0. A packet can be lost only the first time it is sent, not when it is sent again.
  const loses = (datagram: DataView<ArrayBuffer>, toListener: boolean): boolean => {
    const sequence = datagram.getUint32(0);
    if (!toListener || sequence >= 0x80000000 || seen.has(sequence)) return false;
    seen.add(sequence);
    if (seen.size % 10 !== 5) return false;
    lost.add(sequence);
    return true;
  };
  await using pair = await connectPair({
    latencyMs: 3000,
    through: (port) => (relay = new UdpRelay(port, loses)).port,
  });
  await using _relay = relay;
  const sent = makePayload(200 * LIVE_MESSAGE_BYTES);
  await pair.caller.send(sent, { bitsPerSecond: 10e6 });
  assert.deepEqual(await receive(pair.connection, sent.length), sent);
  pair.connection.statistics();
  const statistics = pair.connection.statistics();
  assert.ok(statistics !== null);
  assert.equal(lost.size, 20);
  // a busy machine may lose more, in full buffers
  const { pktRcvLossTotal, pktRcvRetransTotal } = statistics;
  assert.ok(pktRcvLossTotal >= 20, `pktRcvLossTotal ${pktRcvLossTotal}`);
  assert.ok(pktRcvRetransTotal >= pktRcvLossTotal, `pktRcvRetransTotal ${pktRcvRetransTotal} of ${pktRcvLossTotal}`);
  assert.equal(statistics.pktRcvDropTotal, 0);
});

Deno.test("statistics returns the last statistics when the connection has ended", async () => {
  await using pair = await connectPair({ latencyMs: 20 });
  await pair.caller.send(makePayload(10 * LIVE_MESSAGE_BYTES));
  await receive(pair.connection, 10 * LIVE_MESSAGE_BYTES);
  const before = pair.connection.statistics();
  pair.caller.close();
  await receive(pair.connection);
  assert.deepEqual(pair.connection.statistics(), before);
});

Deno.test("statistics leaves room for the structure of every libsrt", () => {
  // sizeof(SRT_TRACEBSTATS) in 1.4.2 to 1.5.5.
  assert.ok(STATISTICS_BYTES >= 496);
});

Deno.test("receiveInto returns 0 for a packet without payload, and the message after it follows at once", async () => {
  await using relay = new EmptyingRelay();
  await using pair = await connectPair({ latencyMs: 200, through: (port) => relay.open(port) });
  await pair.caller.send(makePayload(10 * LIVE_MESSAGE_BYTES));
  await pair.caller.waitUntilDelivered();
  const lengths: number[] = [];
  const buffer = new Uint8Array(2000);
  await waitUntil("ten messages", () => {
    for (let length; (length = pair.connection.receiveInto(buffer, 0)) !== NO_MESSAGE;) lengths.push(length);
    return lengths.length >= 10;
  });
  assert.deepEqual(lengths, Array.from({ length: 10 }, (_, index) => index % 2 === 0 ? LIVE_MESSAGE_BYTES : 0));
});

/** A relay that removes the payload of every second data packet, by sequence number. */
class EmptyingRelay implements AsyncDisposable {
  #relay: UdpRelay | null = null;
  #first: number | null = null;

  open(port: number): number {
    this.#relay = new UdpRelay(port, () => false, {
      rewrites: (datagram, toListener) => {
        const sequence = new DataView(datagram.buffer).getUint32(0);
        if (!toListener || sequence >= 0x8000_0000) return datagram;
        this.#first ??= sequence;
        return (sequence - this.#first) % 2 === 0 ? datagram : datagram.slice(0, SRT_HEADER_BYTES);
      },
    });
    return this.#relay.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay?.[Symbol.asyncDispose]();
  }
}
