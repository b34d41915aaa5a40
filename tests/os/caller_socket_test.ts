/** Tests of mod/os/caller_socket.ts on real sockets of loopback. */
import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { CallerSocket } from "../../mod/os/caller_socket.ts";
import { ERRNO, type Libc, openLibc, OsError } from "../../mod/os/libc.ts";
import { readProcLink } from "../../mod/os/proc.ts";
import { takeAll, UdpPeer } from "./udp_peer.ts";

const libc = openLibc();
const encode = (text: string) => new TextEncoder().encode(text);

/** The C library, which calls `beforeConnect` right before `connect`: the new socket is bound and not yet connected. */
function libcWith(beforeConnect: () => void): Libc {
  const connect: Libc["symbols"]["connect"] = (descriptor, address, length) => {
    beforeConnect();
    return libc.symbols.connect(descriptor, address, length);
  };
  return { ...libc, symbols: { ...libc.symbols, connect } };
}

/** A socket on `address` that is connected to the listener's port `ports.to`, so that sending is one synchronous call. */
function openSender(address: string, ports: { readonly from?: number; readonly to: number }): CallerSocket {
  const listener = address.replace("127.0.0.2", "127.0.0.1");
  return CallerSocket.open(libc, {
    local: { address, port: ports.from ?? 0 },
    caller: { address: listener, port: ports.to },
  });
}

/** Opens a caller socket while a caller and a stranger send to its port, and returns what arrived in it. */
function openAmongSenders(
  { local, caller, stranger, strangerPort }: {
    readonly local: string;
    readonly caller: string;
    readonly stranger: string;
    readonly strangerPort: "same" | "other";
  },
): readonly string[] {
  using listener = new UdpPeer(local);
  const { port } = listener.address;
  using callerSends = openSender(caller, { to: port });
  const from = callerSends.localPort;
  using strangerSends = openSender(stranger, { to: port, ...(strangerPort === "same" ? { from } : {}) });
  const sendAll = () => {
    strangerSends.send(encode("stranger before"));
    callerSends.send(encode("caller"));
    strangerSends.send(encode("stranger after"));
  };
  using socket = CallerSocket.open(libcWith(sendAll), {
    local: { address: local, port },
    caller: { address: local.includes(".") && local.includes(":") ? `::ffff:${caller}` : caller, port: from },
  });
  strangerSends.send(encode("stranger late"));
  return takeAll(socket);
}

for (
  const [family, addresses] of [
    ["IPv4", { local: "127.0.0.1", caller: "127.0.0.1" }],
    ["IPv6", { local: "::1", caller: "::1" }],
    ["IPv4-mapped IPv6", { local: "::ffff:127.0.0.1", caller: "127.0.0.1" }],
  ] as const
) {
  Deno.test(`CallerSocket.open (${family}) receives between bind and connect only from the caller, not from another port of its address`, () => {
    const queued = openAmongSenders({ ...addresses, stranger: addresses.caller, strangerPort: "other" });
    deepStrictEqual(queued, ["caller"]);
  });
}

for (const [family, local] of [["IPv4", "127.0.0.1"], ["IPv4-mapped IPv6", "::ffff:127.0.0.1"]] as const) {
  Deno.test(`CallerSocket.open (${family}) accepts no datagram from the caller's port at another address`, () => {
    const queued = openAmongSenders({ local, caller: "127.0.0.1", stranger: "127.0.0.2", strangerPort: "same" });
    deepStrictEqual(queued, ["caller"]);
  });
}

Deno.test("a caller socket receives its caller's datagrams, and the listening socket of the port receives all others", async () => {
  using listener = new UdpPeer();
  using caller = new UdpPeer();
  using stranger = new UdpPeer();
  using socket = CallerSocket.open(libc, { local: listener.address, caller: caller.address });
  await caller.send("caller", listener.address);
  await stranger.send("stranger", listener.address);
  strictEqual(await listener.receiveText(), "stranger");
  deepStrictEqual(takeAll(socket), ["caller"]);
});

Deno.test("the listening socket receives a caller's datagrams again once the caller socket is closed", async () => {
  using listener = new UdpPeer();
  using caller = new UdpPeer();
  CallerSocket.open(libc, { local: listener.address, caller: caller.address }).close();
  await caller.send("again", listener.address);
  strictEqual(await listener.receiveText(), "again");
});

Deno.test("CallerSocket.send reaches the caller from the address that it called", async () => {
  using listener = new UdpPeer("127.0.0.2");
  using caller = new UdpPeer();
  using socket = CallerSocket.open(libc, { local: listener.address, caller: caller.address });
  strictEqual(socket.send(encode("answer")), true);
  const { bytes, from } = await caller.receiveFrom();
  deepStrictEqual([new TextDecoder().decode(bytes), from], ["answer", listener.address]);
});

