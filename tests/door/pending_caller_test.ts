/** Tests of mod/door/pending_caller.ts on real sockets of loopback. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { PendingCaller, type Received } from "../../mod/door/pending_caller.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { decodeHandshake, type Handshake, HANDSHAKE_TYPE, INDUCTION_MAGIC } from "../../mod/packet/handshake.ts";
import {
  bytes,
  CONCLUSION_PLAIN,
  CONCLUSION_SID,
  hex,
  INDUCTION,
  INDUCTION_RESPONSE_WITH_COOKIE,
  WAVEAHAND,
} from "../fixtures/handshakes.ts";
import { takeAll, UdpPeer } from "../os/udp_peer.ts";
import { ofSocket, RawCaller, withCookie } from "./raw_caller.ts";

const libc = openLibc();
/** A secret cookie: any except the predicted one, because libsrt will expect that one. */
const SECRET = 0x5ec2e7;

/** A caller that received the answer to its INDUCTION. */
async function openPending(address = "127.0.0.1", now = () => performance.now()) {
  const listener = new UdpPeer(address);
  const caller = new RawCaller(listener.address);
  const pending = new PendingCaller(libc, { caller: caller.address, local: listener.address }, {
    keyLength: 0,
    proven: false,
    now,
  });
  const induction = decodeHandshake(bytes(INDUCTION));
  if (induction.kind === "malformed") throw new Error(induction.text);
  pending.answer(induction);
  const { bytes: answerBytes, from } = await caller.receiveFrom();
  const answer = decodeHandshake(answerBytes);
  if (answer.kind === "malformed") throw new Error(answer.text);
  return {
    caller,
    pending,
    listener,
    answer,
    from,
    cookie: answer.cookie,
    [Symbol.dispose]: () => {
      for (const part of [pending, caller, listener]) part[Symbol.dispose]();
    },
  };
}

function streamIdOrKind(received: Received): string | null {
  return received.kind === "conclusion" ? received.conclusion.streamId : received.kind;
}

function handshakeOf(received: Received): Handshake {
  if (received.kind !== "conclusion") throw new Error(`cannot take the CONCLUSION: ${received.kind}`);
  return received.conclusion.handshake;
}

for (const address of ["127.0.0.1", "127.0.0.2", "::1"]) {
  Deno.test(`PendingCaller.answer answers an INDUCTION as libsrt does, from ${address}`, async () => {
    using open = await openPending(address);
    const expected = decodeHandshake(bytes(INDUCTION_RESPONSE_WITH_COOKIE));
    if (expected.kind === "malformed") throw new Error(expected.text);
    const { timestampUs } = open.answer;
    deepStrictEqual([open.from, open.answer], [
      open.listener.address,
      { ...expected, timestampUs, cookie: open.cookie },
    ]);
    strictEqual(open.answer.extension, INDUCTION_MAGIC);
  });
}

Deno.test("PendingCaller.read finds the CONCLUSION and leaves it in the queue unchanged", async () => {
  using open = await openPending();
  const conclusion = withCookie(CONCLUSION_SID, open.cookie);
  await open.caller.transmit(conclusion);
  deepStrictEqual([streamIdOrKind(open.pending.read()), streamIdOrKind(open.pending.read())], ["abcde", "abcde"]);
  const queued = new Uint8Array(2048);
  const length = open.pending.socket.peek(queued);
  strictEqual(hex(queued.subarray(0, Number(length))), hex(conclusion));
});

Deno.test("PendingCaller.read finds nothing in an empty queue", async () => {
  using open = await openPending();
  strictEqual(open.pending.read().kind, "nothing");
});

Deno.test("PendingCaller.read answers a repeated INDUCTION with the same cookie, and removes it", async () => {
  using open = await openPending();
  await open.caller.transmit(INDUCTION);
  strictEqual(open.pending.read().kind, "nothing");
  strictEqual((await open.caller.answer()).cookie, open.cookie);
  deepStrictEqual(takeAll(open.pending.socket), []);
});

Deno.test("PendingCaller.read finds the CONCLUSION after a repeated INDUCTION", async () => {
  using open = await openPending();
  await open.caller.transmit(INDUCTION);
  await open.caller.transmit(withCookie(CONCLUSION_SID, open.cookie));
  strictEqual(streamIdOrKind(open.pending.read()), "abcde");
});

