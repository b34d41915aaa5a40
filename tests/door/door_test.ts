/** Tests of mod/door/door.ts: the datagrams of callers, the requests that they lead to, and the ends of handshakes. */
import { deepStrictEqual, match, notStrictEqual, strictEqual } from "node:assert/strict";
import type { CallerRequest } from "../../mod/door/caller_request.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { predictCookie } from "../../mod/packet/cookie.ts";
import { HANDSHAKE_TYPE } from "../../mod/packet/handshake.ts";
import { bytes, CONCLUSION_PLAIN, CONCLUSION_SID, INDUCTION, SRTLA_PROBE } from "../fixtures/handshakes.ts";
import { within } from "../support/deadline.ts";
import { waitUntil } from "../support/processes.ts";
import { FORBIDDEN, OpenDoor, whenSockets } from "./open_door.ts";
import { ofSocket, RawCaller, withCookie } from "./raw_caller.ts";

const libc = openLibc();

const SECOND_SOCKET = 0x0bad_cafe;

/** Does not answer a request: the test does. */
function unanswered(): void {}

for (const address of ["127.0.0.1", "::1"]) {
  Deno.test(`a caller of ${address} is answered from there and becomes one request, with its CONCLUSION`, async () => {
    await using open = new OpenDoor();
    using caller = new RawCaller(open.at(address));
    await caller.transmit(INDUCTION);
    const { from } = await caller.receiveFrom();
    await caller.transmit(INDUCTION);
    await caller.transmit(withCookie(CONCLUSION_SID, (await caller.answer()).cookie));
    const request = await open.requests.next("a request");
    deepStrictEqual([from, request.caller, request.local, request.streamId.name], [
      open.at(address),
      caller.address,
      open.at(address),
      "abcde",
    ]);
    strictEqual(open.requests.length, 0);
  });
}

Deno.test("each repeated INDUCTION is answered, with the same cookie", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  const cookies = [await caller.induct(), await caller.induct(), await caller.induct()];
  deepStrictEqual(cookies, cookies.map(() => cookies[0]));
});

Deno.test("two callers from one address are distinguished by their ports", async () => {
  await using open = new OpenDoor();
  using first = new RawCaller(open.at());
  using second = new RawCaller(open.at());
  const cookies = [await first.induct(), await second.induct()] as const;
  await second.transmit(withCookie(CONCLUSION_SID, cookies[1]));
  deepStrictEqual((await open.requests.next("a request")).caller, second.address);
  await first.transmit(withCookie(CONCLUSION_PLAIN, cookies[0]));
  deepStrictEqual((await open.requests.next("a request")).caller, first.address);
});

Deno.test("a caller that was rejected and calls again from the same port gets the full time of a new call", async () => {
  await using open = new OpenDoor((request) => request.reject(FORBIDDEN));
  using caller = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_SID, await caller.induct()));
  await open.requests.next("the first call");
  strictEqual((await caller.answer()).type, 1000 + FORBIDDEN);
  open.nowMs = 2900;
  await caller.transmit(ofSocket(bytes(INDUCTION), SECOND_SOCKET));
  const { cookie } = await caller.answer();
  open.nowMs = 4500; // the time of the first call is long over
  await caller.transmit(ofSocket(withCookie(CONCLUSION_SID, cookie), SECOND_SOCKET));
  strictEqual((await open.requests.next("the second call")).arrivalMs, 2900);
});

Deno.test("a caller that is handed off leaves no socket open here", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  const before = OpenDoor.sockets();
  await caller.transmit(withCookie(CONCLUSION_PLAIN, await caller.induct()));
  await open.requests.next("a request");
  await whenSockets(before);
});

Deno.test("a datagram that is not an INDUCTION gets no answer and no socket", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  const before = OpenDoor.sockets();
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
  for (const datagram of nonsense) await caller.transmit(datagram);
  using other = new RawCaller(open.at());
  await other.induct(); // everything before it was received
  strictEqual(OpenDoor.sockets(), before + 2); // the other caller and its pending socket
  await caller.transmit(INDUCTION);
  strictEqual((await caller.answer()).type, HANDSHAKE_TYPE.INDUCTION);
});

Deno.test("the socket of a caller that does not continue is closed after three seconds, and the caller may start again", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  const before = OpenDoor.sockets();
  await caller.induct();
  strictEqual(OpenDoor.sockets(), before + 1);
  open.nowMs = 3000;
  await whenSockets(before);
  await caller.induct();
});

