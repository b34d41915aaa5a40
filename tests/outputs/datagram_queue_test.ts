import assert from "node:assert/strict";
import { DatagramQueue } from "../../mod/outputs/datagram_queue.ts";

Deno.test("DatagramQueue keeps the order and the content while it grows and wraps around", () => {
  const queue = new DatagramQueue(1000);
  const read: number[] = [];
  const take = (most: number) => {
    const due = queue.due(Infinity, most);
    for (const { start, bytes } of due) read.push(new DataView(queue.memory.buffer).getUint32(start) + bytes);
    queue.drop(due.length);
  };
  for (let number = 0; number < 3000; number += 1) {
    const datagram = new Uint8Array(4 + number % 100);
    new DataView(datagram.buffer).setUint32(0, number);
    assert.ok(queue.push(datagram, number));
    if (number % 5 === 0) take(4);
  }
  take(Infinity);
  assert.deepEqual(read, Array.from({ length: 3000 }, (_, number) => number + 4 + number % 100));
});

Deno.test("DatagramQueue adds nothing beyond its limit", () => {
  const queue = new DatagramQueue(2);
  assert.deepEqual([1, 2, 3].map((ms) => queue.push(new Uint8Array(1), ms)), [true, true, false]);
  assert.equal(queue.count, 2);
});

Deno.test("DatagramQueue returns only what is due", () => {
  const queue = new DatagramQueue();
  for (const ms of [10, 20, 30]) queue.push(new Uint8Array(ms), ms);
  assert.deepEqual(queue.due(20, 10).map(({ bytes }) => bytes), [10, 20]);
  assert.deepEqual(queue.due(20, 1).map(({ bytes }) => bytes), [10]);
});
