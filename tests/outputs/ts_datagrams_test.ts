import assert from "node:assert/strict";
import { TsDatagrams } from "../../mod/outputs/ts_datagrams.ts";
import { makePayload } from "../support/payload.ts";

const PACKET = 188;
const DATAGRAM = 7 * PACKET;

/** Divides messages, and returns the lengths of the datagrams. Checks that no byte is lost or moved. */
function lengthsOf(messages: readonly Uint8Array<ArrayBuffer>[]): readonly number[] {
  const datagrams: Uint8Array[] = [];
  const divided = new TsDatagrams((datagram) => datagrams.push(datagram.slice()));
  for (const message of messages) {
    const passed = message.slice();
    divided.push(passed);
    passed.fill(0); // valid during the call only
  }
  divided.flush();
  const joined = (parts: readonly Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
  assert.deepEqual(joined(datagrams), joined(messages));
  return datagrams.map(({ length }) => length);
}

/** Cuts payload into messages of these lengths, again and again. */
function cut(payload: Uint8Array<ArrayBuffer>, ...lengths: readonly number[]): readonly Uint8Array<ArrayBuffer>[] {
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (let begin = 0; begin < payload.length;) {
    const length = lengths[messages.length % lengths.length] ?? payload.length;
    messages.push(payload.slice(begin, begin + length));
    begin += length;
  }
  return messages;
}

for (
  const [what, lengths] of [
    ["seven packets", [DATAGRAM]],
    ["one packet", [PACKET]],
    ["six packets", [6 * PACKET]],
    ["a length that is not a multiple of 188 bytes", [1456]],
    ["different lengths", [PACKET, 1000, 50, 5 * PACKET, 1]],
    ["less than a packet", [100]],
  ] as const
) {
  Deno.test(`TsDatagrams makes datagrams of seven packets from messages of ${what}`, () => {
    assert.deepEqual(lengthsOf(cut(makePayload(12), ...lengths)), Array(12).fill(DATAGRAM));
  });
}

Deno.test("TsDatagrams passes on what is left at the end", () => {
  assert.deepEqual(lengthsOf(cut(makePayload(2).slice(0, 9 * PACKET), DATAGRAM)), [DATAGRAM, 2 * PACKET]);
});

Deno.test("TsDatagrams makes datagrams of seven packets again after a message is missing in the middle of packets", () => {
  const messages = cut(makePayload(40), 1456);
  const lengths = lengthsOf([...messages.slice(0, 5), ...messages.slice(6)]);
  const others = lengths.slice(0, -1).filter((length) => length !== DATAGRAM);
  assert.ok(others.length <= 2, String(lengths));
});

Deno.test("TsDatagrams makes a datagram of each message that is not TS", () => {
  const messages = [700, 1316, 9].map((length) => new Uint8Array(length).fill(0x41));
  assert.deepEqual(lengthsOf(messages), [700, 1316, 9]);
});

Deno.test("TsDatagrams makes a datagram of a message that only begins like TS", () => {
  const message = new Uint8Array(700).fill(0x41);
  message[0] = 0x47;
  assert.deepEqual(lengthsOf([message]), [700]);
});

Deno.test("TsDatagrams divides a message that is not TS and is longer than a datagram", () => {
  assert.deepEqual(lengthsOf([new Uint8Array(1456).fill(0x41)]), [1316, 140]);
});
