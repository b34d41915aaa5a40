import assert from "node:assert/strict";

import { PayloadQueue } from "../../mod/recording/payload_queue.ts";
import { bytesFrom } from "./recorded.ts";

const CHUNK_BYTES = 1_048_576;

/** Fills the memory of the queue with `payload`, and returns whether the queue took it. */
function push(queue: PayloadQueue, payload: Uint8Array): boolean {
  queue.room(payload.length).set(payload);
  return queue.take(payload.length);
}

/** Everything that waits, in order, and the memory that it was in. */
function drain(queue: PayloadQueue): { readonly bytes: readonly number[]; readonly memory: ReadonlySet<ArrayBuffer> } {
  const drained: number[] = [];
  const memory = new Set<ArrayBuffer>();
  for (let bytes = queue.peek(); bytes !== null; bytes = queue.peek()) {
    for (const byte of bytes) drained.push(byte);
    memory.add(bytes.buffer);
    queue.drop(bytes.length);
  }
  return { bytes: drained, memory };
}

Deno.test("PayloadQueue returns what was added, in order, across its chunks", () => {
  const queue = new PayloadQueue(10_000_000, () => 0);
  const payload = bytesFrom(0, 2_500_000);
  for (let offset = 0; offset < payload.length; offset += 70_001) {
    push(queue, payload.subarray(offset, offset + 70_001));
  }
  const { bytes, memory } = drain(queue);
  assert.ok(payload.every((byte, index) => byte === bytes[index]) && bytes.length === payload.length);
  assert.equal(memory.size, 3);
});

Deno.test("PayloadQueue.take adds only the given number of bytes from its memory", () => {
  const queue = new PayloadQueue(100, () => 0);
  queue.room(10).set([1, 2, 3, 4]);
  queue.take(2);
  queue.room(10).set([5]);
  queue.take(1);
  assert.deepEqual(drain(queue).bytes, [1, 2, 5]);
});

Deno.test("PayloadQueue takes all of a payload or nothing, up to its limit", () => {
  const queue = new PayloadQueue(10, () => 0);
  assert.deepEqual([push(queue, bytesFrom(0, 6)), push(queue, bytesFrom(6, 5)), push(queue, bytesFrom(6, 4))], [
    true,
    false,
    true,
  ]);
  assert.equal(queue.waitingBytes, 10);
  assert.deepEqual(drain(queue).bytes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("PayloadQueue throws if more is taken than its memory has room for", () => {
  const queue = new PayloadQueue(10_000_000, () => 0);
  assert.throws(() => queue.take(1), RangeError);
  assert.throws(() => queue.take(queue.room(1).length + 1), RangeError);
});

Deno.test("PayloadQueue keeps the bytes of a peek valid while more is taken", () => {
  const queue = new PayloadQueue(100, () => 0);
  push(queue, bytesFrom(1, 3));
  const bytes = queue.peek();
  push(queue, bytesFrom(4, 3));
  assert.deepEqual([...bytes ?? []], [1, 2, 3]);
  queue.drop(2);
  push(queue, bytesFrom(7, 1));
  assert.deepEqual(drain(queue).bytes, [3, 4, 5, 6, 7]);
});

Deno.test("PayloadQueue.oldestMs is the time from which its oldest byte has waited, also after a part was dropped", () => {
  let nowMs = 100;
  const queue = new PayloadQueue(100, () => nowMs);
  assert.equal(queue.oldestMs, null);
  queue.room(1);
  assert.equal(queue.oldestMs, null);
  push(queue, bytesFrom(0, 3));
  nowMs = 200;
  queue.peek();
  nowMs = 300;
  push(queue, bytesFrom(0, 3));
  assert.equal(queue.oldestMs, 100);
  queue.drop(3);
  assert.equal(queue.oldestMs, 200); // the rest came after the peek
  queue.peek();
  queue.drop(3);
  assert.equal(queue.oldestMs, null);
  push(queue, bytesFrom(0, 3));
  assert.equal(queue.oldestMs, 300);
});

Deno.test("PayloadQueue uses the same part of its memory again once everything is dropped", () => {
  const queue = new PayloadQueue(1_000_000, () => 0);
  for (let index = 0; index < 3; index += 1) {
    push(queue, bytesFrom(0, 10_000));
    assert.equal(queue.peek()?.byteOffset, 0);
    drain(queue);
  }
});

Deno.test("PayloadQueue needs no new memory for a steady stream", () => {
  const queue = new PayloadQueue(10_000_000, () => 0);
  const used = new Set<ArrayBuffer>();
  for (let index = 0; index < 5; index += 1) {
    push(queue, new Uint8Array(CHUNK_BYTES));
    push(queue, new Uint8Array(CHUNK_BYTES));
    for (const memory of drain(queue).memory) used.add(memory);
  }
  assert.equal(used.size, 2);
});

Deno.test("PayloadQueue accepts payload after clear", () => {
  const queue = new PayloadQueue(100, () => 0);
  push(queue, bytesFrom(0, 100));
  queue.clear();
  assert.deepEqual([queue.waitingBytes, queue.oldestMs, queue.peek()], [0, null, null]);
  assert.equal(push(queue, bytesFrom(1, 2)), true);
  assert.deepEqual(drain(queue).bytes, [1, 2]);
});
