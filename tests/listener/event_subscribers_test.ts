import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Channel } from "../../mod/handoff/channel.ts";
import { EventSubscribers, MAX_SUBSCRIBERS } from "../../mod/listener/event_subscribers.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { START } from "../report/events_of_a_run.ts";

const libc = openLibc();

function pair(): readonly [Channel, Channel] {
  const [own, other] = MessageSocket.pair(libc);
  return [new Channel(own), new Channel(other)];
}

Deno.test("EventSubscribers sends each event to every subscriber, until it closes their channels", async () => {
  const subscribers = new EventSubscribers();
  const readers = [0, 1].map(() => {
    const [own, other] = pair();
    strictEqual(subscribers.add(own), true);
    return other;
  });
  subscribers.report(START);
  const expected = { kind: "message", text: JSON.stringify({ answer: "event", event: START }) };
  deepStrictEqual(readers.map((reader) => reader.receive()), [expected, expected]);
  await subscribers.close();
  deepStrictEqual(readers.map((reader) => reader.receive().kind), ["closed", "closed"]);
  for (const reader of readers) reader.close();
});

Deno.test("EventSubscribers refuses subscribers beyond its limit, until one has left", async () => {
  const subscribers = new EventSubscribers();
  using stack = new DisposableStack();
  const readers = Array.from({ length: MAX_SUBSCRIBERS }, () => {
    const [own, other] = pair();
    subscribers.add(own);
    return stack.use(other);
  });
  const [own, other] = pair();
  stack.use(other);
  strictEqual(subscribers.add(own), false);
  readers[0]?.close();
  strictEqual(subscribers.add(own), true);
  await subscribers.close();
});

Deno.test("EventSubscribers does not wait for a subscriber that does not read", () => {
  const subscribers = new EventSubscribers();
  const [own, other] = pair();
  subscribers.add(own);
  for (let sent = 0; sent < 10_000; sent += 1) subscribers.report(START);
  strictEqual(other.receive().kind, "message");
  other.close();
  subscribers.report(START); // its channel is found to be broken, and closed
});
