/** Tests of mod/listener/pending_caller.ts on real sockets of loopback. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Look, PendingCaller } from "../../mod/listener/pending_caller.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { decodeHandshake, HANDSHAKE_TYPE, INDUCTION_MAGIC } from "../../mod/packet/handshake.ts";
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
import { RawCaller, withCookie } from "./raw_caller.ts";

const libc = openLibc();

/** A caller that got the answer to its INDUCTION. */
async function openPending(address = "127.0.0.1") {
  const listener = new UdpPeer(address);
  const caller = new RawCaller(listener.address);
  const pending = new PendingCaller(libc, { caller: caller.address, local: listener.address });
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

function streamIdOf(look: Look): string | null {
  return look.kind === "conclusion" ? look.conclusion.streamId : look.kind;
}

for (const address of ["127.0.0.1", "127.0.0.2", "::1"]) {
  Deno.test(`PendingCaller.answer answers an INDUCTION from ${address} as libsrt does`, async () => {
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

Deno.test("PendingCaller.look finds the CONCLUSION and leaves it in the queue, to the last byte", async () => {
  using open = await openPending();
  const conclusion = withCookie(CONCLUSION_SID, open.cookie);
  await open.caller.say(conclusion);
  deepStrictEqual([streamIdOf(open.pending.look()), streamIdOf(open.pending.look())], ["abcde", "abcde"]);
  const queued = new Uint8Array(2048);
  const length = open.pending.socket.peek(queued);
  strictEqual(hex(queued.subarray(0, Number(length))), hex(conclusion));
});

Deno.test("PendingCaller.look waits while nothing has come", async () => {
  using open = await openPending();
  strictEqual(open.pending.look().kind, "waiting");
});

Deno.test("PendingCaller.look answers a repeated INDUCTION with the same cookie, and takes it out", async () => {
  using open = await openPending();
  await open.caller.say(INDUCTION);
  strictEqual(open.pending.look().kind, "waiting");
  strictEqual((await open.caller.answer()).cookie, open.cookie);
  deepStrictEqual(takeAll(open.pending.socket), []);
});

Deno.test("PendingCaller.look finds the CONCLUSION behind a repeated INDUCTION", async () => {
  using open = await openPending();
  await open.caller.say(INDUCTION);
  await open.caller.say(withCookie(CONCLUSION_SID, open.cookie));
  strictEqual(streamIdOf(open.pending.look()), "abcde");
});

for (
  const [what, datagram] of [
    ["a CONCLUSION with another cookie", (cookie: number) => withCookie(CONCLUSION_PLAIN, cookie ^ 1)],
    ["a CONCLUSION without cookie", () => withCookie(CONCLUSION_PLAIN, 0)],
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
  Deno.test(`PendingCaller.look takes out ${what}, without an answer, and finds the CONCLUSION behind it`, async () => {
    using open = await openPending();
    await open.caller.say(datagram(open.cookie));
    await open.caller.say(withCookie(CONCLUSION_SID, open.cookie));
    strictEqual(streamIdOf(open.pending.look()), "abcde");
    // what comes next to the caller is this, so nothing was sent before it
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
  Deno.test(`PendingCaller.look tells a CONCLUSION with ${what} as malformed, and takes it out`, async () => {
    using open = await openPending();
    await open.caller.say(change(withCookie(CONCLUSION_PLAIN, open.cookie)));
    const look = open.pending.look();
    strictEqual(look.kind, "malformed");
    strictEqual(look.kind === "malformed" && look.handshake.type === HANDSHAKE_TYPE.CONCLUSION, true);
    deepStrictEqual(takeAll(open.pending.socket), []);
  });
}

Deno.test("PendingCaller.look keeps a conclusion that survives the next datagrams", async () => {
  using open = await openPending();
  await open.caller.say(withCookie(CONCLUSION_SID, open.cookie));
  const look = open.pending.look();
  open.pending.socket.drop();
  await open.caller.say(new Uint8Array(1000).fill(0xee));
  open.pending.look();
  deepStrictEqual([streamIdOf(look), look.kind === "conclusion" && look.conclusion.handshake.cookie], [
    "abcde",
    open.cookie,
  ]);
});

Deno.test("PendingCaller.look stops after 16 datagrams, so that one caller's flood does not hold the loop", async () => {
  using open = await openPending();
  for (let datagrams = 0; datagrams < 16; datagrams += 1) await open.caller.say(Uint8Array.of(datagrams));
  await open.caller.say(withCookie(CONCLUSION_SID, open.cookie));
  deepStrictEqual([open.pending.look().kind, streamIdOf(open.pending.look())], ["waiting", "abcde"]);
});

Deno.test("PendingCaller.look tells that the caller's port is closed", async () => {
  using open = await openPending();
  open.caller[Symbol.dispose]();
  open.pending.socket.send(Uint8Array.of(1));
  const { kind } = open.pending.look();
  open.caller[Symbol.dispose] = () => {};
  strictEqual(kind, "gone");
});

Deno.test("PendingCaller.reject answers, takes the CONCLUSION out, and answers each repeat the same", async () => {
  using open = await openPending();
  const rejection = Uint8Array.of(1, 2, 3);
  await open.caller.say(withCookie(CONCLUSION_PLAIN, open.cookie));
  open.pending.look();
  open.pending.reject(rejection);
  const answers = [await open.caller.receive()];
  for (let repeats = 0; repeats < 2; repeats += 1) {
    await open.caller.say(withCookie(CONCLUSION_PLAIN, open.cookie));
    strictEqual(open.pending.look().kind, "waiting");
    answers.push(await open.caller.receive());
  }
  deepStrictEqual(answers.map(hex), ["010203", "010203", "010203"]);
});

Deno.test("a rejected caller that starts again with an INDUCTION is judged anew", async () => {
  using open = await openPending();
  await open.caller.say(withCookie(CONCLUSION_PLAIN, open.cookie));
  open.pending.look();
  open.pending.reject(Uint8Array.of(1));
  await open.caller.receive();
  await open.caller.say(INDUCTION);
  await open.caller.say(withCookie(CONCLUSION_SID, open.cookie));
  strictEqual(streamIdOf(open.pending.look()), "abcde");
});
