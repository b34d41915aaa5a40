import assert from "node:assert/strict";
import { openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { SrtError } from "../../mod/srt/error.ts";
import { acquireListener } from "../../mod/srt/listener.ts";
import type { SessionOptions } from "../../mod/srt/session_option.ts";
import { SrtSocket } from "../../mod/srt/socket.ts";
import { DEADLINE_MS, within } from "../support/deadline.ts";
import { CallerRefusedError, SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { connectPair, libc, libsrt, listenTo, makePayload, PLAIN, receive } from "./connected_pair.ts";
import { FrontDoor } from "./front_door.ts";
import { UdpRelay } from "../support/udp_relay.ts";

const PASSPHRASE = "opensesame123";

/** Handshake type of a CONCLUSION, with its offset in a handshake. */
const [CONCLUSION, TYPE_OFFSET] = [0xffff_ffff, 36];
/** First word of a handshake. */
const HANDSHAKE = 0x8000_0000;

/** Whether a datagram is a CONCLUSION, or the answer to one. */
function isConclusion(datagram: DataView<ArrayBuffer>): boolean {
  return datagram.getUint32(0) === HANDSHAKE && datagram.getUint32(TYPE_OFFSET) === CONCLUSION;
}

/** Returns the descriptor of a caller socket whose caller never calls. The function that uses it must close it. */
function unusedSocket(): number {
  const { near, far } = openLoopbackPair(libc);
  far.close();
  return near.release();
}

Deno.test("acquireListener makes libsrt receive from a UDP socket that is connected to its caller", async () => {
  await using pair = await connectPair({ latencyMs: SAFE_LATENCY_MS });
  const sent = makePayload(100 * 1316 + 188);
  await pair.caller.send(sent);
  assert.deepEqual(await receive(pair.connection, sent.length), sent);
});

for (const blocking of [true, false]) {
  Deno.test(`accept accepts a ${blocking ? "" : "non-"}blocking caller on its first try`, async () => {
    let relay: UdpRelay | undefined;
    let tries = 0;
    // only its first CONCLUSION passes
    const loses = (datagram: DataView<ArrayBuffer>, toListener: boolean) =>
      toListener && isConclusion(datagram) && tries++ > 0;
    await using pair = await connectPair({ blocking, through: (port) => (relay = new UdpRelay(port, loses)).port });
    await using _relay = relay;
    assert.equal(pair.connection.phase, "open");
  });
}

Deno.test("accept returns null when nothing calls in time", async () => {
  using listener = acquireListener(libsrt, unusedSocket(), PLAIN);
  assert.equal(await listener.accept({ timeoutMs: 10 }), null);
});

Deno.test("accept returns null once its signal aborts", async () => {
  using listener = acquireListener(libsrt, unusedSocket(), PLAIN);
  const controller = new AbortController();
  const accepted = listener.accept({ timeoutMs: 2 * DEADLINE_MS, signal: controller.signal });
  controller.abort();
  assert.equal(await within(accepted, "the end of the wait"), null);
});

Deno.test("accept returns a caller whose CONCLUSION is waiting, even if the signal has aborted", async () => {
  using door = FrontDoor.open();
  const called = SrtCaller.connect({ port: door.port });
  using listener = listenTo(await door.nextCaller(), PLAIN);
  using connection = await listener.accept({ timeoutMs: DEADLINE_MS, signal: AbortSignal.abort() });
  assert.notEqual(connection, null);
  await using _caller = await called;
});

Deno.test("accept accepts a caller with the same passphrase, and what it sends is decrypted", async () => {
  await using pair = await connectPair({ passphrase: PASSPHRASE }, { latencyMs: null, passphrase: PASSPHRASE });
  const sent = makePayload(20 * 1316);
  await pair.caller.send(sent);
  assert.deepEqual(await receive(pair.connection, sent.length), sent);
});

for (
  const { what, passphrase, reason } of [
    { what: "another passphrase", passphrase: "another-passphrase", reason: 10 },
    { what: "no passphrase", passphrase: null, reason: 11 },
  ]
) {
  Deno.test(`accept ignores a caller with ${what}, which gets reason ${reason}`, async () => {
    using door = FrontDoor.open();
    const called = SrtCaller.connect({
      port: door.port,
      ...(passphrase === null ? {} : { passphrase }),
    });
    const refused = assert.rejects(called, (error) => {
      assert.ok(error instanceof CallerRefusedError);
      return error.rejectReason === reason;
    });
    using listener = listenTo(await door.nextCaller(), { latencyMs: null, passphrase: PASSPHRASE });
    assert.equal(await listener.accept({ timeoutMs: 300 }), null);
    await refused;
  });
}

Deno.test("acquireListener throws SrtError for an invalid descriptor", () => {
  assert.throws(() => acquireListener(libsrt, 99_999, PLAIN), SrtError);
});

Deno.test("acquireListener throws SrtError when an option is out of range", () => {
  assert.throws(() => acquireListener(libsrt, -1, { latencyMs: null, passphrase: "short" }), SrtError);
});

Deno.test("acquireListener sets the options of the session, which the connection inherits", async () => {
  const options: SessionOptions = {
    lossmaxttl: 40,
    fc: 4000,
    rcvbuf: 1472 * 3000,
    packetfilter: "fec,cols:10",
    nakreport: false,
    drifttracer: false,
  };
  await using pair = await connectPair({}, { ...PLAIN, options });
  const socket = new SrtSocket(libsrt.symbols, pair.connection.socketId);
  const names = ["lossmaxttl", "fc", "rcvbuf", "nakreport", "drifttracer"] as const;
  assert.deepEqual(Object.fromEntries(names.map((name) => [name, socket.get(name)])), {
    lossmaxttl: 40,
    fc: 4000,
    rcvbuf: 1472 * 3000,
    nakreport: false,
    drifttracer: false,
  });
  assert.match(socket.get("packetfilter"), /^fec,/);
});

Deno.test("a receive buffer larger than the default flow window enlarges that window", async () => {
  await using pair = await connectPair({}, { ...PLAIN, options: { rcvbuf: 1472 * 70_000 } });
  const socket = new SrtSocket(libsrt.symbols, pair.connection.socketId);
  assert.deepEqual([socket.get("fc"), socket.get("rcvbuf")], [70_000, 1472 * 70_000]);
});

Deno.test("AcquiredListener.close does not end the accepted connection", async () => {
  await using pair = await connectPair({ latencyMs: SAFE_LATENCY_MS });
  pair.listener.close();
  const sent = makePayload(200 * 1316);
  await pair.caller.send(sent, { bitsPerSecond: 5e6 });
  assert.deepEqual(await receive(pair.connection, sent.length), sent);
});

Deno.test("an open listener answers a repeated CONCLUSION when the first answer was lost", async () => {
  using door = FrontDoor.open();
  let responses = 0;
  await using relay = new UdpRelay(
    door.port,
    (datagram, toListener) => !toListener && isConclusion(datagram) && responses++ === 0,
  );
  const called = SrtCaller.connect({ port: relay.port, blocking: false });
  using listener = listenTo(await door.nextCaller());
  using connection = await listener.accept({ timeoutMs: DEADLINE_MS });
  await using _caller = await called;
  assert.notEqual(connection, null);
  assert.ok(responses > 1, `${responses} responses`);
});
