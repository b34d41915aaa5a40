/** Tests of mod/listener/front_door.ts: callers made of datagrams come, get in, and go. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Reject } from "../../mod/admission/verdict.ts";
import { callerKey } from "../../mod/listener/caller_key.ts";
import { type Libc, openLibc } from "../../mod/os/libc.ts";
import { HANDSHAKE_TYPE } from "../../mod/packet/handshake.ts";
import { bytes, CONCLUSION_PLAIN, CONCLUSION_SID, INDUCTION } from "../fixtures/handshakes.ts";
import { within } from "../os/udp_peer.ts";
import { Door, FORBIDDEN, whenSockets } from "./door.ts";
import { RawCaller, withCookie } from "./raw_caller.ts";

const libc = openLibc();

for (const address of ["127.0.0.1", "::1"]) {
  Deno.test(`a caller of ${address} is answered from there and asked for once, with its CONCLUSION`, async () => {
    await using door = new Door();
    using caller = new RawCaller(door.at(address));
    await caller.say(INDUCTION);
    const { from } = await caller.receiveFrom();
    await caller.say(INDUCTION);
    await caller.say(withCookie(CONCLUSION_SID, (await caller.answer()).cookie));
    const { pending, conclusion } = await door.asked.next("a CONCLUSION");
    deepStrictEqual([from, pending.caller, pending.local, conclusion.streamId], [
      door.at(address),
      caller.address,
      door.at(address),
      "abcde",
    ]);
    strictEqual(door.asked.length, 0);
  });
}

Deno.test("each repeated INDUCTION is answered, with the same cookie", async () => {
  await using door = new Door();
  using caller = new RawCaller(door.at());
  const cookies = [await caller.induct(), await caller.induct(), await caller.induct()];
  deepStrictEqual(cookies, cookies.map(() => cookies[0]));
});

Deno.test("two callers from one address are told apart by their ports", async () => {
  await using door = new Door();
  using first = new RawCaller(door.at());
  using second = new RawCaller(door.at());
  const cookies = [await first.induct(), await second.induct()] as const;
  await second.say(withCookie(CONCLUSION_SID, cookies[1]));
  deepStrictEqual((await door.asked.next("a CONCLUSION")).pending.caller, second.address);
  await first.say(withCookie(CONCLUSION_PLAIN, cookies[0]));
  deepStrictEqual((await door.asked.next("a CONCLUSION")).pending.caller, first.address);
});

Deno.test("a caller that is let in leaves no socket open here", async () => {
  await using door = new Door();
  using caller = new RawCaller(door.at());
  const before = Door.sockets();
  await caller.say(withCookie(CONCLUSION_PLAIN, await caller.induct()));
  await door.asked.next("a CONCLUSION");
  await whenSockets(before);
});

Deno.test("what is no INDUCTION gets no answer and no socket", async () => {
  await using door = new Door();
  using caller = new RawCaller(door.at());
  const before = Door.sockets();
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const nonsense = [
    new Uint8Array(0),
    random(1),
    random(63),
    bytes(INDUCTION).subarray(0, 63),
    random(64),
    random(1500),
    random(60_000),
    bytes("80010000" + INDUCTION.slice(8)),
    bytes("80000001" + INDUCTION.slice(8)),
    bytes(CONCLUSION_PLAIN),
    bytes(INDUCTION.slice(0, 72) + "fffffffe" + INDUCTION.slice(80)),
    bytes(INDUCTION.slice(0, 72) + "00000963" + INDUCTION.slice(80)),
  ];
  for (const datagram of nonsense) await caller.say(datagram);
  using sensible = new RawCaller(door.at());
  await sensible.induct(); // all before it were looked at
  strictEqual(Door.sockets(), before + 2); // `sensible` itself and its pending socket
  await caller.say(INDUCTION);
  strictEqual((await caller.answer()).type, HANDSHAKE_TYPE.INDUCTION);
});

Deno.test("a slot is released and its socket closed once its three seconds are over", async () => {
  await using door = new Door();
  using caller = new RawCaller(door.at());
  const before = Door.sockets();
  await caller.induct();
  strictEqual(Door.sockets(), before + 1);
  door.nowMs = 3000;
  await whenSockets(before);
  await caller.induct(); // and it may start again
});

Deno.test("a caller that goes away releases its slot at once", async () => {
  await using door = new Door();
  const before = Door.sockets();
  const gone = new RawCaller(door.at());
  const caller = gone.address;
  gone[Symbol.dispose]();
  door.frontDoor.receive({ bytes: new Uint8Array(bytes(INDUCTION)), caller, local: door.at() });
  strictEqual(Door.sockets(), before + 1); // its answer finds a closed port
  await whenSockets(before);
  strictEqual(door.nowMs, 0);
});

Deno.test("one address cannot take all slots: its 257th caller gets no answer, and another address gets in", async () => {
  await using door = new Door();
  const at = door.at();
  const arrival = (port: number, address = "127.0.0.1") => ({
    bytes: new Uint8Array(bytes(INDUCTION)),
    caller: { address, port },
    local: at,
  });
  const before = Door.sockets();
  // nobody is there; the slots are given back in a later step, when that is known
  for (let port = 1; port <= 300; port += 1) door.frontDoor.receive(arrival(port, "127.0.0.3"));
  strictEqual(Door.sockets(), before + 256);
  door.frontDoor.receive(arrival(1, "127.0.0.4"));
  strictEqual(Door.sockets(), before + 257);
});

Deno.test("no socket to be had is told once, costs no slot, and ends by itself", async () => {
  let failing = true;
  const socket: Libc["symbols"]["socket"] = (...args) => failing ? -1 : libc.symbols.socket(...args);
  await using door = new Door(() => null, { ...libc, symbols: { ...libc.symbols, socket } });
  using caller = new RawCaller(door.at());
  using other = new RawCaller(door.at());
  // more than one address has slots: a refused one must not keep any
  for (let times = 0; times < 300; times += 1) {
    door.frontDoor.receive({ bytes: new Uint8Array(bytes(INDUCTION)), caller: caller.address, local: door.at() });
  }
  strictEqual(door.warnings.length, 1);
  match(door.warnings[0] ?? "", /^Cannot make a caller socket: .+; its caller has to try again$/);
  failing = false;
  await caller.induct();
  failing = true;
  door.frontDoor.receive({ bytes: new Uint8Array(bytes(INDUCTION)), caller: other.address, local: door.at() });
  strictEqual(door.warnings.length, 2);
});

Deno.test("FrontDoor.close lets go of callers in their handshake, and answers nobody any more", async () => {
  const door = new Door();
  using caller = new RawCaller(door.at());
  using late = new RawCaller(door.at());
  await caller.induct();
  const before = Door.sockets();
  await within(door.frontDoor.close(), "the end of the front door");
  strictEqual(Door.sockets(), before - 1);
  door.frontDoor.receive({ bytes: new Uint8Array(bytes(INDUCTION)), caller: late.address, local: door.at() });
  deepStrictEqual([Door.sockets(), door.warnings], [before - 1, []]);
  door.closeSockets();
});

Deno.test("callerKey tells ports and addresses apart", () => {
  const endpoints = [["::1", 1], ["::1", 11], ["::11", 1]] as const;
  strictEqual(new Set(endpoints.map(([address, port]) => callerKey({ address, port }))).size, 3);
  ok(callerKey({ address: "::1", port: 1 }).includes("::1"));
});

Deno.test("a verdict that comes after its slot was over leaves the caller's new handshake alone", async () => {
  const { promise: decided, resolve: decide } = Promise.withResolvers<Reject>();
  let calls = 0;
  await using door = new Door(() => calls++ === 0 ? decided : null);
  using caller = new RawCaller(door.at());
  const before = Door.sockets();
  const cookie = await caller.induct();
  await caller.say(withCookie(CONCLUSION_PLAIN, cookie));
  await door.asked.next("a CONCLUSION");
  door.nowMs = 3000;
  await whenSockets(before);
  await caller.induct(); // starts again
  decide(FORBIDDEN);
  await decided;
  await caller.say(withCookie(CONCLUSION_SID, cookie));
  strictEqual((await door.asked.next("the new CONCLUSION")).conclusion.streamId, "abcde");
});
