/** Tests of mod/door/moved_callers.ts. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { MovedCallers } from "../../mod/door/moved_callers.ts";

const CALLER = { address: "192.0.2.9", port: 5000 };
const SOCKET_ID = 0xdeca_fbad;

function data(destination: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(1332));
  view.setUint32(12, destination);
  return new Uint8Array(view.buffer);
}

function followed(): { readonly callers: MovedCallers; readonly moves: () => number } {
  const callers = new MovedCallers();
  let moves = 0;
  callers.follow(SOCKET_ID, { caller: CALLER, callerSocketId: 7, onMoved: () => moves += 1 });
  return { callers, moves: () => moves };
}

Deno.test("a packet for a session from another port of its caller's address gets a SHUTDOWN, and the move is reported once", () => {
  const { callers, moves } = followed();
  ok(callers.isFollowed(data(SOCKET_ID)));
  const notices = [5001, 5001, 5002].map((port) => callers.shutdownFor(data(SOCKET_ID), { ...CALLER, port }));
  deepStrictEqual(notices.map((notice) => notice && new DataView(notice.buffer).getUint32(12)), [7, 7, 7]);
  strictEqual(moves(), 1);
});

for (
  const [what, destination, from] of [
    ["another socket ID", 0x1234, { ...CALLER, port: 5001 }],
    ["another address", SOCKET_ID, { address: "192.0.2.10", port: 5001 }],
    ["the caller's own port", SOCKET_ID, CALLER],
  ] as const
) {
  Deno.test(`a packet with ${what} is not from a moved caller`, () => {
    const { callers, moves } = followed();
    deepStrictEqual([callers.shutdownFor(data(destination), from), moves()], [null, 0]);
  });
}

Deno.test("MovedCallers.isFollowed returns false for a packet of a session that was forgotten, and for one without a whole header", () => {
  const { callers } = followed();
  callers.forget(SOCKET_ID);
  deepStrictEqual([callers.isFollowed(data(SOCKET_ID)), callers.isFollowed(new Uint8Array(3))], [false, false]);
});
