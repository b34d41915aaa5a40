import assert from "node:assert/strict";

import { PayloadQueue } from "../../mod/recording/payload_queue.ts";

function bytesFrom(start: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (start + index) % 251);
}

/** Everything that waits, in order. */
function drain(queue: PayloadQueue): number[] {
  const drained: number[] = [];
  for (let bytes = queue.peek(); bytes !== null; bytes = queue.peek()) {
    for (const byte of bytes) drained.push(byte);
    queue.drop(bytes.length);
  }
  return drained;
}

Deno.test("PayloadQueue returns what was pushed, in order, across its chunks", () => {
  const queue = new PayloadQueue(1_000_000, () => 0);
  const payload = bytesFrom(0, 600_000);
  for (let offset = 0; offset < payload.length; offset += 70_001) queue.push(payload.subarray(offset, offset + 70_001));
  assert.deepEqual(drain(queue), [...payload]);
});

Deno.test("PayloadQueue copies: the caller may reuse its buffer", () => {
  const queue = new PayloadQueue(100, () => 0);
  const buffer = bytesFrom(1, 3);
  queue.push(buffer);
  buffer.fill(0);
  assert.deepEqual(drain(queue), [1, 2, 3]);
});

Deno.test("PayloadQueue accepts all of a payload or nothing, up to its limit", () => {
  const queue = new PayloadQueue(10, () => 0);
  assert.deepEqual([queue.push(bytesFrom(0, 6)), queue.push(bytesFrom(6, 5)), queue.push(bytesFrom(6, 4))], [
    true,
    false,
    true,
  ]);
  assert.equal(queue.waitingBytes, 10);
});

Deno.test("PayloadQueue keeps the bytes of a peek valid while more is pushed", () => {
  const queue = new PayloadQueue(100, () => 0);
  queue.push(bytesFrom(1, 3));
  const bytes = queue.peek();
  queue.push(bytesFrom(4, 3));
  assert.deepEqual([...bytes ?? []], [1, 2, 3]);
  queue.drop(2);
  assert.deepEqual(drain(queue), [3, 4, 5, 6]);
});

Deno.test("PayloadQueue returns since when its oldest byte waits, also after a part was dropped", () => {
  let nowMs = 100;
  const queue = new PayloadQueue(100, () => nowMs);
  assert.equal(queue.oldestMs, null);
  queue.push(bytesFrom(0, 3));
  nowMs = 200;
  queue.peek();
  nowMs = 300;
  queue.push(bytesFrom(0, 3));
  assert.equal(queue.oldestMs, 100);
  queue.drop(3);
  assert.equal(queue.oldestMs, 200); // the rest came after the peek
  queue.peek();
  queue.drop(3);
  assert.equal(queue.oldestMs, null);
});

Deno.test("PayloadQueue takes no new memory for what comes again and again", () => {
  const queue = new PayloadQueue(1_000_000, () => 0);
  const round = bytesFrom(0, 600_000); // three chunks
  const used = new Set<ArrayBuffer>();
  for (let index = 0; index < 5; index += 1) {
    queue.push(round);
    for (let bytes = queue.peek(); bytes !== null; bytes = queue.peek()) {
      used.add(bytes.buffer);
      queue.drop(bytes.length);
    }
  }
  assert.equal(used.size, 3);
});
