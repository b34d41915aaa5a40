import assert from "node:assert/strict";
import { LiveFeed } from "../../mod/session/live_feed.ts";

/** A feed on a recording that counts bytes, and what its tap was called with. */
function openFeed() {
  const memory = new Uint8Array(100);
  const taken: number[] = [];
  const tapped: (readonly [string, number])[] = [];
  const recording = { room: () => memory, take: (bytes: number) => void taken.push(bytes) };
  const tap = (message: Uint8Array, dueMs: number) => void tapped.push([new TextDecoder().decode(message), dueMs]);
  return { feed: new LiveFeed(recording, [tap]), taken, tapped };
}

Deno.test("LiveFeed passes on each message with the time at which it was due, and all of them to the recording", () => {
  const { feed, taken, tapped } = openFeed();
  feed.room(10).set(new TextEncoder().encode(["one", "two", "three"].join("")));
  feed.note(0, 10);
  feed.note(3, 20);
  feed.note(6, 30);
  feed.take(11);
  assert.deepEqual([taken, tapped], [[11], [["one", 10], ["two", 20], ["three", 30]]]);
});

Deno.test("LiveFeed passes on a message that was held back when it passes on the next ones", () => {
  const { feed, taken, tapped } = openFeed();
  feed.room(10).set(new TextEncoder().encode(["one", "two"].join("")));
  feed.note(0, 10);
  feed.note(3, 20);
  feed.take(3);
  feed.room(10).set(new TextEncoder().encode(["two", "three"].join(""))); // the receiver copies what it held back
  feed.note(3, 30);
  feed.take(8);
  assert.deepEqual([taken, tapped], [[3, 8], [["one", 10], ["two", 20], ["three", 30]]]);
});

Deno.test("LiveFeed passes on no message without payload", () => {
  const { feed, tapped } = openFeed();
  feed.room(10).set(new TextEncoder().encode("one"));
  feed.note(0, 10);
  feed.note(0, 20);
  feed.take(3);
  assert.deepEqual(tapped, [["one", 20]]);
});
