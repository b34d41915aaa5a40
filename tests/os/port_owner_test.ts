/** Tests of mod/os/port_owner.ts against the sockets of this process and of another one. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { CallerSocket } from "../../mod/os/caller_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { findPortOwner } from "../../mod/os/port_owner.ts";
import { UdpPeer } from "./udp_peer.ts";

const libc = openLibc();

for (
  const [bound, asked] of [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["0.0.0.0", "127.0.0.1"],
    ["::", "127.0.0.1"],
    ["::", "::1"],
    ["0.0.0.0", "0.0.0.0"],
  ] as const
) {
  Deno.test(`findPortOwner finds a socket on ${bound} that conflicts with ${asked}`, () => {
    using socket = new UdpPeer(bound);
    const owner = findPortOwner(libc, { address: asked, port: socket.address.port });
    strictEqual(owner?.pid, Deno.pid);
  });
}

for (const [bound, asked] of [["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "::1"], ["::1", "127.0.0.1"]] as const) {
  Deno.test(`findPortOwner finds no owner for ${asked} if the port is used on ${bound} only`, () => {
    using socket = new UdpPeer(bound);
    strictEqual(findPortOwner(libc, { address: asked, port: socket.address.port }), null);
  });
}

Deno.test("findPortOwner does not return this process for the ports above and below its own", () => {
  using socket = new UdpPeer();
  const { address, port } = socket.address;
  const inUse = (candidate: number) => findPortOwner(libc, { address, port: candidate })?.pid === Deno.pid;
  deepStrictEqual([inUse(port - 1), inUse(port), inUse(port + 1)], [false, true, false]);
});

for (const address of ["127.0.0.1", "::1"]) {
  Deno.test(`findPortOwner does not count a connected socket on ${address}: running sessions outlive their listener`, () => {
    using session = CallerSocket.open(libc, { local: { address, port: 0 }, caller: { address, port: 9 } });
    strictEqual(findPortOwner(libc, { address, port: session.localPort }), null);
  });
}

Deno.test("findPortOwner finds the listening socket among connected ones", () => {
  using listener = new UdpPeer();
  using _session = CallerSocket.open(libc, { local: listener.address, caller: { address: "127.0.0.1", port: 9 } });
  strictEqual(findPortOwner(libc, listener.address)?.pid, Deno.pid);
});

Deno.test("findPortOwner finds no owner once the socket is closed", () => {
  const socket = new UdpPeer();
  const { address } = socket;
  socket[Symbol.dispose]();
  strictEqual(findPortOwner(libc, address), null);
});

Deno.test("findPortOwner returns the holder's command line as a list of arguments", () => {
  using socket = new UdpPeer();
  const [program, command] = findPortOwner(libc, socket.address)?.command ?? [];
  match(program ?? "", /^\/proc\/self\/exe$|deno[^/ ]*$/);
  strictEqual(command, "test");
});

Deno.test("findPortOwner names another process that holds the port", async () => {
  const script = `const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    console.log(socket.addr.port);
    await Deno.stdin.read(new Uint8Array(1));
    socket.close();`;
  const holder = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--unstable-net", script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = holder.stdout.getReader();
  try {
    const port = Number(new TextDecoder().decode((await output.read()).value));
    const owner = findPortOwner(libc, { address: "127.0.0.1", port });
    strictEqual(owner?.pid, holder.pid);
    deepStrictEqual(owner?.command.slice(1), ["eval", "--quiet", "--unstable-net", script]);
  } finally {
    await holder.stdin.close();
    await output.cancel();
    await holder.status;
  }
});

Deno.test("an IPv4 wildcard socket does not conflict with an IPv6 address", () => {
  using socket = new UdpPeer("0.0.0.0");
  strictEqual(findPortOwner(libc, { address: "::1", port: socket.address.port }), null);
});

Deno.test("a socket on the mapped address conflicts with the IPv4 address", () => {
  using socket = new UdpPeer("::ffff:127.0.0.1");
  strictEqual(findPortOwner(libc, { address: "127.0.0.1", port: socket.address.port })?.pid, Deno.pid);
});