for (
  const [what, datagram] of [
    ["a CONCLUSION with another cookie", (cookie: number) => withCookie(CONCLUSION_PLAIN, cookie ^ 1)],
    ["a CONCLUSION without a cookie", () => withCookie(CONCLUSION_PLAIN, 0)],
    ["a CONCLUSION cut in its fixed part", (cookie: number) => withCookie(CONCLUSION_PLAIN, cookie).subarray(0, 63)],
    ["an INDUCTION response", () => bytes(INDUCTION_RESPONSE_WITH_COOKIE)],
    ["a rendezvous packet", () => bytes(WAVEAHAND)],
    ["an AGREEMENT", () => bytes(INDUCTION.slice(0, 72) + "fffffffe" + INDUCTION.slice(80))],
    ["an empty datagram", () => new Uint8Array(0)],
    ["one byte", () => Uint8Array.of(0x80)],
    ["data", () => new Uint8Array(1316).fill(0x47)],
    ["a keepalive", () => bytes("80010000" + "00".repeat(12))],
    ["2048 bytes", () => new Uint8Array(2048).fill(0xff)],
    ["a datagram of 60000 bytes", () => new Uint8Array(60_000).fill(0x80)],
  ] as const
) {
  Deno.test(`PendingCaller.read removes ${what}, without an answer, and finds the CONCLUSION after it`, async () => {
    using open = await openPending();
    await open.caller.transmit(datagram(open.cookie));
    await open.caller.transmit(withCookie(CONCLUSION_SID, open.cookie));
    strictEqual(streamIdOrKind(open.pending.read()), "abcde");
    // the caller receives this next, so nothing was sent before it
    open.pending.socket.send(Uint8Array.of(42));
    deepStrictEqual([...await open.caller.receive()], [42]);
  });
}

for (
  const [what, change] of [
    ["a block that runs past the end", (datagram: Uint8Array) => datagram.subarray(0, 76)],
    ["no blocks at all", (datagram: Uint8Array) => datagram.subarray(0, 64)],
    ["an unknown version", (datagram: Uint8Array) => datagram.with(19, 6)],
  ] as const
) {
  Deno.test(`PendingCaller.read reports a CONCLUSION with ${what} as malformed, and removes it`, async () => {
    using open = await openPending();
    await open.caller.transmit(change(withCookie(CONCLUSION_PLAIN, open.cookie)));
    const received = open.pending.read();
    strictEqual(received.kind, "malformed");
    strictEqual(received.kind === "malformed" && received.handshake.type === HANDSHAKE_TYPE.CONCLUSION, true);
    deepStrictEqual(takeAll(open.pending.socket), []);
  });
}

Deno.test("PendingCaller.read returns a conclusion that later datagrams do not change", async () => {
  using open = await openPending();
  await open.caller.transmit(withCookie(CONCLUSION_SID, open.cookie));
  const received = open.pending.read();
  open.pending.socket.drop();
  await open.caller.transmit(new Uint8Array(1000).fill(0xee));
  open.pending.read();
  deepStrictEqual([streamIdOrKind(received), received.kind === "conclusion" && received.conclusion.handshake.cookie], [
    "abcde",
    open.cookie,
  ]);
});

Deno.test("PendingCaller.read stops after 16 datagrams, so that a flood of one caller does not delay the others", async () => {
  using open = await openPending();
  for (let datagrams = 0; datagrams < 16; datagrams += 1) await open.caller.transmit(Uint8Array.of(datagrams));
  await open.caller.transmit(withCookie(CONCLUSION_SID, open.cookie));
  deepStrictEqual([open.pending.read().kind, streamIdOrKind(open.pending.read())], ["nothing", "abcde"]);
});

Deno.test("PendingCaller.read reports that the caller's port is closed", async () => {
  using open = await openPending();
  open.caller[Symbol.dispose]();
  open.pending.socket.send(Uint8Array.of(1));
  const { kind } = open.pending.read();
  open.caller[Symbol.dispose] = () => {};
  strictEqual(kind, "unreachable");
});

Deno.test("PendingCaller.reject answers, removes the CONCLUSION, and gives each repeat the same answer", async () => {
  using open = await openPending();
  const rejection = Uint8Array.of(1, 2, 3);
  await open.caller.transmit(withCookie(CONCLUSION_PLAIN, open.cookie));
  open.pending.reject(handshakeOf(open.pending.read()), rejection);
  const answers = [await open.caller.receive()];
  for (let repeats = 0; repeats < 2; repeats += 1) {
    await open.caller.transmit(withCookie(CONCLUSION_PLAIN, open.cookie));
    strictEqual(open.pending.read().kind, "nothing");
    answers.push(await open.caller.receive());
  }
  deepStrictEqual(answers.map(hex), ["010203", "010203", "010203"]);
});

