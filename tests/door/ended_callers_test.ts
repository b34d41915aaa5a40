/** Tests of mod/door/ended_callers.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { EndedCallers } from "../../mod/door/ended_callers.ts";
import { hex } from "../fixtures/handshakes.ts";

const SOCKET_ID = 0x1c429563;
/** SHUTDOWN for that socket (`draft-sharabayko-srt` 3.2.7). */
const NOTICE = "8005000000000000" + "00000000" + "1c429563" + "00000000";

Deno.test("EndedCallers.remember returns a SHUTDOWN for the caller's socket ID", () => {
  strictEqual(hex(new EndedCallers().remember("a 1", SOCKET_ID, 0)), NOTICE);
});

Deno.test("EndedCallers.noticeFor returns the same SHUTDOWN while the caller may still send", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", SOCKET_ID, 1000);
  strictEqual(hex(callers.noticeFor("a 1", 60_999) ?? new Uint8Array()), NOTICE);
});

Deno.test("EndedCallers.noticeFor returns null after a minute", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", SOCKET_ID, 1000);
  strictEqual(callers.noticeFor("a 1", 61_000), null);
});

Deno.test("EndedCallers.noticeFor returns null for another port of the same address", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", SOCKET_ID, 0);
  strictEqual(callers.noticeFor("a 2", 0), null);
});

Deno.test("EndedCallers.noticeFor returns null for a caller that calls again", () => {
  const callers = new EndedCallers();
  callers.remember("a 1", SOCKET_ID, 0);
  callers.forget("a 1");
  strictEqual(callers.noticeFor("a 1", 1), null);
});

Deno.test("EndedCallers remembers 1000 callers and forgets the oldest above that", () => {
  const callers = new EndedCallers();
  for (let port = 0; port <= 1000; port += 1) callers.remember(`a ${port}`, port, port);
  const known = Array.from({ length: 1001 }, (_, port) => callers.noticeFor(`a ${port}`, 1001) !== null);
  strictEqual(known.indexOf(true), 1);
  strictEqual(known.filter(Boolean).length, 1000);
});

Deno.test("EndedCallers.isEmpty returns true when the time of all callers is over", () => {
  const callers = new EndedCallers();
  const before = callers.isEmpty(0);
  callers.remember("a 1", SOCKET_ID, 0);
  callers.remember("a 2", SOCKET_ID, 1000);
  callers.remember("a 1", SOCKET_ID, 2000);
  const later = [59_999, 61_000, 61_999, 62_000].map((nowMs) => callers.isEmpty(nowMs));
  deepStrictEqual([before, later], [true, [false, false, false, true]]);
});
