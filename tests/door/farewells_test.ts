/** Tests of mod/door/farewells.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Farewells } from "../../mod/door/farewells.ts";
import { hex } from "../fixtures/handshakes.ts";

const SOCKET_ID = 0x1c429563;
/** SHUTDOWN for that socket (`draft-sharabayko-srt` 3.2.7). */
const NOTICE = "8005000000000000" + "00000000" + "1c429563" + "00000000";

Deno.test("Farewells.remember returns a SHUTDOWN for the caller's socket ID", () => {
  strictEqual(hex(new Farewells().remember("a 1", SOCKET_ID, 0)), NOTICE);
});

Deno.test("Farewells.noticeFor returns the same SHUTDOWN while the caller may still send", () => {
  const farewells = new Farewells();
  farewells.remember("a 1", SOCKET_ID, 1000);
  strictEqual(hex(farewells.noticeFor("a 1", 60_999) ?? new Uint8Array()), NOTICE);
});

Deno.test("Farewells.noticeFor returns null after a minute", () => {
  const farewells = new Farewells();
  farewells.remember("a 1", SOCKET_ID, 1000);
  strictEqual(farewells.noticeFor("a 1", 61_000), null);
});

Deno.test("Farewells.noticeFor returns null for another port of the same address", () => {
  const farewells = new Farewells();
  farewells.remember("a 1", SOCKET_ID, 0);
  strictEqual(farewells.noticeFor("a 2", 0), null);
});

Deno.test("Farewells.noticeFor returns null for a caller that calls again", () => {
  const farewells = new Farewells();
  farewells.remember("a 1", SOCKET_ID, 0);
  farewells.forget("a 1");
  strictEqual(farewells.noticeFor("a 1", 1), null);
});

Deno.test("Farewells remembers 1000 callers and forgets the oldest above that", () => {
  const farewells = new Farewells();
  for (let port = 0; port <= 1000; port += 1) farewells.remember(`a ${port}`, port, port);
  const known = Array.from({ length: 1001 }, (_, port) => farewells.noticeFor(`a ${port}`, 1001) !== null);
  strictEqual(known.indexOf(true), 1);
  strictEqual(known.filter(Boolean).length, 1000);
});

Deno.test("Farewells.isEmpty returns true when the time of all callers is over", () => {
  const farewells = new Farewells();
  const before = farewells.isEmpty(0);
  farewells.remember("a 1", SOCKET_ID, 0);
  farewells.remember("a 2", SOCKET_ID, 1000);
  farewells.remember("a 1", SOCKET_ID, 2000);
  const later = [59_999, 61_000, 61_999, 62_000].map((nowMs) => farewells.isEmpty(nowMs));
  deepStrictEqual([before, later], [true, [false, false, false, true]]);
});
