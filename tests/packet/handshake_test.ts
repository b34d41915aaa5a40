import { deepStrictEqual, notStrictEqual, strictEqual, throws } from "node:assert/strict";
import { decodeHandshake, encodeHandshake, type Handshake, HANDSHAKE_TYPE } from "../../mod/packet/handshake.ts";
import { bytes, CONCLUSION_PLAIN, hex, INDUCTION, INDUCTION_RESPONSE, WAVEAHAND } from "../fixtures/handshakes.ts";

function decoded(packet: string): Handshake {
  const handshake = decodeHandshake(bytes(packet));
  if (handshake.kind === "malformed") throw new Error(`cannot decode fixture: ${handshake.text}`);
  return handshake;
}

Deno.test("decodeHandshake decodes every field of an INDUCTION of libsrt", () => {
  deepStrictEqual(decoded(INDUCTION), {
    kind: "handshake",
    timestampUs: 0xa7,
    destinationSocketId: 0,
    version: 4,
    encryption: 0,
    extension: 2,
    initialSequence: 0x43c5fc7a,
    mss: 1500,
    flowWindow: 8192,
    type: HANDSHAKE_TYPE.INDUCTION,
    socketId: 0x1c429563,
    cookie: 0,
    peerIp: bytes("0100007f" + "00".repeat(12)),
  });
});

Deno.test("decodeHandshake returns type and cookie unsigned", () => {
  const { type, cookie } = decoded(
    WAVEAHAND.slice(0, 72) + "fffffffe" + WAVEAHAND.slice(80, 88) + "b52d66ee" + WAVEAHAND.slice(96),
  );
  deepStrictEqual({ type, cookie }, { type: HANDSHAKE_TYPE.AGREEMENT, cookie: 0xb52d66ee });
});

Deno.test("decodeHandshake returns WAVEAHAND for a rendezvous of libsrt", () => {
  strictEqual(decoded(WAVEAHAND).type, HANDSHAKE_TYPE.WAVEAHAND);
});

Deno.test("decodeHandshake decodes a view of a larger buffer", () => {
  const buffer = new Uint8Array(100).fill(0xee);
  buffer.set(bytes(INDUCTION), 7);
  deepStrictEqual(decodeHandshake(buffer.subarray(7, 71)), decoded(INDUCTION));
});

Deno.test("decodeHandshake returns a copy of the peer IP", () => {
  const buffer = bytes(INDUCTION);
  const handshake = decodeHandshake(buffer);
  buffer.fill(0xee);
  strictEqual(handshake.kind === "handshake" ? hex(handshake.peerIp.subarray(0, 4)) : handshake.text, "0100007f");
});

Deno.test("decodeHandshake returns Malformed if the datagram is one byte short", () => {
  deepStrictEqual(decodeHandshake(bytes(INDUCTION).subarray(0, 63)), {
    kind: "malformed",
    text: "handshake too short: 63 bytes, at least 64",
  });
});

Deno.test("decodeHandshake returns Malformed for another first word", () => {
  const packet = bytes(INDUCTION);
  packet[1] = 5;
  deepStrictEqual(decodeHandshake(packet), {
    kind: "malformed",
    text: "not a handshake: first word 0x80050000, expected 0x80000000",
  });
});

for (const [name, packet] of Object.entries({ INDUCTION, INDUCTION_RESPONSE, WAVEAHAND })) {
  Deno.test(`encodeHandshake reproduces the bytes of ${name}`, () => {
    strictEqual(hex(encodeHandshake(decoded(packet))), packet);
  });
}

Deno.test("encodeHandshake appends extensions unchanged", () => {
  const captured = bytes(CONCLUSION_PLAIN);
  strictEqual(hex(encodeHandshake(decoded(CONCLUSION_PLAIN), captured.subarray(64))), CONCLUSION_PLAIN);
});

Deno.test("encodeHandshake returns a new buffer for each call", () => {
  const handshake = decoded(INDUCTION);
  notStrictEqual(encodeHandshake(handshake).buffer, encodeHandshake(handshake).buffer);
});

Deno.test("encodeHandshake throws RangeError if the peer IP is too short", () => {
  throws(() => encodeHandshake({ ...decoded(INDUCTION), peerIp: new Uint8Array(4) }), RangeError);
});
