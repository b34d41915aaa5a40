/** Tests of mod/os/readiness.ts. */
import { deepStrictEqual } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { within } from "../support/deadline.ts";
import { descriptorsOf, waitUntil } from "../support/processes.ts";

const libc = openLibc();
const BYTE = Uint8Array.of(1);

Deno.test("Readiness.readable waits for each descriptor, and starts while another wait is in progress", async () => {
  using readiness = new Readiness(libc);
  const [first, firstPeer] = MessageSocket.pair(libc);
  const [second, secondPeer] = MessageSocket.pair(libc);
  const order: string[] = [];
  const waits = [readiness.readable(first.descriptor).then(() => order.push("first"))];
  await new Promise((resolve) => setTimeout(resolve, 0));
  waits.push(readiness.readable(second.descriptor).then(() => order.push("second")));
  secondPeer.send(BYTE);
  await within(waits[1] ?? Promise.reject(), "the second descriptor");
  firstPeer.close();
  await within(Promise.all(waits), "the end of the first descriptor");
  deepStrictEqual(order, ["second", "first"]);
  for (const socket of [first, second, secondPeer]) socket.close();
});

Deno.test("Readiness.readable returns at once, each time, for a descriptor that stays readable", async () => {
  using readiness = new Readiness(libc);
  const [socket, peer] = MessageSocket.pair(libc);
  peer.send(BYTE);
  for (let times = 0; times < 3; times += 1) await within(readiness.readable(socket.descriptor), "the message");
  for (const end of [socket, peer]) end.close();
});

Deno.test("Readiness.cancel ends a wait, and the descriptor may be waited for again", async () => {
  using readiness = new Readiness(libc);
  const [socket, peer] = MessageSocket.pair(libc);
  const wait = readiness.readable(socket.descriptor);
  readiness.cancel(socket.descriptor);
  await within(wait, "the wait that was canceled");
  peer.send(BYTE);
  await within(readiness.readable(socket.descriptor), "the message");
  for (const end of [socket, peer]) end.close();
});

Deno.test("Readiness.close closes its descriptors although its thread waits for a descriptor whose wait was canceled", async () => {
  const before = descriptorsOf(Deno.pid);
  const readiness = new Readiness(libc);
  const [socket, peer] = MessageSocket.pair(libc);
  const wait = readiness.readable(socket.descriptor);
  readiness.cancel(socket.descriptor);
  await wait;
  readiness.close();
  for (const end of [socket, peer]) end.close();
  await waitUntil("closed descriptors", () => descriptorsOf(Deno.pid) === before);
});
