/** Tests of mod/door/ended_callers.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { EndedCallers, type EndedSession } from "../../mod/door/ended_callers.ts";
import { bytes, hex } from "../fixtures/handshakes.ts";

const CALLER = { address: "192.0.2.7", port: 6000 };
const CALLER_SOCKET_ID = 0x1c429563;
const SOCKET_ID = 0x2a2a2a2a;
/** SHUTDOWN for the caller's socket (`draft-sharabayko-srt` 3.2.7). */
const SHUTDOWN = "8005000000000000" + "00000000" + "1c429563" + "00000000";
const DAY_MS = 86_400_000;

function session(socketId: number | null): EndedSession {
  const local = { address: "192.0.2.1", port: 9000 };
  return { caller: CALLER, local, callerSocketId: CALLER_SOCKET_ID, socketId, stream: "cam1", srtVersion: null };
}

/** A data packet for a socket ID. */
function dataFor(socketId: number): Uint8Array {
  return bytes("0000000120000001" + "00000000" + socketId.toString(16).padStart(8, "0") + "47");
}

/** The SHUTDOWN that answers a packet, as hexadecimal digits; null if the packet gets no answer. */
function shutdownOf(callers: EndedCallers, packet: Uint8Array, key: string, nowMs: number): string | null {
  const answer = callers.answer(packet, key, nowMs);
  return answer === null ? null : hex(answer.shutdown);
}

Deno.test("EndedCallers.answer returns a SHUTDOWN for data of a session that has ended, a day later and from any port", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", session(SOCKET_ID), { nowMs: 0 });
  strictEqual(callers.mayKnow(dataFor(SOCKET_ID), DAY_MS), true);
  strictEqual(shutdownOf(callers, dataFor(SOCKET_ID), "a 1", DAY_MS), SHUTDOWN);
  strictEqual(shutdownOf(callers, dataFor(SOCKET_ID), "b 2", 2 * DAY_MS), SHUTDOWN);
});

Deno.test("EndedCallers.answer returns null for data of another session", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", session(SOCKET_ID), { nowMs: 0 });
  strictEqual(callers.mayKnow(dataFor(SOCKET_ID + 1), 0), false);
  strictEqual(shutdownOf(callers, dataFor(SOCKET_ID + 1), "a 1", 0), null);
});

Deno.test("EndedCallers.mayKnow returns false for a packet without a whole header", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", session(0), { nowMs: 0 });
  strictEqual(callers.mayKnow(new Uint8Array(15), 0), false);
});

Deno.test("EndedCallers.answer returns at most ten SHUTDOWNs for a caller in a second", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", session(SOCKET_ID), { nowMs: 0 });
  const answers = Array.from({ length: 1000 }, (_, nowMs) => callers.answer(dataFor(SOCKET_ID), "a 1", nowMs));
  strictEqual(answers.filter((answer) => answer !== null).length, 10);
});

Deno.test("EndedCallers.answer returns the session, and how many SHUTDOWNs its caller has got", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", session(SOCKET_ID), { nowMs: 0 });
  const answers = [0, 1000, 2000].map((nowMs) => callers.answer(dataFor(SOCKET_ID), "a 1", nowMs));
  deepStrictEqual(answers.map((answer) => [answer?.session.stream, answer?.times]), [
    ["cam1", 1],
    ["cam1", 2],
    ["cam1", 3],
  ]);
});

Deno.test("EndedCallers finds a session without a socket ID by its address and port for a minute", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", session(null), { nowMs: 1000 });
  deepStrictEqual(
    [["a 1", 60_999], ["a 2", 60_999], ["a 1", 61_000]].map(([key, nowMs]) => {
      return shutdownOf(callers, dataFor(5), String(key), Number(nowMs)) !== null;
    }),
    [true, false, false],
  );
  deepStrictEqual([60_999, 61_000].map((nowMs) => callers.mayKnow(dataFor(5), nowMs)), [true, false]);
});

Deno.test("EndedCallers.forget forgets a caller that calls again from its port", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", session(null), { nowMs: 0 });
  callers.forget("a 1");
  strictEqual(shutdownOf(callers, dataFor(5), "a 1", 1), null);
});

Deno.test("EndedCallers remembers 4096 sessions and forgets the oldest above that", () => {
  const callers = new EndedCallers();
  for (let id = 0; id <= 4096; id += 1) callers.remember("a 1", session(id), { nowMs: id });
  const known = Array.from({ length: 4097 }, (_, id) => callers.mayKnow(dataFor(id), 5000));
  deepStrictEqual([known.indexOf(true), known.filter(Boolean).length], [1, 4096]);
});
