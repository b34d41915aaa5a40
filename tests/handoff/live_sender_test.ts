import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { LIVE_BYTES, LiveSender, RECENT_BYTES } from "../../mod/handoff/live_sender.ts";
import { LiveReceiver } from "../../mod/handoff/live_receiver.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { LiveRing } from "../../mod/ts/live_ring.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { within } from "../support/deadline.ts";
import { makePayload } from "../support/payload.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";

const libc = openLibc();
const UID = 1000;

/** A sender whose programs connect by {@linkcode Scene.connect}. */
class Scene implements Disposable {
  readonly #waiting: {
    readonly socket: MessageSocket;
    readonly peer: { readonly pid: number; readonly uid: number };
  }[] = [];
  readonly #readiness = new Readiness(libc);
  readonly #receivers: LiveReceiver[] = [];
  nowMs = 0;
  accepts = 0;
  readonly sender = new LiveSender({
    listener: {
      accept: () => {
        this.accepts += 1;
        return this.#waiting.shift() ?? null;
      },
    },
    recent: new LiveRing(RECENT_BYTES),
    uid: UID,
    now: () => this.nowMs,
  });

  /** Connects a program of a user. It is accepted with the next payload. */
  connect(uid = UID): LiveReceiver {
    const [near, far] = MessageSocket.pair(libc);
    this.#waiting.push({ socket: far, peer: { pid: 1, uid } });
    this.nowMs += 200;
    const receiver = new LiveReceiver(near, this.#readiness);
    this.#receivers.push(receiver);
    return receiver;
  }

  [Symbol.dispose](): void {
    for (const receiver of this.#receivers) receiver.close();
    this.#readiness.close();
  }
}

/** Reads `bytes` bytes, and returns them in parts that begin after a gap. */
async function read(receiver: LiveReceiver, bytes: number): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const parts: Uint8Array<ArrayBuffer>[][] = [];
  for (let left = bytes; left > 0;) {
    const next = await within(receiver.next(), "payload");
    if (next === null) break;
    if (next.isAfterGap) parts.push([]);
    parts.at(-1)?.push(next.payload);
    left -= next.payload.length;
  }
  return await Promise.all(parts.map(async (part) => new Uint8Array(await new Blob(part).arrayBuffer())));
}

Deno.test("LiveSender sends all payload from the connection on, and the first part begins with a gap", async () => {
  using scene = new Scene();
  const payload = makePayload(100);
  scene.sender.push(payload);
  using receiver = scene.connect();
  for (let at = 0; at < payload.length; at += LIVE_BYTES + 1000) {
    scene.sender.push(payload.subarray(at, at + LIVE_BYTES + 1000));
  }
  const [part, ...others] = await read(receiver, payload.length);
  assertSameBytes(part ?? new Uint8Array(), payload);
  deepStrictEqual(others, []);
  await scene.sender.finish();
  strictEqual(await within(receiver.next(), "the end"), null);
});

Deno.test("LiveSender sends a program the payload from the last random-access point on, also that from before its connection", async () => {
  using folder = new TemporaryFolder();
  const stream = await makeTestStream(folder.file("a.ts"), 4);
  const ring = new LiveRing(stream.length);
  ring.push(stream, false);
  const start = ring.start ?? 0;
  using scene = new Scene();
  for (let at = 0; at < stream.length; at += LIVE_BYTES) scene.sender.push(stream.subarray(at, at + LIVE_BYTES));
  using receiver = scene.connect();
  const next = stream.slice(start, start + 1880);
  scene.sender.push(next);
  const bytes = stream.length - start + next.length;
  const [part, ...others] = await read(receiver, bytes);
  assertSameBytes(part ?? new Uint8Array(), new Uint8Array([...stream.slice(start), ...next]));
  deepStrictEqual([start > stream.length / 2, others], [true, []]);
  await scene.sender.finish();
});

