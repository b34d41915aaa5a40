/** Tests of mod/door/datagram_sockets.ts on loopback; each test chooses the addresses that the machine reports. */
import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import type { Screening } from "../../mod/door/datagram_screen.ts";
import { type Datagram, DatagramSockets } from "../../mod/door/datagram_sockets.ts";
import { ListenError } from "../../mod/door/listen_error.ts";
import type { ListenScope } from "../../mod/door/local_addresses.ts";
import { freePort } from "../../mod/os/free_port.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { findPortOwner } from "../../mod/os/port_owner.ts";
import { UdpPeer } from "../os/udp_peer.ts";
import { within } from "../support/deadline.ts";
import { waitUntil } from "../support/processes.ts";

const libc = openLibc();

/** Sockets on addresses that can be changed while they are open, and what they received. */
class Bound implements Disposable {
  readonly warnings: string[] = [];
  readonly #waiting: ((datagram: Datagram) => void)[] = [];
  addresses: readonly string[];
  received = 0;
  interfaces = (): readonly Deno.NetworkInterfaceInfo[] => this.addresses.map(interfaceOf);
  readonly sockets: DatagramSockets;
  screen: (datagram: Uint8Array<ArrayBuffer>, source: Uint8Array) => Screening = () => "receive";

  constructor(port: number, addresses: readonly string[], scope: ListenScope = { kind: "every" }) {
    this.addresses = addresses;
    this.sockets = DatagramSockets.bind(port, {
      libc,
      scope,
      interfaces: () => this.interfaces(),
      screen: (datagram, source) => this.screen(datagram, source),
      onDatagram: (datagram) => {
        this.received += 1;
        this.#waiting.shift()?.({ ...datagram, bytes: datagram.bytes.slice() });
      },
      onWarning: (text) => this.warnings.push(text),
    });
  }