Deno.test("the socket of a caller whose port is closed is closed at once", async () => {
  await using open = new OpenDoor(unanswered);
  const before = OpenDoor.sockets();
  const caller = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_PLAIN, await caller.induct()));
  const request = await open.requests.next("a request");
  caller[Symbol.dispose]();
  await whenSockets(before + 1);
  request.reject(FORBIDDEN);
  await whenSockets(before);
  strictEqual(open.nowMs, 0);
});

Deno.test("one address cannot take all slots: its 257th caller gets no slot, and another address does", async () => {
  await using open = new OpenDoor();
  const callers: RawCaller[] = [];
  try {
    for (let count = 0; count < 256; count += 1) {
      const caller = new RawCaller(open.at(), { address: "127.0.0.3" });
      callers.push(caller);
      await caller.induct();
    }
    using refused = new RawCaller(open.at(), { address: "127.0.0.3" });
    using other = new RawCaller(open.at());
    const before = OpenDoor.sockets();
    await refused.transmit(INDUCTION);
    const challenge = await refused.answer(); // no slot, but a cookie to return
    await other.induct();
    deepStrictEqual([OpenDoor.sockets(), challenge.type], [before + 1, HANDSHAKE_TYPE.INDUCTION]);
  } finally {
    for (const caller of callers) caller[Symbol.dispose]();
  }
});

Deno.test("a lack of sockets is reported once until it has ended", async () => {
  const tries = 300; // more than the slots of one address
  const allFailed = Promise.withResolvers<void>();
  let failed = 0;
  const socket: typeof libc.symbols.socket = (...args) => {
    if (failed === tries) return libc.symbols.socket(...args);
    failed += 1;
    if (failed === tries) allFailed.resolve();
    return -1;
  };
  await using open = new OpenDoor(unanswered, { socket });
  using caller = new RawCaller(open.at());
  for (let times = 0; times < tries; times += 1) await caller.transmit(INDUCTION);
  await within(allFailed.promise, "the last try");
  await caller.induct();
  strictEqual(open.warnings.length, 1);
  match(open.warnings[0] ?? "", /^cannot make a caller socket: .+; its caller has to call again$/);
});

Deno.test("Door.close closes all sockets, and ends handshakes in progress", async () => {
  const before = OpenDoor.sockets();
  const open = new OpenDoor();
  using caller = new RawCaller(open.at());
  await caller.induct();
  await within(open.door.close(), "the end of the door");
  await waitUntil("the end of the handshake", () => OpenDoor.sockets() <= before + 1); // that of the caller
});

Deno.test("a request is not open after Door.close, and answering it does not throw", async () => {
  const open = new OpenDoor(unanswered);
  using caller = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_PLAIN, await caller.induct()));
  const request = await open.requests.next("a request");
  await open.door.close();
  strictEqual(request.isOpen, false);
  request.reject(FORBIDDEN);
  request.challenge("sessions");
});

Deno.test("the slot of a request does not expire before it is answered", async () => {
  await using open = new OpenDoor(unanswered);
  using caller = new RawCaller(open.at());
  using other = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_PLAIN, await caller.induct()));
  const request = await open.requests.next("a request");
  const before = OpenDoor.sockets();
  open.nowMs = 1000;
  await other.induct();
  open.nowMs = 4000;
  await whenSockets(before); // the slot of the other caller has expired
  strictEqual(request.isOpen, true);
  request.reject(FORBIDDEN);
  strictEqual((await caller.answer()).type, 2403);
  await whenSockets(before - 1);
});

Deno.test("a challenged caller that returns the secret cookie becomes another request, which is proven", async () => {
  await using open = new OpenDoor((request: CallerRequest) => request.proven || request.challenge("sessions"));
  using caller = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_SID, await caller.induct()));
  const secret = (await caller.answer()).cookie;
  await caller.transmit(withCookie(CONCLUSION_SID, secret));
  await caller.transmit(withCookie(CONCLUSION_SID, (await caller.answer()).cookie));
  const [first, second] = [await open.requests.next("a request"), await open.requests.next("another one")];
  deepStrictEqual([first.proven, second.proven], [false, true]);
});

Deno.test("a probe does not count as the next call of a caller that cannot return a secret cookie", async () => {
  await using open = new OpenDoor((request) => request.challenge("sessions"));
  using mistaken = new RawCaller(open.at());
  using prober = new RawCaller(open.at());
  using next = new RawCaller(open.at());
  await mistaken.transmit(withCookie(CONCLUSION_SID, await mistaken.induct()));
  await mistaken.answer();
  await mistaken.transmit(new Uint8Array(1316).fill(0x47)); // it treats the challenge as acceptance, and sends payload
  await open.refusals.next("a refusal");
  const before = OpenDoor.sockets();
  await prober.transmit(SRTLA_PROBE);
  strictEqual((await prober.answer()).type, HANDSHAKE_TYPE.INDUCTION);
  strictEqual(OpenDoor.sockets(), before);
  const asked = await next.induct();
  notStrictEqual(asked, predictCookie(next.address)); // the next call is asked for the secret cookie
});