Deno.test("LiveSender checks for connections at most every 200 ms", async () => {
  using scene = new Scene();
  for (scene.nowMs = 0; scene.nowMs < 1000; scene.nowMs += 20) scene.sender.push(makePayload(1));
  strictEqual(scene.accepts, 5);
  await scene.sender.finish();
});

Deno.test("LiveSender drops payload for a program that does not read, and continues after the gap", async () => {
  using scene = new Scene();
  using slow = scene.connect();
  using fast = scene.connect();
  const block = makePayload(20);
  let sent = 0;
  for (let count = 0; count < 400; count += 1) { // 10 MB
    scene.sender.push(block);
    sent += block.length;
    strictEqual((await within(fast.next(), "payload"))?.payload.length, block.length);
  }
  fast.close(); // otherwise `finish` would wait for it forever: the clock of this test does not advance
  const all: Uint8Array<ArrayBuffer>[] = [];
  const reading = (async () => {
    for (let next = await slow.next(); next !== null; next = await slow.next()) {
      if (next.isAfterGap) all.push(new Uint8Array());
      all.push(next.payload);
    }
  })();
  for (let count = 0; count < 200; count += 1) {
    scene.sender.push(block);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await scene.sender.finish();
  await within(reading, "the end");
  const gaps = all.filter(({ length }) => length === 0).length;
  strictEqual(gaps >= 2, true, `${gaps} parts`); // the first part, and one after each gap
  const received = all.reduce((bytes, { length }) => bytes + length, 0);
  strictEqual(received < sent + 200 * block.length, true);
  const lastGap = all.findLastIndex(({ length }) => length === 0);
  const last = new Uint8Array(await new Blob(all.slice(lastGap)).arrayBuffer());
  assertSameBytes(last.slice(last.length - block.length), block);
});

Deno.test("LiveSender closes the connection of another user, and of a fifth program", async () => {
  using scene = new Scene();
  using stranger = scene.connect(UID + 1);
  using root = scene.connect(0);
  const others = Array.from({ length: 4 }, () => scene.connect());
  scene.sender.push(makePayload(1));
  strictEqual(await within(stranger.next(), "the end"), null);
  strictEqual((await within(root.next(), "payload"))?.payload.length, 1316);
  strictEqual((await within(others[2]?.next() ?? Promise.resolve(null), "payload"))?.payload.length, 1316);
  strictEqual(await within(others[3]?.next() ?? Promise.resolve(null), "the end"), null);
  await scene.sender.finish();
});

Deno.test("LiveSender forgets a program that has left, and accepts the next one", async () => {
  using scene = new Scene();
  for (let count = 0; count < 10; count += 1) {
    const receiver = scene.connect();
    scene.sender.push(makePayload(1));
    strictEqual((await within(receiver.next(), "payload"))?.payload.length, 1316);
    receiver.close();
    scene.sender.push(makePayload(1));
  }
  await scene.sender.finish();
});

Deno.test("LiveSender sends what waits when the payload has ended", async () => {
  using scene = new Scene();
  using receiver = scene.connect();
  const payload = makePayload(1000); // more than the socket holds
  scene.sender.push(payload);
  const finished = scene.sender.finish();
  const [part] = await read(receiver, payload.length);
  assertSameBytes(part ?? new Uint8Array(), payload);
  await finished;
  strictEqual(await within(receiver.next(), "the end"), null);
});

Deno.test("LiveReceiver returns what has arrived after it was finished, and then the end", async () => {
  using scene = new Scene();
  using receiver = scene.connect();
  scene.sender.push(makePayload(100));
  receiver.finish();
  let bytes = 0;
  for (let next = await receiver.next(); next !== null; next = await receiver.next()) bytes += next.payload.length;
  strictEqual(bytes, 100 * 1316);
  using waiting = scene.connect();
  const next = waiting.next();
  waiting.finish();
  strictEqual(await within(next, "the end"), null);
  await scene.sender.finish();
});