  /** Calls `send`, and returns the next datagram that is received. */
  async next(send: () => Promise<void>): Promise<Datagram> {
    const received = new Promise<Datagram>((resolve) => this.#waiting.push(resolve));
    await send();
    return await within(received, "a datagram");
  }

  [Symbol.dispose](): void {
    this.sockets.close();
  }
}

function interfaceOf(address: string): Deno.NetworkInterfaceInfo {
  return {
    name: "test",
    family: address.includes(":") ? "IPv6" : "IPv4",
    address,
    netmask: "",
    scopeid: null,
    cidr: "",
    mac: "",
  };
}

/** Waits until the port is free: while a receive is pending, Deno closes a socket only in a later turn of its event loop. */
async function whenFree(address: string, port: number): Promise<void> {
  await waitUntil(`${address} port ${port}`, () => findPortOwner(libc, { address, port }) === null);
}

Deno.test("DatagramSockets.bind with port 0 binds the same port on every address", () => {
  using bound = new Bound(0, ["127.0.0.1", "127.0.0.2", "::1"]);
  const { port, endpoints } = bound.sockets;
  deepStrictEqual(endpoints, ["127.0.0.1", "127.0.0.2", "::1"].map((address) => ({ address, port })));
  strictEqual(port > 0, true);
});

Deno.test("a datagram is received with its source and the address that was called", async () => {
  using bound = new Bound(0, ["127.0.0.1", "127.0.0.2"]);
  using caller = new UdpPeer();
  const local = { address: "127.0.0.2", port: bound.sockets.port };
  const { bytes, ...addresses } = await bound.next(() => caller.send("hello", local));
  deepStrictEqual([new TextDecoder().decode(bytes), addresses], ["hello", { caller: caller.address, local }]);
});

Deno.test("bytes that the screen returns are sent back from the address that was called, one by one and in a burst, and nothing is received", async () => {
  using bound = new Bound(0, ["127.0.0.1", "127.0.0.2"]);
  using caller = new UdpPeer();
  const local = { address: "127.0.0.2", port: bound.sockets.port };
  const sources: string[] = [];
  bound.screen = (datagram, source) => {
    sources.push(source.subarray(2, 8).join(" "));
    return datagram.toReversed();
  };
  const expected = [caller.address.port >>> 8, caller.address.port & 0xff, 127, 0, 0, 1].join(" ");
  await caller.send("one", local); // received by Deno; datagrams queued behind one another are received through FFI
  deepStrictEqual((await caller.receiveFrom()).from, local);
  await Promise.all(Array.from({ length: 20 }, () => caller.send("burst", local)));
  for (let count = 0; count < 20; count += 1) {
    const { bytes, from } = await caller.receiveFrom();
    deepStrictEqual([new TextDecoder().decode(bytes), from], ["tsrub", local]);
  }
  deepStrictEqual([sources, bound.received], [Array(21).fill(expected), 0]);
});

Deno.test("what the screen drops is not received", async () => {
  using bound = new Bound(0, ["127.0.0.1"]);
  using caller = new UdpPeer();
  const local = { address: "127.0.0.1", port: bound.sockets.port };
  bound.screen = (datagram) => datagram.length === 4 ? "drop" : "receive";
  const { bytes } = await bound.next(async () => {
    for (const text of ["drop", "drop", "drop", "passes"]) await caller.send(text, local);
  });
  deepStrictEqual([new TextDecoder().decode(bytes), bound.received], ["passes", 1]);
});

Deno.test("DatagramSockets.send answers from the address that was called", async () => {
  using bound = new Bound(0, ["127.0.0.1", "127.0.0.2"]);
  using caller = new UdpPeer();
  const local = { address: "127.0.0.2", port: bound.sockets.port };
  bound.sockets.send(new TextEncoder().encode("answer"), { local, caller: caller.address });
  deepStrictEqual((await caller.receiveFrom()).from, local);
});

Deno.test("DatagramSockets.send to a closed port, or from an address that is not bound, does not throw", async () => {
  using bound = new Bound(0, ["127.0.0.1"]);
  using caller = new UdpPeer();
  const { port } = bound.sockets;
  for (const address of ["127.0.0.1", "127.0.0.9"]) {
    bound.sockets.send(Uint8Array.of(1), { local: { address, port }, caller: { address: "127.0.0.1", port: 9 } });
  }
  const { bytes } = await bound.next(() => caller.send("still there", { address: "127.0.0.1", port }));
  strictEqual(new TextDecoder().decode(bytes), "still there");
});

Deno.test("DatagramSockets.bind throws for a port in use, and names its owner", () => {
  using holder = new UdpPeer();
  const { port } = holder.address;
  throws(() => new Bound(port, ["127.0.0.1"]), (error) => {
    if (!(error instanceof ListenError)) return false;
    match(
      error.message,
      new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}: already in use by .+ \\(PID ${Deno.pid}\\)$`),
    );
    match(error.hint ?? "", /^choose another port/);
    return true;
  });
});

Deno.test("DatagramSockets.bind leaves no address bound if one of them is in use", async () => {
  using holder = new UdpPeer("127.0.0.2");
  const { port } = holder.address;
  throws(() => new Bound(port, ["127.0.0.1", "127.0.0.2"]), ListenError);
  await whenFree("127.0.0.1", port);
});

Deno.test("DatagramSockets.bind throws for an IPv6 address in use", () => {
  using holder = new UdpPeer("::1");
  throws(() => new Bound(holder.address.port, ["::1"]), /^ListenError: cannot listen on \[::1\]:\d+: /);
});

Deno.test("DatagramSockets.bind throws if this machine does not have the address", () => {
  throws(
    () => new Bound(0, [], { kind: "one", address: "203.0.113.1" }),
    /cannot listen on 203\.0\.113\.1:0: this machine does not have that address$/,
  );
});

Deno.test("DatagramSockets.bind throws if the machine has no address of the family", () => {
  throws(() => new Bound(0, ["127.0.0.1"], { kind: "every-ipv6" }), /this machine has no IPv6 address$/);
});

Deno.test("DatagramSockets.bind skips an address that cannot be bound yet, and warns", () => {
  using bound = new Bound(0, ["203.0.113.1", "127.0.0.1"]);
  deepStrictEqual(bound.sockets.endpoints.map(({ address }) => address), ["127.0.0.1"]);
  strictEqual(bound.warnings.length, 1);
  match(bound.warnings[0] ?? "", /^cannot listen on 203\.0\.113\.1:\d+: .*; trying again$/);
});

Deno.test("DatagramSockets.bind throws if none of several addresses can be bound", () => {
  throws(() => new Bound(0, ["203.0.113.1", "203.0.113.2"]), ListenError);
});

Deno.test("DatagramSockets.refresh changes nothing if the addresses cannot be read, and warns once", () => {
  using bound = new Bound(0, ["127.0.0.1"]);
  const { endpoints } = bound.sockets;
  bound.interfaces = () => {
    throw new Error("Too many open files (os error 24)");
  };
  for (let times = 0; times < 3; times += 1) bound.sockets.refresh();
  deepStrictEqual([bound.sockets.endpoints, bound.warnings], [endpoints, [
    "cannot read the addresses of this machine: too many open files; trying again",
  ]]);
});

Deno.test("DatagramSockets.refresh does not read the addresses if one is named", () => {
  using bound = new Bound(0, ["127.0.0.1"], { kind: "one", address: "127.0.0.1" });
  bound.interfaces = () => {
    throw new Error("asked");
  };
  bound.sockets.refresh();
  deepStrictEqual([bound.sockets.endpoints.length, bound.warnings], [1, []]);
});

Deno.test("DatagramSockets.refresh binds an address that appeared, on the same port", async () => {
  using bound = new Bound(freePort("127.0.0.1"), ["127.0.0.1"]);
  using caller = new UdpPeer();
  bound.addresses = ["127.0.0.1", "127.0.0.3"];
  bound.sockets.refresh();
  const local = { address: "127.0.0.3", port: bound.sockets.port };
  const { local: called } = await bound.next(() => caller.send("new", local));
  deepStrictEqual([called, bound.sockets.endpoints.length], [local, 2]);
});

Deno.test("DatagramSockets.refresh closes an address that was removed and keeps the others", async () => {
  using bound = new Bound(0, ["127.0.0.1", "127.0.0.2"]);
  using caller = new UdpPeer();
  bound.addresses = ["127.0.0.1"];
  bound.sockets.refresh();
  const { port } = bound.sockets;
  deepStrictEqual(bound.sockets.endpoints, [{ address: "127.0.0.1", port }]);
  await whenFree("127.0.0.2", port);
  await bound.next(() => caller.send("kept", { address: "127.0.0.1", port }));
  deepStrictEqual(bound.warnings, []);
});

Deno.test("DatagramSockets.refresh warns once about an address that it cannot bind, and binds it later", () => {
  const port = freePort("127.0.0.1");
  using bound = new Bound(port, ["127.0.0.1"]);
  const holder = new UdpPeer("127.0.0.2", port);
  bound.addresses = ["127.0.0.1", "127.0.0.2"];
  for (let times = 0; times < 3; times += 1) bound.sockets.refresh();
  strictEqual(bound.warnings.length, 1);
  match(bound.warnings[0] ?? "", /^cannot listen on 127\.0\.0\.2:\d+: already in use by .*; trying again$/);
  holder[Symbol.dispose]();
  bound.sockets.refresh();
  deepStrictEqual([bound.sockets.endpoints.length, bound.warnings.length], [2, 1]);
});

Deno.test("DatagramSockets.refresh changes nothing if the addresses are the same", () => {
  using bound = new Bound(0, ["127.0.0.1", "::1"]);
  const before = bound.sockets.endpoints;
  bound.sockets.refresh();
  deepStrictEqual([bound.sockets.endpoints, bound.warnings], [before, []]);
});

Deno.test("DatagramSockets.close frees the port without a warning", async () => {
  const bound = new Bound(0, ["127.0.0.1"]);
  const { port } = bound.sockets;
  bound.sockets.close();
  bound.sockets.close();
  await whenFree("127.0.0.1", port);
  deepStrictEqual([bound.sockets.endpoints, bound.warnings], [[], []]);
});
