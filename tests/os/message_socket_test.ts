/** Tests of mod/os/message_socket.ts: both ends in this process. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { ERRNO, openLibc, OsError } from "../../mod/os/libc.ts";
import { openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { readProcLink } from "../../mod/os/proc.ts";

const libc = openLibc();

class Pair implements Disposable {
  readonly near: MessageSocket;
  readonly far: MessageSocket;

  constructor() {
    [this.near, this.far] = MessageSocket.pair(libc);
  }

  [Symbol.dispose](): void {
    this.near.close();
    this.far.close();
  }
}

function receive(socket: MessageSocket): readonly number[] | string {
  const into = new Uint8Array(16);
  const length = socket.receive(into);
  return typeof length === "string" ? length : [...into.subarray(0, length)];
}

Deno.test("MessageSocket keeps messages apart and in order, in both directions", () => {
  using pair = new Pair();
  pair.near.send(Uint8Array.of(1, 2));
  pair.near.send(Uint8Array.of(3));
  pair.far.send(Uint8Array.of(4));
  deepStrictEqual([receive(pair.far), receive(pair.far), receive(pair.far)], [[1, 2], [3], "empty"]);
  deepStrictEqual(receive(pair.near), [4]);
});

Deno.test("MessageSocket.receive returns the length of a message that is longer than the buffer", () => {
  using pair = new Pair();
  pair.near.send(new Uint8Array(100));
  strictEqual(pair.far.receive(new Uint8Array(10)), 100);
});

Deno.test("MessageSocket.send does not wait for a reader, and works again when there is room", () => {
  using pair = new Pair();
  const message = new Uint8Array(4096).fill(7);
  let sent = 0;
  while (pair.near.send(message) === "sent") sent += 1;
  strictEqual(pair.near.send(message), "full");
  for (let received = 0; received < sent; received += 1) strictEqual(pair.far.receive(new Uint8Array(4096)), 4096);
  strictEqual(pair.near.send(message), "sent");
});

Deno.test("messages that were sent before the other side closed are received, then the end", () => {
  using pair = new Pair();
  pair.near.send(Uint8Array.of(1));
  pair.near.close();
  deepStrictEqual([receive(pair.far), receive(pair.far)], [[1], "closed"]);
  strictEqual(pair.far.send(Uint8Array.of(2)), "closed");
});

Deno.test("messages that a side sent are received even if it closes with unread messages", () => {
  using pair = new Pair();
  pair.near.send(Uint8Array.of(1));
  pair.far.send(Uint8Array.of(2));
  pair.near.close();
  deepStrictEqual([receive(pair.far), receive(pair.far)], [[1], "closed"]);
});

Deno.test("MessageSocket.send throws OsError for a message that the socket cannot hold", () => {
  using pair = new Pair();
  throws(() => pair.near.send(new Uint8Array(10_000_000)), OsError);
});

for (const wait of [false, true]) {
  Deno.test(`a descriptor that arrives with a message refers to the same file${wait ? ", also if the receive waits" : ""}`, () => {
    using pair = new Pair();
    const { near: socket, far } = openLoopbackPair(libc);
    using _far = far;
    using sent = socket;
    pair.near.send(Uint8Array.of(9), sent.descriptor);
    const received = pair.far.receiveWithDescriptor(new Uint8Array(16), { wait });
    strictEqual(received.length, 1);
    const descriptor = received.descriptor ?? -1;
    const [own, passed] = [sent.descriptor, descriptor].map((one) => readProcLink(libc, `/proc/self/fd/${one}`));
    libc.symbols.close(descriptor);
    deepStrictEqual([descriptor !== sent.descriptor, passed], [true, own]);
  });
}

Deno.test("a message without a descriptor is received without one, and a descriptor that is not received is closed", () => {
  using pair = new Pair();
  pair.near.send(Uint8Array.of(1));
  deepStrictEqual(pair.far.receiveWithDescriptor(new Uint8Array(16), { wait: true }), { length: 1, descriptor: null });
  const [passed, other] = MessageSocket.pair(libc);
  using _other = other;
  pair.near.send(Uint8Array.of(1), passed.descriptor);
  passed.close();
  strictEqual(receive(other), "empty"); // the message still holds a reference to the socket, so it is open
  receive(pair.far);
  strictEqual(receive(other), "closed");
});

Deno.test("MessageSocket.receiveWithDescriptor reports that nothing has arrived, and the end", () => {
  using pair = new Pair();
  const into = new Uint8Array(16);
  deepStrictEqual(pair.far.receiveWithDescriptor(into, { wait: false }), { length: "empty", descriptor: null });
  pair.near.close();
  deepStrictEqual(pair.far.receiveWithDescriptor(into, { wait: true }), { length: "closed", descriptor: null });
});

Deno.test("MessageSocket.receive returns closed for an unexpected error only if every retry fails too", () => {
  const errors = [5, ERRNO.EAGAIN, 5, 5, 5];
  const symbols = { ...libc.symbols, recv: () => -1n, close: () => 0 };
  const socket = new MessageSocket({ ...libc, symbols, errno: () => errors.shift() ?? 0 }, 1000);
  deepStrictEqual([socket.receive(new Uint8Array(1)), socket.receive(new Uint8Array(1))], ["empty", "closed"]);
});
