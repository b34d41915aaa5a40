/** Tests of mod/listener/front_door.ts: what callers that do not get in are told, and the operator. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Reject } from "../../mod/admission/verdict.ts";
import { encodeRejection } from "../../mod/packet/reply.ts";
import { CONCLUSION_HSV4 } from "../admission/conclusion_of.ts";
import { CONCLUSION_PLAIN, CONCLUSION_SID, hex, WAVEAHAND } from "../fixtures/handshakes.ts";
import { Door, FORBIDDEN, whenSockets } from "./door.ts";
import { RawCaller, withCookie } from "./raw_caller.ts";

Deno.test("a rejected caller gets the rejection of its reason, to the byte, and so for each repeat", async () => {
  await using door = new Door(() => FORBIDDEN);
  using caller = new RawCaller(door.at());
  const conclusion = withCookie(CONCLUSION_PLAIN, await caller.induct());
  const answers: string[] = [];
  for (let times = 0; times < 3; times += 1) {
    await caller.say(conclusion);
    answers.push(hex(await caller.receive()));
  }
  const { conclusion: { handshake } } = await door.asked.next("a CONCLUSION");
  deepStrictEqual(answers, Array(3).fill(hex(encodeRejection(handshake, 1403))));
  strictEqual(answers[0]?.slice(72, 80), "00000963"); // 2403
});

Deno.test("a rejected caller is judged and told to the operator once, whatever it repeats", async () => {
  await using door = new Door(() => FORBIDDEN);
  using caller = new RawCaller(door.at());
  const conclusion = withCookie(CONCLUSION_SID, await caller.induct());
  for (let times = 0; times < 3; times += 1) {
    await caller.say(conclusion);
    await caller.receive();
  }
  const { conclusion: told, ...refusal } = await door.refusals.next("a refusal");
  deepStrictEqual([door.asked.length, door.refusals.length, told?.streamId], [1, 0, "abcde"]);
  deepStrictEqual(refusal, { caller: caller.address, local: door.at(), ...FORBIDDEN });
});

Deno.test("an HSv4 caller gets the one reason that it understands, and a SHUTDOWN behind it", async () => {
  await using door = new Door(() => ({ ...FORBIDDEN, reason: 8 }));
  using caller = new RawCaller(door.at());
  await caller.say(withCookie(CONCLUSION_HSV4, await caller.induct()));
  const rejection = await caller.answer();
  deepStrictEqual([rejection.version, rejection.type], [4, 1002]);
  const { socketId } = (await door.asked.next("a CONCLUSION")).conclusion.handshake;
  const destination = socketId.toString(16).padStart(8, "0");
  strictEqual(hex(await caller.receive()), `8005000000000000${"00000000"}${destination}00000000`);
});

Deno.test("an HSv5 caller that is rejected gets no SHUTDOWN, which would make it call without a pause", async () => {
  await using door = new Door(() => FORBIDDEN);
  using caller = new RawCaller(door.at());
  const conclusion = withCookie(CONCLUSION_PLAIN, await caller.induct());
  await caller.say(conclusion);
  await caller.answer();
  const laterMs = performance.now() + 30; // HSv4's comes after 5
  while (performance.now() < laterMs) await new Promise((resolve) => setTimeout(resolve, 5));
  await caller.say(conclusion);
  strictEqual((await caller.answer()).type, 2403);
});

Deno.test("a malformed CONCLUSION is rejected as such, and told", async () => {
  await using door = new Door();
  using caller = new RawCaller(door.at());
  await caller.say(withCookie(CONCLUSION_PLAIN, await caller.induct()).subarray(0, 76));
  strictEqual((await caller.answer()).type, 1004);
  const refusal = await door.refusals.next("a refusal");
  deepStrictEqual([refusal.reason, refusal.conclusion, refusal.caller], [4, null, caller.address]);
  match(refusal.text, /^the handshake is malformed: extension block/);
});

Deno.test("a caller whose first CONCLUSION was damaged gets in with the next", async () => {
  await using door = new Door();
  using caller = new RawCaller(door.at());
  const conclusion = withCookie(CONCLUSION_SID, await caller.induct());
  await caller.say(conclusion.subarray(0, 84));
  await caller.answer();
  await caller.say(conclusion);
  strictEqual((await door.asked.next("a CONCLUSION")).conclusion.streamId, "abcde");
});

Deno.test("a caller in rendezvous mode gets no answer, and the operator is told what to do", async () => {
  await using door = new Door();
  using caller = new RawCaller(door.at());
  await caller.say(WAVEAHAND);
  const refusal = await door.refusals.next("a refusal");
  deepStrictEqual([refusal.reason, refusal.advice, refusal.caller], [
    null,
    "set mode=caller in the caller",
    caller.address,
  ]);
  await caller.induct(); // the first thing that it hears
});

Deno.test("a rejected caller's slot is released like any other", async () => {
  await using door = new Door(() => FORBIDDEN);
  using caller = new RawCaller(door.at());
  const before = Door.sockets();
  await caller.say(withCookie(CONCLUSION_PLAIN, await caller.induct()));
  await caller.answer();
  door.nowMs = 3000;
  await whenSockets(before);
});

Deno.test("a caller is heard again after its verdict only: a repeat while it is judged asks nothing", async () => {
  const { promise: decided, resolve: decide } = Promise.withResolvers<Reject>();
  await using door = new Door(() => decided);
  using caller = new RawCaller(door.at());
  const conclusion = withCookie(CONCLUSION_PLAIN, await caller.induct());
  await caller.say(conclusion);
  await door.asked.next("a CONCLUSION");
  await caller.say(conclusion);
  decide(FORBIDDEN);
  deepStrictEqual([(await caller.answer()).type, (await caller.answer()).type, door.asked.length], [2403, 2403, 0]);
});