Deno.test("asking a single caller for a cookie in its next call is not reported as a flood", async () => {
  await using open = new OpenDoor((request) => request.challenge("tries"));
  using mistaken = new RawCaller(open.at());
  using next = new RawCaller(open.at());
  await mistaken.transmit(withCookie(CONCLUSION_SID, await mistaken.induct()));
  await mistaken.answer();
  await mistaken.transmit(new Uint8Array(1316).fill(0x47)); // it treats the challenge as acceptance, and sends payload
  await open.refusals.next("a refusal");
  notStrictEqual(await next.induct(), predictCookie(next.address)); // its next call is asked for the secret cookie
  deepStrictEqual(open.warnings, []);
});

Deno.test("a caller that calls again from its port while its request waits becomes a new request", async () => {
  await using open = new OpenDoor(unanswered);
  using caller = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_SID, await caller.induct()));
  const request = await open.requests.next("a request");
  await caller.transmit(ofSocket(bytes(INDUCTION), 7));
  strictEqual(request.yieldToLaterCall(), true);
  const { cookie, destinationSocketId } = await caller.answer();
  await caller.transmit(ofSocket(withCookie(CONCLUSION_SID, cookie), 7));
  const again = await open.requests.next("another request");
  deepStrictEqual([destinationSocketId, again.conclusion.handshake.socketId, request.isOpen], [7, 7, false]);
});

Deno.test("the request of a caller that calls again after 3 s has the arrival time of the second call", async () => {
  await using open = new OpenDoor(unanswered);
  using caller = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_SID, await caller.induct()));
  const request = await open.requests.next("a request");
  open.nowMs = 3000;
  await caller.transmit(ofSocket(bytes(INDUCTION), 7));
  request.yieldToLaterCall();
  await caller.transmit(ofSocket(withCookie(CONCLUSION_SID, (await caller.answer()).cookie), 7));
  strictEqual((await open.requests.next("another request")).arrivalMs, 3000);
});

Deno.test("a caller that still repeats its CONCLUSION after another one called from its port keeps its request", async () => {
  await using open = new OpenDoor(unanswered);
  using caller = new RawCaller(open.at());
  const conclusion = withCookie(CONCLUSION_SID, await caller.induct());
  await caller.transmit(conclusion);
  const request = await open.requests.next("a request");
  await caller.transmit(ofSocket(bytes(INDUCTION), 7));
  await caller.transmit(conclusion);
  deepStrictEqual([request.yieldToLaterCall(), request.isOpen], [false, true]);
});

Deno.test("CallerRequest.yieldToLaterCall returns false if no datagram followed the CONCLUSION", async () => {
  await using open = new OpenDoor(unanswered);
  using caller = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_SID, await caller.induct()));
  strictEqual((await open.requests.next("a request")).yieldToLaterCall(), false);
});

Deno.test("a CONCLUSION that arrives after its slot has expired is received when it is repeated", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  const before = OpenDoor.sockets();
  const cookie = await caller.induct();
  open.nowMs = 3000;
  await whenSockets(before);
  open.nowMs = 6000;
  await caller.transmit(withCookie(CONCLUSION_SID, cookie));
  await whenSockets(before + 1);
  await caller.transmit(withCookie(CONCLUSION_SID, cookie));
  const { streamId, arrivalMs } = await open.requests.next("a request");
  deepStrictEqual([streamId.name, arrivalMs], ["abcde", 6000]);
});

Deno.test("the arrival time of a request is at most 2 s before its CONCLUSION, so that a child has another second to start", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  const cookie = await caller.induct();
  open.nowMs = 2900;
  await caller.transmit(withCookie(CONCLUSION_SID, cookie));
  strictEqual((await open.requests.next("a request")).arrivalMs, 900);
});

Deno.test("CallerRequest.isHeardWithin reports whether the caller repeats its CONCLUSION in that time", async () => {
  await using open = new OpenDoor(unanswered);
  using caller = new RawCaller(open.at());
  const conclusion = withCookie(CONCLUSION_SID, await caller.induct());
  await caller.transmit(conclusion);
  const request = await open.requests.next("a request");
  strictEqual(await request.isHeardWithin(100), false);
  const hearing = request.isHeardWithin(10_000);
  await caller.transmit(conclusion);
  strictEqual(await hearing, true);
  request.reject(FORBIDDEN);
});
