/** Tests of mod/session/receiver.ts: batches, gaps, and payload that turned into noise. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Receiver } from "../../mod/session/receiver.ts";
import { NO_MESSAGE } from "../../mod/srt/connection.ts";
import type { NoiseVerdict } from "../../mod/ts/noise_detector.ts";

const FIRST = 0x7fff_fffe; // the sequence numbers wrap in each test

/**
 * A connection with messages that are due. A message is named by its index: its sequence number, counted from the first. Its
 * payload is one byte, the index, or empty.
 */
class Due {
  readonly #due: number[] = [];
  readonly empty = new Set<number>();
  packetSequence = 0;

  add(...indexes: readonly number[]): void {
    this.#due.push(...indexes);
  }

  receiveInto(buffer: Uint8Array<ArrayBuffer>, offset: number): number {
    const index = this.#due.shift();
    if (index === undefined) return NO_MESSAGE;
    this.packetSequence = (FIRST + index) & 0x7fff_ffff;
    if (this.empty.has(index)) return 0;
    buffer[offset] = index;
    return 1;
  }
}

function receiverOf(verdicts: (index: number) => NoiseVerdict | null = () => null) {
  const connection = new Due();
  const written: number[] = [];
  const offsets: number[] = [];
  let room = new Uint8Array();
  const receiver = new Receiver({
    connection,
    initialSequence: FIRST,
    noise: verdicts(0) === null ? null : { push: (message) => verdicts(message[0] ?? 0) ?? "clean" },
    sink: {
      room: (leastBytes) => room = new Uint8Array(leastBytes), // new memory for each call, in which a message leaves no room for another
      take: (bytes) => written.push(...room.subarray(0, bytes)),
    },
    onMessage: (_sequence, offset) => offsets.push(written.length + offset),
  });
  return { connection, written, offsets, receiver };
}

Deno.test("drain writes all that is due, in order, and reports no gap", () => {
  const { connection, written, offsets, receiver } = receiverOf();
  connection.add(0, 1, 2, 3);
  strictEqual(receiver.drain(), false);
  deepStrictEqual([written, offsets, receiver.messages], [[0, 1, 2, 3], [0, 1, 2, 3], 4]);
});

Deno.test("drain reports a gap between two messages, and one before the first of a batch", () => {
  const { connection, receiver } = receiverOf();
  connection.add(0, 2);
  strictEqual(receiver.drain(), true);
  connection.add(3);
  strictEqual(receiver.drain(), false);
  connection.add(5);
  strictEqual(receiver.drain(), true);
});

Deno.test("drain accepts empty messages and continues after them", () => {
  const { connection, written, offsets, receiver } = receiverOf();
  connection.add(0, 1, 2, 3);
  connection.empty.add(1).add(3);
  strictEqual(receiver.drain(), false);
  deepStrictEqual([written, offsets, receiver.messages], [[0, 2], [0, 1, 1, 2], 4]);
});

Deno.test("suspect messages are held until a clean message follows, over several batches", () => {
  const { connection, written, receiver } = receiverOf((index) => index === 1 || index === 2 ? "suspect" : "clean");
  connection.add(0, 1);
  receiver.drain();
  deepStrictEqual(written, [0]);
  connection.add(2, 3);
  receiver.drain();
  deepStrictEqual(written, [0, 1, 2, 3]);
});

Deno.test("noise and the suspect messages before it are never written", () => {
  const { connection, written, receiver } = receiverOf((index) =>
    index < 2 ? "clean" : index < 4 ? "suspect" : "noise"
  );
  connection.add(0, 1, 2, 3, 4, 5);
  receiver.drain();
  deepStrictEqual([written, receiver.damaged], [[0, 1], true]);
});

Deno.test("once damage is known, the first suspect message ends the recording", () => {
  const { connection, written, receiver } = receiverOf((index) => index < 2 ? "clean" : "suspect");
  receiver.expectDamage(100);
  connection.add(0, 1, 2, 3);
  receiver.drain();
  deepStrictEqual([written, receiver.damaged], [[0, 1], true]);
});

Deno.test("once damage is known, only the messages that had arrived before are written", () => {
  const { connection, written, receiver } = receiverOf(() => "clean");
  receiver.expectDamage(3);
  connection.add(0, 1, 2, 3, 4);
  receiver.drain();
  deepStrictEqual([written, receiver.damaged], [[0, 1, 2], true]);
});

Deno.test("a session that ends with suspect messages is damaged, and they are not written", () => {
  const { connection, written, receiver } = receiverOf((index) => index < 2 ? "clean" : "suspect");
  connection.add(0, 1, 2);
  receiver.drain();
  receiver.finish();
  deepStrictEqual([written, receiver.damaged], [[0, 1], true]);
});
