/** Tests of mod/os/inherited_socket.ts on real sockets. inherited_socket_guard_test.ts tests it with libsrt. */
import { deepStrictEqual, notStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { InheritedSocket } from "../../mod/os/inherited_socket.ts";
import { openLibc, OsError } from "../../mod/os/libc.ts";
import { type LoopbackPair, openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { listProcFolder, readProcFile, readProcLink } from "../../mod/os/proc.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { takeAll } from "./udp_peer.ts";

const libc = openLibc();

/** The C library's `recv` on a thread of its own, as libsrt reads. */
const threads = Deno.dlopen("libc.so.6", {
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize", nonblocking: true },
}).symbols;
const LOCAL = { address: "127.0.0.1" };
const encode = (text: string) => new TextEncoder().encode(text);

/**
 * Hands a socket over to the test, which takes the place of libsrt. `use` gets the stand-in, the empty socket that libsrt is
 * given first. Disposal closes `taken` and the far end.
 */
function handedOver(pair: LoopbackPair, use: (standIn: number) => void = () => {}) {
  const descriptor = pair.near.release();
  const socket = new InheritedSocket(libc, descriptor);
  const taken = socket.handOver(LOCAL, (standIn) => {
    use(standIn);
    return standIn;
  });
  return {
    socket,
    descriptor,
    taken,
    [Symbol.dispose]: () => {
      libc.symbols.close(taken);
      pair.far.close();
    },
  };
}

/** Receives everything that is queued under a descriptor number. */
function received(descriptor: number): readonly string[] {
  const buffer = new Uint8Array(64);
  const texts: string[] = [];
  while (true) {
    const length = Number(libc.symbols.recv(descriptor, buffer, 64n, 0x40));
    if (length < 0) return texts;
    texts.push(new TextDecoder().decode(buffer.subarray(0, length)));
  }
}

Deno.test("handOver puts the caller socket, with what is queued in it, under the number that libsrt acquired", () => {
  const pair = openLoopbackPair(libc);
  pair.far.send(encode("queued"));
  using handed = handedOver(pair);
  pair.far.send(encode("later"));
  deepStrictEqual(received(handed.taken), ["queued", "later"]);
});

Deno.test("handOver keeps the type of service and the time to live that libsrt sets for its packets", () => {
  const pair = openLoopbackPair(libc);
  const [IP_TOS, IP_TTL] = [1, 2];
  using handed = handedOver(pair, (standIn) => {
    strictEqual(libc.symbols.setsockopt(standIn, 0, IP_TOS, Int32Array.of(0xb8), 4), 0);
    strictEqual(libc.symbols.setsockopt(standIn, 0, IP_TTL, Int32Array.of(17), 4), 0);
  });
  const read = (option: number) => {
    const value = new Int32Array(1);
    strictEqual(libc.symbols.getsockopt(handed.taken, 0, option, value, Uint32Array.of(4)), 0);
    return value[0];
  };
  deepStrictEqual([read(IP_TOS), read(IP_TTL)], [0xb8, 17]);
});

Deno.test("handOver gives libsrt an empty socket first", () => {
  const pair = openLoopbackPair(libc);
  pair.far.send(encode("queued"));
  let before: readonly string[] = ["not asked"];
  using _handed = handedOver(pair, (standIn) => before = received(standIn));
  deepStrictEqual(before, []);
});

Deno.test("handOver closes the inherited descriptor, so that none is left open when libsrt closes its own", () => {
  using handed = handedOver(openLoopbackPair(libc));
  notStrictEqual(handed.taken, handed.descriptor);
  strictEqual(readProcLink(libc, `/proc/self/fd/${handed.descriptor}`), null);
});

for (
  const [name, option, value, reported] of [
    ["receive time-out", 20, [0, 0, 20_000, 0], [0, 0, 20_000, 0]],
    ["send buffer", 7, [50_000], [100_000]],
  ] as const
) {
  Deno.test(`handOver gives the caller socket the ${name} that libsrt set on the stand-in`, () => {
    using handed = handedOver(openLoopbackPair(libc), (standIn) => {
      const wanted = Int32Array.from(value);
      libc.symbols.setsockopt(standIn, 1, option, wanted, wanted.byteLength);
    });
    const found = new Int32Array(reported.length);
    libc.symbols.getsockopt(handed.taken, 1, option, found, Uint32Array.of(found.byteLength));
    deepStrictEqual([...found], [...reported]);
  });
}

Deno.test("handOver gives the caller socket the file status flags of the stand-in", () => {
  using handed = handedOver(openLoopbackPair(libc), (standIn) => libc.symbols.fcntl(standIn, 4, 0o4000));
  strictEqual(libc.symbols.fcntl(handed.taken, 3, 0) & 0o4000, 0o4000); // F_GETFL, O_NONBLOCK
});

/** Waits until a thread of this process is in a system call on `descriptor`. Blocks the event loop. */
function untilThreadWaitsIn(descriptor: number): void {
  const endMs = performance.now() + DEADLINE_MS;
  const waits = new RegExp(`^\\d+ 0x${descriptor.toString(16)} `);
  while (
    !listProcFolder(libc, "/proc/self/task").some((thread) =>
      waits.test(readProcFile(libc, `/proc/self/task/${thread}/syscall`) ?? "")
    )
  ) {
    if (performance.now() > endMs) throw new Error(`no thread waits in a system call on descriptor ${descriptor}`);
  }
}

Deno.test("handOver wakes a thread that waits in the stand-in, so that it reads the caller socket at once", async () => {
  let received: Promise<number | bigint> = Promise.resolve(-1);
  using _handed = handedOver(openLoopbackPair(libc), (standIn) => {
    const seconds = BigInt64Array.of(BigInt(DEADLINE_MS / 1000), 0n); // a deadline, in case it is not woken
    libc.symbols.setsockopt(standIn, 1, 20, seconds, 16);
    received = threads.recv(standIn, new Uint8Array(64), 64n, 0);
    untilThreadWaitsIn(standIn);
  });
  strictEqual(Number(await received), 0); // woken; it is -1 if the receive timed out
});

Deno.test("handOver passes on what acquire throws and leaves the caller socket as it was", () => {
  const pair = openLoopbackPair(libc);
  using near = pair.near;
  using far = pair.far;
  const socket = new InheritedSocket(libc, near.descriptor);
  throws(() =>
    socket.handOver(LOCAL, (standIn) => {
      libc.symbols.close(standIn);
      throw new Error("no listener");
    }), /no listener/);
  far.send(encode("still here"));
  deepStrictEqual(takeAll(near), ["still here"]);
});

Deno.test("handOver throws OsError for an invalid descriptor", () => {
  const socket = new InheritedSocket(libc, 99_999);
  let standIn = -1;
  throws(() => socket.handOver(LOCAL, (descriptor) => standIn = descriptor), OsError);
  libc.symbols.close(standIn);
});

Deno.test("detach removes the caller socket from libsrt, also if the machine no longer has its address", () => {
  for (const address of ["127.0.0.1", "203.0.113.1"]) {
    const pair = openLoopbackPair(libc);
    using handed = handedOver(pair);
    handed.socket.detach({ address });
    pair.far.send(encode("later"));
    deepStrictEqual(received(handed.taken), []);
  }
});

Deno.test("InheritedSocket.send reaches the caller before and after the hand-over", () => {
  const pair = openLoopbackPair(libc);
  const socket = new InheritedSocket(libc, pair.near.release());
  socket.send(encode("before"));
  const standIn = socket.handOver(LOCAL, (descriptor) => descriptor);
  socket.send(encode("after"));
  const texts = takeAll(pair.far);
  libc.symbols.close(standIn);
  pair.far.close();
  deepStrictEqual(texts, ["before", "after"]);
});

Deno.test("handOver gives the caller socket a large receive buffer if the kernel allows it", () => {
  using handed = handedOver(openLoopbackPair(libc), (standIn) => {
    libc.symbols.setsockopt(standIn, 1, 8, Int32Array.of(70_000), 4);
  });
  const { limitBytes } = handed.socket.queue();
  ok(limitBytes === 140_000 || limitBytes === 2 * 8192 * 1500, String(limitBytes));
});

Deno.test("arrivalStamp changes when a datagram is read, not when it arrives", async () => {
  const pair = openLoopbackPair(libc);
  using handed = handedOver(pair);
  // on a busy machine, the kernel turns its timestamps on only some time after the first call
  for (const deadlineMs = performance.now() + DEADLINE_MS;;) {
    pair.far.send(encode("one"));
    received(handed.taken);
    const before = handed.socket.arrivalStamp();
    pair.far.send(encode("two"));
    const unread = handed.socket.arrivalStamp();
    received(handed.taken);
    const after = handed.socket.arrivalStamp();
    if (before !== null && before === unread && after !== null && after > before) return;
    ok(performance.now() < deadlineMs, `${before} ${unread} ${after}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

Deno.test("arrivalStamp is null before anything was read", () => {
  using handed = handedOver(openLoopbackPair(libc));
  strictEqual(handed.socket.arrivalStamp(), null);
});

Deno.test("queue counts what waits and what was dropped because the queue was full", () => {
  const pair = openLoopbackPair(libc);
  using handed = handedOver(pair);
  strictEqual(handed.socket.queue().queuedBytes, 0);
  libc.symbols.setsockopt(handed.taken, 1, 8, Int32Array.of(4096), 4);
  for (let sent = 0; sent < 200; sent += 1) pair.far.send(encode("x".repeat(1000)));
  const { queuedBytes, drops } = handed.socket.queue();
  ok(queuedBytes > 0 && drops > 0, `${queuedBytes} ${drops}`);
  strictEqual(received(handed.taken).length + drops, 200);
});

Deno.test("takeCopies returns what was sent through the socket since startCopies, in order, each with its headers in front", () => {
  const pair = openLoopbackPair(libc);
  using handed = handedOver(pair);
  handed.socket.send(encode("before"));
  handed.socket.startCopies();
  handed.socket.send(encode("first"));
  handed.socket.send(encode("second"));
  const copies = handed.socket.takeCopies().map((copy) => new TextDecoder().decode(copy.subarray(14 + 20 + 8)));
  deepStrictEqual(copies, ["first", "second"]); // after Ethernet, IPv4 and UDP headers
  deepStrictEqual(handed.socket.takeCopies(), []);
});

Deno.test("startCopies changes nothing for the reader of the socket", () => {
  const pair = openLoopbackPair(libc);
  using handed = handedOver(pair);
  handed.socket.startCopies();
  handed.socket.send(encode("sent"));
  pair.far.send(encode("received"));
  deepStrictEqual(received(handed.taken), ["received"]);
});

Deno.test("stopCopies discards the copies, and there are none from then on", () => {
  const pair = openLoopbackPair(libc);
  using handed = handedOver(pair);
  handed.socket.startCopies();
  handed.socket.send(encode("kept"));
  handed.socket.stopCopies();
  handed.socket.send(encode("later"));
  deepStrictEqual(handed.socket.takeCopies(), []);
});
