import assert from "node:assert/strict";
import { type ForwardConnection, forwardPayload } from "../../mod/send/forward_payload.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";

/** A connection that acknowledges everything at once, and ends after `most` messages. */
class FakeConnection implements ForwardConnection {
  readonly messages: Uint8Array<ArrayBuffer>[] = [];
  readonly #most: number;
  readonly latencyMs = 0;
  readonly unacknowledged = 0;
  isOpen = true;

  constructor(most = Infinity) {
    this.#most = most;
  }

  send(message: Uint8Array<ArrayBuffer>): "sent" | "gone" {
    if (this.messages.length >= this.#most) this.isOpen = false;
    if (!this.isOpen) return "gone";
    this.messages.push(message.slice());
    return "sent";
  }

  statistics() {
    return { pktRetransTotal: 0, pktSndDropTotal: 0 };
  }

  close(): void {
    this.isOpen = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get payload(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.messages.flatMap((message) => [...message]));
  }
}

/** Forwards the parts of a payload with these results of calls. Returns the texts and the last totals. */
async function forward(parts: readonly Uint8Array<ArrayBuffer>[], calls: readonly (ForwardConnection | string)[]) {
  const left = [...parts];
  const open = [...calls];
  const warnings: string[] = [];
  const notices: string[] = [];
  let totals = { connections: 0, acknowledgedBytes: 0 };
  await forwardPayload({
    read: () => new Promise((resolve) => setTimeout(() => resolve(left.shift() ?? null))),
    call: () => Promise.resolve(open.shift() ?? "no answer"),
    report: (report) => {
      if ("warning" in report) warnings.push(report.warning);
      else if ("notice" in report) notices.push(report.notice);
      else totals = report;
    },
    firstPauseMs: 0,
  });
  return { warnings, notices, totals };
}

/** Divides a payload at places that are rarely boundaries of packets. */
function divided(payload: Uint8Array<ArrayBuffer>): readonly Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let begin = 0; begin < payload.length; begin += 5000) parts.push(payload.subarray(begin, begin + 5000));
  return parts;
}

Deno.test("forwardPayload sends all payload in messages of seven TS packets, and the rest in a shorter one", async () => {
  const connection = new FakeConnection();
  const payload = makePayload(300).subarray(0, 300 * 1316 - 188);
  const { warnings, totals } = await forward(divided(payload), [connection]);
  assertSameBytes(connection.payload, payload);
  assert.deepStrictEqual(new Set(connection.messages.slice(0, -1).map(({ length }) => length)), new Set([1316]));
  assert.deepStrictEqual([warnings, totals], [[], { connections: 1, acknowledgedBytes: payload.length }]);
});

Deno.test("forwardPayload continues with a whole TS packet after the connection has ended, and reports it once", async () => {
  const [first, second] = [new FakeConnection(100), new FakeConnection()];
  const payload = makePayload(300);
  const { warnings, notices, totals } = await forward(divided(payload), [first, "no answer", "no answer", second]);
  assertSameBytes(first.payload, payload.subarray(0, first.payload.length));
  assert.strictEqual(second.payload[0], 0x47);
  assertSameBytes(second.payload, payload.subarray(payload.length - second.payload.length));
  assert.strictEqual((payload.length - second.payload.length) % 188, 0);
  assert.deepStrictEqual(warnings, ["the connection has ended; payload is dropped until the listener accepts a call"]);
  assert.deepStrictEqual(notices, ["is connected, and gets payload from now on"]);
  assert.strictEqual(totals.connections, 2);
  // acknowledgements are not read after the connection has ended, so what was sent last may not be counted
  assert.ok(totals.acknowledgedBytes >= second.payload.length, `${totals.acknowledgedBytes} bytes`);
  assert.ok(totals.acknowledgedBytes <= first.payload.length + second.payload.length);
});

Deno.test("forwardPayload ends with the payload if the listener never answers", async () => {
  const { warnings, totals } = await forward(divided(makePayload(30)), ["no answer\ncheck the address"]);
  assert.deepStrictEqual(warnings, [
    "no answer; payload is dropped until the listener accepts a call\ncheck the address",
  ]);
  assert.deepStrictEqual(totals, { connections: 0, acknowledgedBytes: 0 });
});
