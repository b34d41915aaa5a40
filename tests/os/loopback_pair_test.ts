/** Tests of mod/os/loopback_pair.ts. */
import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { encodeSocketAddress } from "../../mod/os/socket_address.ts";
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

Deno.test("openLoopbackPair makes ends on two ports, also if the kernel gives the far end the port of the near one", () => {
  const given: number[] = [];
  const bind: typeof libc.symbols.bind = (descriptor, address, length) => {
    const isFirstOfFar = given.length === 1;
    const asked = isFirstOfFar ? encodeSocketAddress(libc, { address: "127.0.0.1", port: given[0] ?? 0 }) : address;
    const result = libc.symbols.bind(descriptor, asked, length);
    const bound = new DataView(new ArrayBuffer(28));
    libc.symbols.getsockname(descriptor, bound, Uint32Array.of(28));
    given.push(bound.getUint16(2));
    return result;
  };
  const { near, far } = openLoopbackPair({ ...libc, symbols: { ...libc.symbols, bind } });
  const ports = [near.localPort, far.localPort];
  for (const socket of [near, far]) socket.close();
  strictEqual(given[1], given[0]);
  notStrictEqual(ports[0], ports[1]);
});