Deno.test("CallerSocket.peek leaves the datagram in the queue, and drop removes exactly one", async () => {
  using caller = new UdpPeer();
  using listener = new UdpPeer();
  using socket = CallerSocket.open(libc, { local: listener.address, caller: caller.address });
  for (const text of ["first", "second!"]) await caller.send(text, listener.address);
  const buffer = new Uint8Array(2048);
  deepStrictEqual([socket.peek(buffer), socket.peek(buffer)], [5, 5]);
  socket.drop();
  strictEqual(socket.peek(buffer), 7);
  socket.drop();
  strictEqual(socket.peek(buffer), "empty");
});

Deno.test("CallerSocket.peek cuts a datagram that is longer than its buffer, and drop removes all of it", async () => {
  using caller = new UdpPeer();
  using listener = new UdpPeer();
  using socket = CallerSocket.open(libc, { local: listener.address, caller: caller.address });
  await caller.send(new Uint8Array(1400).fill(7), listener.address);
  strictEqual(socket.peek(new Uint8Array(64)), 64);
  socket.drop();
  strictEqual(socket.peek(new Uint8Array(64)), "empty");
});

Deno.test("CallerSocket.peek distinguishes an empty datagram (0) from no datagram", async () => {
  using caller = new UdpPeer();
  using listener = new UdpPeer();
  using socket = CallerSocket.open(libc, { local: listener.address, caller: caller.address });
  await caller.send(new Uint8Array(0), listener.address);
  strictEqual(socket.peek(new Uint8Array(64)), 0);
});

Deno.test("CallerSocket.peek reports that the caller's port is closed", () => {
  const gone = new UdpPeer();
  const caller = gone.address;
  gone[Symbol.dispose]();
  using socket = CallerSocket.open(libc, { local: { address: "127.0.0.1", port: 0 }, caller });
  socket.send(encode("anybody?"));
  strictEqual(socket.peek(new Uint8Array(64)), "unreachable");
});

Deno.test("CallerSocket.peekAll copies the queue in order and leaves it as it is", async () => {
  using caller = new UdpPeer();
  using socket = CallerSocket.open(libc, {
    local: { address: "127.0.0.1", port: 0 },
    caller: { address: "127.0.0.1", port: caller.address.port },
  });
  const listener = { address: "127.0.0.1", port: socket.localPort };
  for (const text of ["one", "two", "three"]) await caller.send(encode(text), listener);
  const peeked = socket.peekAll({ max: 2, bytes: 64 }).map((datagram) => new TextDecoder().decode(datagram));
  deepStrictEqual(peeked, ["one", "two"]);
  deepStrictEqual(takeAll(socket), ["one", "two", "three"]);
});

Deno.test("CallerSocket.open throws OsError with the address if this machine does not have it", () => {
  const addresses = { local: { address: "203.0.113.1", port: 0 }, caller: { address: "127.0.0.1", port: 9 } };
  throws(() => CallerSocket.open(libc, addresses), (error) => {
    if (!(error instanceof OsError)) return false;
    match(error.message, /^cannot bind a caller socket to 203\.0\.113\.1 port 0: .+ \(os error 99\)$/);
    return true;
  });
});

Deno.test("CallerSocket.open leaves no descriptor open when a step fails", () => {
  const failing = { ...libc, symbols: { ...libc.symbols, connect: () => -1 } };
  const addresses = { local: { address: "127.0.0.1", port: 0 }, caller: { address: "127.0.0.1", port: 9 } };
  let made = -1;
  const socket: Libc["symbols"]["socket"] = (...args) => made = libc.symbols.socket(...args);
  throws(() => CallerSocket.open({ ...failing, symbols: { ...failing.symbols, socket } }, addresses), OsError);
  strictEqual(readProcLink(libc, `/proc/self/fd/${made}`), null);
});

Deno.test("CallerSocket.close closes the descriptor once, however often it is called", () => {
  const addresses = { local: { address: "127.0.0.1", port: 0 }, caller: { address: "127.0.0.1", port: 9 } };
  const closed: number[] = [];
  const close: Libc["symbols"]["close"] = (descriptor) => {
    closed.push(descriptor);
    return libc.symbols.close(descriptor);
  };
  const socket = CallerSocket.open({ ...libc, symbols: { ...libc.symbols, close } }, addresses);
  const { descriptor } = socket;
  socket.close();
  socket.close();
  deepStrictEqual([closed, socket.descriptor], [[descriptor], -1]);
});

Deno.test("CallerSocket.release returns the open descriptor", () => {
  const socket = CallerSocket.open(libc, {
    local: { address: "127.0.0.1", port: 0 },
    caller: { address: "127.0.0.1", port: 9 },
  });
  const descriptor = socket.release();
  socket.close();
  match(String(readProcLink(libc, `/proc/self/fd/${descriptor}`)), /^socket:/);
  libc.symbols.close(descriptor);
});

Deno.test("OsError keeps errno and the system's text", () => {
  libc.symbols.close(-1);
  const error = libc.lastError("cannot close");
  deepStrictEqual([error.errno, error.message], [9, "cannot close: Bad file descriptor (os error 9)"]);
  strictEqual(ERRNO.ECONNREFUSED, 111);
});
