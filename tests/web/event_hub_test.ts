import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { EventHub, MAX_CLIENTS } from "../../mod/web/event_hub.ts";
import { within } from "../support/deadline.ts";

function readerOf(response: Response): ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> {
  if (response.body === null) throw new Error("there is no body");
  return response.body.getReader();
}

async function textOf(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>): Promise<string | null> {
  const { value } = await within(reader.read(), "an event");
  return value === undefined ? null : new TextDecoder().decode(value);
}

Deno.test("EventHub sends each event to every client", async () => {
  const hub = new EventHub();
  const readers = [readerOf(hub.open()), readerOf(hub.open())];
  for (const reader of readers) await textOf(reader);
  hub.publish({ event: "x", name: "a\nb" });
  deepStrictEqual(await Promise.all(readers.map(textOf)), Array(2).fill('data: {"event":"x","name":"a\\nb"}\n\n'));
  hub.close();
  deepStrictEqual(await Promise.all(readers.map(textOf)), [null, null]);
});

Deno.test("EventHub disconnects a client that does not read", async () => {
  const hub = new EventHub();
  const slow = readerOf(hub.open());
  const fast = readerOf(hub.open());
  await textOf(fast);
  for (let index = 0; index < 1000; index += 1) {
    hub.publish({ index });
    await textOf(fast);
  }
  await rejects(slow.closed, /the client does not read its events/);
  hub.publish({ index: "last" });
  strictEqual(await textOf(fast), 'data: {"index":"last"}\n\n');
  hub.close();
});

Deno.test("EventHub refuses clients beyond its limit, until one has left", async () => {
  const hub = new EventHub();
  const responses = Array.from({ length: MAX_CLIENTS }, () => hub.open());
  strictEqual(hub.open().status, 503);
  await responses[0]?.body?.cancel();
  strictEqual(hub.open().status, 200);
  hub.close();
});
