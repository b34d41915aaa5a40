/** Tests of mod/handoff/channel.ts: both ends in this process, and a peer that sends malformed messages. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { Channel, MESSAGE_BYTES } from "../../mod/handoff/channel.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { Readiness } from "../../mod/os/readiness.ts";

const libc = openLibc();
const PART_BYTES = 32_768;

/** Both ends of a channel, and the socket of the near end. */
class Ends implements Disposable {
  readonly socket: MessageSocket;
  readonly near: Channel;
  readonly far: Channel;

  constructor() {
    const [near, far] = MessageSocket.pair(libc);
    this.socket = near;
    this.near = new Channel(near);
    this.far = new Channel(far);
  }

  [Symbol.dispose](): void {
    this.near.close();
    this.far.close();
  }
}

/** A part as it is sent: whether more follow, and its bytes. */
function part(more: boolean, bytes: number): Uint8Array<ArrayBuffer> {
  const encoded = new Uint8Array(1 + bytes).fill(0x61);
  encoded[0] = more ? 1 : 0;
  return encoded;
}

for (
  const [what, text] of [
    ["empty", ""],
    ["short", "größe"],
    ["of exactly one part", "x".repeat(PART_BYTES)],
    ["of many parts, cut within characters", "€".repeat(100_000)],
    ["as long as possible", "x".repeat(MESSAGE_BYTES)],
  ] as const
) {
  Deno.test(`a message that is ${what} arrives as it was sent`, () => {
    using ends = new Ends();
    ends.near.send(text);
    ends.near.send("next");
    const received: string[] = [];
    while (received.length < 2) {
      const message = ends.far.receive();
      if (message.kind === "message") received.push(message.text);
      ends.near.flush();
    }
    strictEqual(received[0] === text && received[1] === "next", true);
  });
}

Deno.test("if the other side does not read, only messages that can be missed are dropped", () => {
  using ends = new Ends();
  const filler = "x".repeat(PART_BYTES);
  for (let count = 0; count < 400; count += 1) ends.near.send(filler, { canBeMissed: true });
  ends.near.send("the end");
  ends.near.send("a figure", { canBeMissed: true });
  const received: string[] = [];
  while (ends.near.flush() || received.at(-1) !== "the end") {
    const message = ends.far.receive();
    if (message.kind === "message") received.push(message.text);
  }
  strictEqual(received.length < 400, true);
  deepStrictEqual([received.at(-1), ends.far.receive().kind], ["the end", "empty"]);
});

Deno.test("Channel.flushed waits for a reader, and no longer than its deadline", async () => {
  using ends = new Ends();
  const long = "x".repeat(20 * PART_BYTES);
  ends.near.send(long);
  await ends.near.flushed(50);
  strictEqual(ends.near.flush(), true);
  const flushed = ends.near.flushed(60_000);
  let received = ends.far.receive();
  using readiness = new Readiness(libc);
  while (received.kind === "empty") {
    await readiness.readable(ends.far.descriptor);
    received = ends.far.receive();
  }
  await flushed;
  strictEqual(received.kind === "message" && received.text.length, long.length);
});

Deno.test("Channel.send does nothing and Channel.flushed does not wait if the other side is gone", async () => {
  using ends = new Ends();
  ends.far.close();
  ends.near.send("x".repeat(1_000_000));
  strictEqual(ends.near.flush(), false);
  await ends.near.flushed(60_000);
  deepStrictEqual(ends.near.receive(), { kind: "closed" });
});

Deno.test("messages that were sent before the other side closed are received, then the end, even if it left a message unread", () => {
  using ends = new Ends();
  ends.far.send("unread");
  ends.near.send("the end");
  ends.near.close();
  deepStrictEqual([ends.far.receive(), ends.far.receive()], [{ kind: "message", text: "the end" }, { kind: "closed" }]);
});

for (
  const [what, parts] of [
    [
      "that is longer than allowed",
      Array.from({ length: MESSAGE_BYTES / PART_BYTES + 1 }, () => part(true, PART_BYTES)),
    ],
    ["with a part that is too long", [part(true, PART_BYTES + 1)]],
    ["with a part that is too short and not the last", [part(true, 1), part(true, 1)]],
  ] as const
) {
  Deno.test(`a message ${what} is discarded, and the next one is received`, () => {
    using ends = new Ends();
    for (const one of [...parts, part(false, 1)]) {
      while (ends.socket.send(one) === "full") ends.far.receive();
    }
    const kinds: string[] = [];
    while (kinds.length < 1) {
      const { kind } = ends.far.receive();
      if (kind !== "empty") kinds.push(kind);
    }
    ends.near.send("next");
    deepStrictEqual([kinds, ends.far.receive()], [["malformed"], { kind: "message", text: "next" }]);
  });
}

Deno.test("a descriptor arrives with the message that it was sent with", () => {
  using ends = new Ends();
  const [passed, other] = MessageSocket.pair(libc);
  using _other = other;
  strictEqual(ends.near.sendWithDescriptor("ticket", passed.descriptor), true);
  passed.close();
  const { descriptor, ...received } = ends.far.receiveWithDescriptor({ wait: true });
  deepStrictEqual(received, { kind: "message", text: "ticket" });
  using own = new MessageSocket(libc, descriptor ?? -1);
  own.send(Uint8Array.of(5));
  strictEqual(other.receive(new Uint8Array(8)), 1);
});

Deno.test("Channel.sendWithDescriptor returns false if the other side is gone", () => {
  using ends = new Ends();
  ends.far.close();
  strictEqual(ends.near.sendWithDescriptor("ticket", ends.socket.descriptor), false);
  ends.near.close();
  strictEqual(ends.near.sendWithDescriptor("ticket", 0), false);
});

Deno.test("Channel.sendWithDescriptor throws RangeError for a message of several parts", () => {
  using ends = new Ends();
  throws(() => ends.near.sendWithDescriptor("x".repeat(PART_BYTES + 1), 0), RangeError);
});
