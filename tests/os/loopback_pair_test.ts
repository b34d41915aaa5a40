/** Tests of mod/os/loopback_pair.ts. */
import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { takeAll, UdpPeer } from "./udp_peer.ts";

const libc = openLibc();
const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("openLoopbackPair connects both ends to each other", () => {
  const pair = openLoopbackPair(libc);
  using near = pair.near;
  using far = pair.far;
  near.send(encode("to far"));
  far.send(encode("to near"));
  deepStrictEqual([takeAll(near), takeAll(far)], [["to near"], ["to far"]]);
});

Deno.test("openLoopbackPair returns the far end's address", () => {
  const pair = openLoopbackPair(libc);
  using _near = pair.near;
  using far = pair.far;
  deepStrictEqual(pair.farAddress, { address: "127.0.0.1", port: far.localPort });
});

Deno.test("openLoopbackPair makes ends that no third socket can write to", async () => {
  const pair = openLoopbackPair(libc);
  using near = pair.near;
  using far = pair.far;
  using stranger = new UdpPeer();
  for (const end of [near, far]) {
    await stranger.send("stranger", { address: "127.0.0.1", port: end.localPort });
    deepStrictEqual(takeAll(end), []);
  }
});

Deno.test("openLoopbackPair makes each pair on ports of its own", () => {
  const pairs = [openLoopbackPair(libc), openLoopbackPair(libc)];
  const sockets = pairs.flatMap(({ near, far }) => [near, far]);
  const ports = new Set(sockets.map(({ localPort }) => localPort));
  for (const socket of sockets) socket.close();
  strictEqual(ports.size, 4);
  notStrictEqual(pairs[0]?.farAddress.port, pairs[1]?.farAddress.port);
});