Deno.test("a rejected caller that starts again with an INDUCTION is judged again", async () => {
  using open = await openPending();
  await open.caller.transmit(withCookie(CONCLUSION_PLAIN, open.cookie));
  open.pending.reject(handshakeOf(open.pending.read()), Uint8Array.of(1));
  await open.caller.receive();
  await open.caller.transmit(INDUCTION);
  await open.caller.transmit(withCookie(CONCLUSION_SID, open.cookie));
  strictEqual(streamIdOrKind(open.pending.read()), "abcde");
});

Deno.test("of two socket IDs behind one port, the one whose CONCLUSION arrives first is the caller's", async () => {
  using open = await openPending();
  await open.caller.transmit(ofSocket(bytes(INDUCTION), 7));
  open.pending.read();
  await open.caller.transmit(ofSocket(withCookie(CONCLUSION_SID, open.cookie), 7));
  await open.caller.transmit(withCookie(CONCLUSION_PLAIN, open.cookie));
  strictEqual(handshakeOf(open.pending.read()).socketId, 7);
});

Deno.test("a CONCLUSION of a socket ID that sent no INDUCTION is a stranger's, even with the right cookie", async () => {
  using open = await openPending();
  await open.caller.transmit(ofSocket(withCookie(CONCLUSION_SID, open.cookie), 7));
  const received = open.pending.read();
  strictEqual(received.kind === "stranger" && received.conclusion.streamId, "abcde");
});

Deno.test("each of two socket IDs behind one port gets its own rejection again", async () => {
  using open = await openPending();
  await open.caller.transmit(ofSocket(bytes(INDUCTION), 7));
  open.pending.read();
  await open.caller.receive();
  const conclusions = [withCookie(CONCLUSION_PLAIN, open.cookie), ofSocket(withCookie(CONCLUSION_SID, open.cookie), 7)];
  const answers: string[] = [];
  for (const [index, conclusion] of conclusions.entries()) {
    await open.caller.transmit(conclusion);
    open.pending.reject(handshakeOf(open.pending.read()), Uint8Array.of(index));
    answers.push(hex(await open.caller.receive()));
  }
  for (const conclusion of conclusions) {
    await open.caller.transmit(conclusion);
    strictEqual(open.pending.read().kind, "nothing");
    answers.push(hex(await open.caller.receive()));
  }
  deepStrictEqual(answers, ["00", "01", "00", "01"]);
});

Deno.test("PendingCaller asks for the secret cookie again if its request was lost, and finds a caller that never returns it", async () => {
  let nowMs = 0;
  using open = await openPending("127.0.0.1", () => nowMs);
  const { caller, pending } = open;
  const conclusion = withCookie(CONCLUSION_SID, open.cookie);
  await caller.transmit(conclusion);
  const received = pending.read();
  if (received.kind !== "conclusion") throw new Error(received.kind);
  pending.challenge(received.conclusion, SECRET);
  strictEqual((await caller.answer()).cookie, SECRET);
  for (const [atMs, found] of [[200, "nothing"], [1499, "nothing"], [1500, "unreturned"]] as const) {
    nowMs = atMs;
    await caller.transmit(conclusion);
    strictEqual(pending.read().kind, found);
    if (found === "nothing") strictEqual((await caller.answer()).cookie, SECRET);
  }
});

Deno.test("PendingCaller answers a repeat of the secret cookie again: the first answer may have been lost", async () => {
  let nowMs = 0;
  using open = await openPending("127.0.0.1", () => nowMs);
  const { caller, pending } = open;
  await caller.transmit(withCookie(CONCLUSION_SID, open.cookie));
  const received = pending.read();
  if (received.kind !== "conclusion") throw new Error(received.kind);
  pending.challenge(received.conclusion, SECRET);
  await caller.answer();
  for (const atMs of [0, 200]) {
    nowMs = atMs;
    await caller.transmit(withCookie(CONCLUSION_SID, SECRET));
    strictEqual(pending.read().kind, "nothing");
    strictEqual((await caller.answer()).cookie, open.cookie);
  }
  await caller.transmit(withCookie(CONCLUSION_SID, open.cookie));
  deepStrictEqual([streamIdOrKind(pending.read()), pending.proven], ["abcde", true]);
});

Deno.test("PendingCaller finds payload of a caller that treats the request for a secret cookie as success", async () => {
  using open = await openPending();
  const { caller, pending } = open;
  const data = new Uint8Array(1316).fill(0x47);
  await caller.transmit(withCookie(CONCLUSION_SID, open.cookie));
  const received = pending.read();
  if (received.kind !== "conclusion") throw new Error(received.kind);
  pending.challenge(received.conclusion, SECRET);
  await caller.transmit(data);
  strictEqual(pending.read().kind, "mistaken");
});
