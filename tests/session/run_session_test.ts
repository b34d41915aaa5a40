/** Tests of mod/session/run_session.ts: callers that libsrt rejects or accepts, and callers that wait for their session. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { ChildMessage } from "../../mod/handoff/child_message.ts";
import { CHILD_EXIT, type Ticket } from "../../mod/handoff/contract.ts";
import { decodeConclusion } from "../../mod/packet/conclusion.ts";
import type { CallerSocket } from "../../mod/os/caller_socket.ts";
import { openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { predictCookie } from "../../mod/packet/cookie.ts";
import { runSession } from "../../mod/session/run_session.ts";
import { dialects, encodeDialect } from "../fixtures/dialects.ts";
import { ticketOf } from "../handoff/ticket_of.ts";
import { libc, libsrt } from "../srt/connected_pair.ts";
import { FrontDoor } from "../srt/front_door.ts";
import { within } from "../support/deadline.ts";
import { makePayload } from "../support/payload.ts";
import { SrtCaller } from "../support/srt_caller.ts";

const PASSPHRASE = "correct-horse-battery";

/** Runs a session for the next caller of `door`, and returns its exit code and what it reported. */
async function run(door: FrontDoor, changes: Partial<Ticket>) {
  return await runOn(await door.nextCaller(), changes);
}

/** Runs a session for the caller of a socket. */
async function runOn(socket: CallerSocket, changes: Partial<Ticket>) {
  const buffer = new Uint8Array(2048);
  const length = socket.peek(buffer);
  const conclusion = decodeConclusion(buffer.subarray(0, typeof length === "number" ? length : 0));
  if (conclusion.kind === "malformed") throw new Error(conclusion.text);
  return await runWith(
    ticketOf({ callerSocketId: conclusion.handshake.socketId, acceptTimeoutMs: 60_000, ...changes }),
    socket.release(),
  );
}

/** Runs a session on a socket whose queue has the CONCLUSION. */
async function runWith(ticket: Ticket, descriptor: number) {
  const messages: ChildMessage[] = [];
  const never = new AbortController().signal;
  const code = await runSession(ticket, descriptor, {
    libsrt,
    stdout: null,
    libc,
    emit: (message) => messages.push(message),
    warn: (text) => messages.push({ event: "warning", text }),
    onAccepted: () => {},
    readOrders: () => {},
    listen: () => null,
    isDelayed: () => false,
    nextOrder: () => Promise.resolve(),
    stop: never,
    orphaned: never,
  });
  return { code, messages };
}

for (
  const { what, caller, ours, reason } of [
    { what: "a wrong passphrase", caller: "wrong-horse-battery", ours: PASSPHRASE, reason: 10 },
    { what: "no passphrase", caller: null, ours: PASSPHRASE, reason: 11 },
    { what: "a passphrase that is not expected", caller: PASSPHRASE, ours: null, reason: 11 },
  ]
) {
  Deno.test(`a session reports at once that libsrt rejected its caller with reason ${reason}, for ${what}`, async () => {
    using door = FrontDoor.open();
    const ran = run(door, { passphrase: ours, encrypted: caller !== null });
    const encryption = caller === null ? {} : { passphrase: caller };
    await rejects(SrtCaller.connect({ port: door.port, ...encryption }), { rejectReason: reason });
    const { code, messages } = await within(ran, "the end of the session");
    strictEqual(code, CHILD_EXIT.notAccepted);
    deepStrictEqual(messages, [
      { event: "ready" },
      { event: "not-accepted", cause: "rejected", text: `libsrt rejected it with reason ${reason}`, reason },
    ]);
  });
}

Deno.test("if a caller repeats its call while libsrt rejects it, its session ends and reports no other caller", async () => {
  const dialect = (await dialects()).find(({ what }) => what === "SRT 1.2.9");
  ok(dialect !== undefined);
  const { near, far, farAddress } = openLoopbackPair(libc);
  using _far = far;
  const ticket = ticketOf({ acceptTimeoutMs: 60_000 });
  const call = encodeDialect(dialect, { socketId: ticket.callerSocketId, cookie: predictCookie(farAddress) >>> 0 });
  const repeat = () => Array.from({ length: 50 }, () => far.send(call));
  repeat();
  const timer = setInterval(repeat, 1);
  try {
    const { code, messages } = await within(runWith(ticket, near.release()), "the end of the session");
    deepStrictEqual([code, messages.map(({ event }) => event)], [CHILD_EXIT.notAccepted, ["ready", "not-accepted"]]);
  } finally {
    clearInterval(timer);
  }
});

Deno.test("a session that accepts its caller reports no rejection", async () => {
  using door = FrontDoor.open();
  const ran = run(door, { passphrase: PASSPHRASE, encrypted: true });
  const caller = await SrtCaller.connect({ port: door.port, passphrase: PASSPHRASE });
  caller.close();
  const { code, messages } = await within(ran, "the end of the session");
  strictEqual(code, CHILD_EXIT.done);
  ok(messages.every(({ event }) => event !== "not-accepted"), JSON.stringify(messages));
});

/** Runs a caller whose CONCLUSION waits for its session and which then sends for some time. Returns how its session ended. */
async function endAfterWait({ waitMs, sendMs }: { readonly waitMs: number; readonly sendMs: number }) {
  using door = FrontDoor.open();
  const calling = SrtCaller.connect({ port: door.port });
  const socket = await door.nextCaller();
  const concludedMs = Date.now();
  await new Promise((resolve) => setTimeout(resolve, waitMs)); // the wait itself
  const ran = runOn(socket, { concludedMs });
  const caller = await calling;
  const payload = makePayload(20);
  await caller.send(payload, { bitsPerSecond: payload.length * 8000 / sendMs });
  await caller.waitUntilDelivered();
  caller.close();
  const { messages } = await within(ran, "the end of the session");
  const end = messages.find((message) => message.event === "session-end");
  return { reason: end?.reason, missing: payload.length - (end?.bytes ?? 0) };
}

Deno.test("payload is delivered even if its caller waited for the session longer than the 5 s for which a session, at its end, waits for late payload", async () => {
  const waitMs = 6000;
  const ends = await Promise.all([endAfterWait({ waitMs, sendMs: 50 }), endAfterWait({ waitMs, sendMs: 5500 })]);
  deepStrictEqual(ends, [{ reason: "caller-closed", missing: 0 }, { reason: "caller-closed", missing: 0 }]);
});
