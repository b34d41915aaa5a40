import assert from "node:assert/strict";
import { Deliveries } from "../../mod/send/deliveries.ts";

function connection() {
  return {
    isOpen: true,
    unacknowledged: 0,
    late: 0,
    statistics() {
      return { pktRetransTotal: 0, pktSndDropTotal: this.late };
    },
  };
}

Deno.test("Deliveries counts the bytes of messages that have left the sender buffer, each once", () => {
  const fake = connection();
  const deliveries = new Deliveries(fake);
  for (const bytes of [100, 10, 1]) deliveries.add(bytes);
  fake.unacknowledged = 1;
  assert.deepStrictEqual([deliveries.settle(), deliveries.waiting], [110, 1]);
  assert.strictEqual(deliveries.settle(), 0);
  fake.unacknowledged = 0;
  assert.deepStrictEqual([deliveries.settle(), deliveries.waiting], [1, 0]);
});

Deno.test("Deliveries does not count messages that libsrt has given up, which are the oldest", () => {
  const fake = connection();
  const deliveries = new Deliveries(fake);
  for (const bytes of [100, 10, 1]) deliveries.add(bytes);
  fake.late = 1;
  assert.deepStrictEqual([deliveries.settle(), deliveries.late], [11, 1]);
});

Deno.test("Deliveries counts nothing more once the connection has ended, because its buffer is gone", () => {
  const fake = connection();
  const deliveries = new Deliveries(fake);
  deliveries.add(100);
  fake.isOpen = false;
  assert.deepStrictEqual([deliveries.settle(), deliveries.waiting], [0, 1]);
});
