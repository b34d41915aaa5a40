/** Tests of mod/os/epoll.ts. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { CallerSocket } from "../../mod/os/caller_socket.ts";
import { Epoll } from "../../mod/os/epoll.ts";
import { openLibc, OsError } from "../../mod/os/libc.ts";
import { type LoopbackPair, openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { within } from "../support/deadline.ts";

const libc = openLibc();
const BYTE = Uint8Array.of(1);

/** A set with the near ends of `amount` pairs. */
function openSet(amount: number): { readonly epoll: Epoll; readonly pairs: readonly LoopbackPair[] } & Disposable {
  const epoll = new Epoll(libc);
  const pairs = Array.from({ length: amount }, () => openLoopbackPair(libc));
  for (const { near } of pairs) epoll.add(near.descriptor);
  return {
    epoll,
    pairs,
    [Symbol.dispose]: () => {
      for (const socket of pairs.flatMap(({ near, far }) => [near, far])) socket.close();
      epoll.close();
    },
  };
}

Deno.test("Epoll.wait returns exactly the readable descriptors", async () => {
  using opened = openSet(3);
  const [, second, third] = opened.pairs;
  for (const pair of [second, third]) pair?.far.send(BYTE);
  const ready = [...await opened.epoll.wait(5000)].sort((a, b) => a - b);
  deepStrictEqual(ready, [second?.near.descriptor, third?.near.descriptor].toSorted());
});

Deno.test("Epoll.wait returns a descriptor again until it is read", async () => {
  using opened = openSet(1);
  const [pair] = opened.pairs;
  pair?.far.send(BYTE);
  const first = await opened.epoll.wait(5000);
  deepStrictEqual(await opened.epoll.wait(5000), first);
  pair?.near.drop();
  deepStrictEqual(await opened.epoll.wait(0), []);
});

Deno.test("Epoll.wait returns nothing once its time has passed", async () => {
  using opened = openSet(1);
  const startedMs = performance.now();
  deepStrictEqual(await within(opened.epoll.wait(30), "the end of a wait"), []);
  ok(performance.now() - startedMs >= 29);
});

Deno.test("Epoll.wait does not block the event loop", async () => {
  using opened = openSet(1);
  let waited = false;
  const waiting = opened.epoll.wait(5000).then(() => waited = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  strictEqual(waited, false);
  opened.pairs[0]?.far.send(BYTE);
  await within(waiting, "a datagram");
});

Deno.test("Epoll.add takes effect while a wait is in progress", async () => {
  using opened = openSet(0);
  using late = openLoopbackPair(libc).near;
  using refused = CallerSocket.open(libc, {
    local: { address: "127.0.0.1", port: 0 },
    caller: { address: "127.0.0.1", port: 9 },
  });
  const waiting = opened.epoll.wait(5000);
  // port 9 is closed, so the socket becomes readable immediately: it has an error
  refused.send(BYTE);
  opened.epoll.add(late.descriptor);
  opened.epoll.add(refused.descriptor);
  deepStrictEqual(await waiting, [refused.descriptor]);
});

Deno.test("Epoll.wait does not return a descriptor after Epoll.remove", async () => {
  using opened = openSet(1);
  const [pair] = opened.pairs;
  pair?.far.send(BYTE);
  opened.epoll.remove(pair?.near.descriptor ?? -1);
  deepStrictEqual(await opened.epoll.wait(0), []);
});

Deno.test("Epoll.wait returns all readable descriptors in several calls if one call cannot return all of them", async () => {
  using opened = openSet(70);
  for (const { far } of opened.pairs) far.send(BYTE);
  const returned = new Set<number>();
  for (let rounds = 0; rounds < 4; rounds += 1) {
    for (const descriptor of await opened.epoll.wait(0)) returned.add(descriptor);
    for (const { near } of opened.pairs) if (returned.has(near.descriptor)) near.drop();
  }
  strictEqual(returned.size, 70);
});

Deno.test("Epoll.add throws OsError for an invalid descriptor", () => {
  const epoll = new Epoll(libc);
  try {
    throws(() => epoll.add(-1), OsError);
  } finally {
    epoll.close();
  }
});
