import { strictEqual } from "node:assert/strict";
import { decodeHandshake } from "../../mod/packet/handshake.ts";
import { encodeRejection, encodeShutdown } from "../../mod/packet/reply.ts";
import { readSentRejection } from "../../mod/packet/sent_rejection.ts";
import {
  bytes,
  CONCLUSION_UNSECURE,
  INDUCTION,
  INDUCTION_RESPONSE,
  REJECTION_UNSECURE,
} from "../fixtures/handshakes.ts";

const REQUEST = decodeHandshake(bytes(INDUCTION));
if (REQUEST.kind === "malformed") throw new Error(REQUEST.text);

/** A datagram as it leaves the machine: after link, IPv4 and UDP headers, of which only the UDP length has a value. */
function sent(datagram: Uint8Array, { udpLength = 8 + datagram.length } = {}): Uint8Array {
  const headers = new Uint8Array(14 + 20 + 8);
  new DataView(headers.buffer).setUint16(14 + 20 + 4, udpLength);
  return Uint8Array.from([...headers, ...datagram]);
}

const REJECTED_SOCKET = 0x1c429563;

for (
  const [what, packet, reason] of [
    ["a rejection of libsrt", sent(bytes(REJECTION_UNSECURE)), 11],
    ["a predefined reason", sent(encodeRejection(REQUEST, 1403)), 1403],
    ["a rejection with reason 0", sent(encodeRejection(REQUEST, 0)), 0],
    ["an INDUCTION response", sent(bytes(INDUCTION_RESPONSE)), null],
    ["a CONCLUSION with extensions", sent(bytes(CONCLUSION_UNSECURE)), null],
    ["a SHUTDOWN", sent(encodeShutdown(REJECTED_SOCKET)), null],
    ["a rejection whose UDP length is wrong", sent(bytes(REJECTION_UNSECURE), { udpLength: 71 }), null],
    ["an empty packet", new Uint8Array(), null],
    ["a rejection without headers", bytes(REJECTION_UNSECURE), null],
  ] as const
) {
  Deno.test(`readSentRejection returns ${reason} for ${what}`, () => {
    strictEqual(readSentRejection(packet, REJECTED_SOCKET), reason);
  });
}

Deno.test("readSentRejection returns null for a rejection of another socket", () => {
  strictEqual(readSentRejection(sent(bytes(REJECTION_UNSECURE)), REJECTED_SOCKET + 1), null);
});
