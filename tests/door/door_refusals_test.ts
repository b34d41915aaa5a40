/** Tests of mod/door/door.ts: the answers to refused callers, and the refusals that are reported. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { CallerRequest } from "../../mod/door/caller_request.ts";
import { encodeRejection } from "../../mod/packet/reply.ts";
import { CONCLUSION_HSV4 } from "../admission/conclusion_of.ts";
import { CONCLUSION_PLAIN, CONCLUSION_SID, hex, WAVEAHAND } from "../fixtures/handshakes.ts";
import { FORBIDDEN, OpenDoor, whenSockets } from "./open_door.ts";
import { ofSocket, RawCaller, withCookie } from "./raw_caller.ts";

function forbid(request: CallerRequest): void {
  request.reject(FORBIDDEN);
}

Deno.test("a rejected caller gets the rejection of its reason, byte for byte, and again for each repeat", async () => {
  await using open = new OpenDoor(forbid);
  using caller = new RawCaller(open.at());
  const conclusion = withCookie(CONCLUSION_PLAIN, await caller.induct());
  const answers: string[] = [];
  for (let times = 0; times < 3; times += 1) {
    await caller.transmit(conclusion);
    answers.push(hex(await caller.receive()));
  }
  const { conclusion: { handshake } } = await open.requests.next("a request");
  deepStrictEqual(answers, Array(3).fill(hex(encodeRejection(handshake, 1403))));
  strictEqual(answers[0]?.slice(72, 80), "00000963"); // 2403
});

Deno.test("a rejected caller that repeats its handshake is one request", async () => {
  await using open = new OpenDoor(forbid);
  using caller = new RawCaller(open.at());
  const conclusion = withCookie(CONCLUSION_SID, await caller.induct());
  for (let times = 0; times < 3; times += 1) {
    await caller.transmit(conclusion);
    await caller.receive();
  }
  strictEqual(open.requests.length, 1);
});

Deno.test("an HSv4 caller gets the one reason that it understands, followed by a SHUTDOWN", async () => {
  await using open = new OpenDoor((request) => request.reject(8));
  using caller = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_HSV4, await caller.induct()));
  const rejection = await caller.answer();
  deepStrictEqual([rejection.version, rejection.type], [4, 1002]);
  const { socketId } = (await open.requests.next("a request")).conclusion.handshake;
  const destination = socketId.toString(16).padStart(8, "0");
  strictEqual(hex(await caller.receive()), `8005000000000000${"00000000"}${destination}00000000`);
});

Deno.test("an HSv5 caller that is rejected gets no SHUTDOWN, which would make it call without a pause", async () => {
  await using open = new OpenDoor(forbid);
  using caller = new RawCaller(open.at());
  const conclusion = withCookie(CONCLUSION_PLAIN, await caller.induct());
  await caller.transmit(conclusion);
  await caller.answer();
  const laterMs = performance.now() + 30; // an HSv4 caller gets it after 5 ms
  while (performance.now() < laterMs) await new Promise((resolve) => setTimeout(resolve, 5));
  await caller.transmit(conclusion);
  strictEqual((await caller.answer()).type, 2403);
});

Deno.test("a malformed CONCLUSION is rejected as such, and reported", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  await caller.transmit(withCookie(CONCLUSION_PLAIN, await caller.induct()).subarray(0, 76));
  strictEqual((await caller.answer()).type, 1004);
  const refusal = await open.refusals.next("a refusal");
  deepStrictEqual([refusal.reason, refusal.stream, refusal.caller], [4, null, caller.address]);
  match(refusal.text, /^the handshake is malformed: extension block/);
});

Deno.test("a caller whose first CONCLUSION was damaged becomes a request with the next", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  const conclusion = withCookie(CONCLUSION_SID, await caller.induct());
  await caller.transmit(conclusion.subarray(0, 84));
  await caller.answer();
  await caller.transmit(conclusion);
  strictEqual((await open.requests.next("a request")).conclusion.streamId, "abcde");
});

Deno.test("a caller in rendezvous mode gets no answer, and is reported with advice", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  await caller.transmit(WAVEAHAND);
  const refusal = await open.refusals.next("a refusal");
  deepStrictEqual([refusal.reason, refusal.advice, refusal.caller], [
    null,
    "set mode=caller in the caller",
    caller.address,
  ]);
  await caller.induct(); // the first answer that it gets
});

Deno.test("the socket of a rejected caller is closed after three seconds", async () => {
  await using open = new OpenDoor(forbid);
  using caller = new RawCaller(open.at());
  const before = OpenDoor.sockets();
  await caller.transmit(withCookie(CONCLUSION_PLAIN, await caller.induct()));
  await caller.answer();
  open.nowMs = 3000;
  await whenSockets(before);
});

Deno.test("a repeat that arrives before the request is answered is not a new request", async () => {
  await using open = new OpenDoor(() => {});
  using caller = new RawCaller(open.at());
  const conclusion = withCookie(CONCLUSION_PLAIN, await caller.induct());
  await caller.transmit(conclusion);
  const request = await open.requests.next("a request");
  await caller.transmit(conclusion);
  request.reject(FORBIDDEN);
  deepStrictEqual([(await caller.answer()).type, (await caller.answer()).type, open.requests.length], [2403, 2403, 0]);
});

Deno.test("a CONCLUSION of a socket ID that sent no INDUCTION is refused: it shares the port of another caller", async () => {
  await using open = new OpenDoor();
  using caller = new RawCaller(open.at());
  await caller.transmit(ofSocket(withCookie(CONCLUSION_SID, await caller.induct()), 7));
  const { type, destinationSocketId } = await caller.answer();
  const { reason, text, stream } = await open.refusals.next("a refusal");
  deepStrictEqual([type, destinationSocketId, reason, stream], [2409, 7, 1409, "abcde"]);
  strictEqual(text, `the caller shares UDP port ${caller.address.port} with another caller`);
});

Deno.test("a CONCLUSION with the cookie of another port is reported once, however often its caller repeats it", async () => {
  await using open = new OpenDoor();
  using before = new RawCaller(open.at());
  using after = new RawCaller(open.at());
  const conclusion = withCookie(CONCLUSION_SID, await before.induct());
  for (let times = 0; times < 3; times += 1) await after.transmit(conclusion);
  const { caller, text } = await open.refusals.next("a refusal");
  await after.induct(); // everything before it was received
  deepStrictEqual([caller, open.refusals.length], [after.address, 0]);
  strictEqual(
    text,
    `its CONCLUSION came from UDP port ${after.address.port}, but its INDUCTION from port ${before.address.port}`,
  );
});
