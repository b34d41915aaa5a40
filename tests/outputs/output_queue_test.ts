import assert from "node:assert/strict";

import { OutputQueue } from "../../mod/outputs/output_queue.ts";

const TS_PACKET = 188;

/** `packets` TS packets of `bytes` each, numbered in their second byte (from `first`). */
function makePackets(packets: number, { first = 0, bytes = TS_PACKET } = {}): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(packets * bytes);
  for (let index = 0; index < packets; index += 1) {
    payload[index * bytes] = 0x47;
    payload[index * bytes + 1] = first + index;
  }
  return payload;
}

/** Removes all waiting payload and returns it. */
function drain(queue: OutputQueue): Uint8Array<ArrayBuffer> {
  const parts: number[] = [];
  for (let bytes = queue.peek(); bytes !== null; bytes = queue.peek()) {
    parts.push(...bytes);
    queue.drop(bytes.length);
  }
  return Uint8Array.from(parts);
}

/** The numbers of the packets, each of which has to be whole. */
function numbersOf(payload: Uint8Array, bytes = TS_PACKET): readonly number[] {
  assert.equal(payload.length % bytes, 0);
  return Array.from({ length: payload.length / bytes }, (_, index) => {
    assert.equal(payload[index * bytes], 0x47);
    return payload[index * bytes + 1] ?? -1;
  });
}

Deno.test("OutputQueue returns what was pushed, in order and in parts", () => {
  const queue = new OutputQueue(10_000);
  const packets = makePackets(20);
  queue.push(packets.subarray(0, 1000));
  queue.drop(300);
  queue.push(packets.subarray(1000));
  assert.deepEqual([queue.waitingBytes, queue.droppedBytes], [20 * TS_PACKET - 300, 0]);
  assert.deepEqual(drain(queue), packets.subarray(300));
  assert.equal(queue.peek(), null);
});

for (const bytes of [188, 192, 204]) {
  for (const chunk of [1, 100, 188, 1000, 1316]) {
    Deno.test(`OutputQueue drops whole packets of ${bytes} bytes that arrive in chunks of ${chunk} bytes`, () => {
      const queue = new OutputQueue(10 * bytes);
      const packets = makePackets(60, { bytes });
      if (bytes === 192) { for (let at = 0; at < packets.length; at += bytes) packets[at + 4] = 0x47; }
      const got: number[] = [];
      // the queue determines the length of packets from the first chunk, which is long enough here, as in a session
      const push = (begin: number, end: number) => queue.push(packets.subarray(begin, end));
      push(0, 6 * bytes);
      for (let begin = 6 * bytes; begin < packets.length; begin += chunk) {
        push(begin, Math.min(packets.length, begin + chunk));
        if (begin % 7 === 0) got.push(...drain(queue));
      }
      got.push(...drain(queue));
      const numbers = numbersOf(Uint8Array.from(got), bytes);
      assert.deepEqual(numbers, [...new Set(numbers)].sort((one, other) => one - other));
      assert.equal(got.length + queue.droppedBytes, packets.length);
    });
  }
}

Deno.test("OutputQueue resumes at the start of a packet once half of its limit is free", () => {
  const queue = new OutputQueue(4 * TS_PACKET);
  queue.push(makePackets(6));
  queue.push(makePackets(1, { first: 6 }));
  queue.drop(TS_PACKET);
  queue.push(makePackets(1, { first: 7 }));
  queue.drop(TS_PACKET);
  queue.push(makePackets(1, { first: 8 }));
  assert.deepEqual(numbersOf(drain(queue)), [2, 3, 8]);
  assert.equal(queue.droppedBytes, 4 * TS_PACKET);
});

Deno.test("OutputQueue continues with a whole packet after it was cleared or has skipped payload", () => {
  const queue = new OutputQueue(4000);
  const packets = makePackets(12);
  queue.push(packets.subarray(0, 1000));
  queue.clear();
  queue.push(packets.subarray(1000, 1400));
  queue.skip(packets.subarray(1400, 1600));
  queue.push(packets.subarray(1600));
  assert.deepEqual(numbersOf(drain(queue).subarray(272)), [9, 10, 11]);
});

Deno.test("OutputQueue.own copies the payload of the last push", () => {
  const queue = new OutputQueue(4000);
  const payload = makePackets(2);
  queue.push(payload);
  queue.own();
  payload.fill(0);
  assert.deepEqual(numbersOf(drain(queue)), [0, 1]);
});
