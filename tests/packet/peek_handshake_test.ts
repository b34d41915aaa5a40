import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { decodeHandshake } from "../../mod/packet/handshake.ts";
import { encodeInductionResponse } from "../../mod/packet/reply.ts";
import { answerInPlace, peekCookie, peekType } from "../../mod/packet/peek_handshake.ts";
import { bytes, CONCLUSION_PLAIN, hex, INDUCTION, INDUCTION_RESPONSE, WAVEAHAND } from "../fixtures/handshakes.ts";

Deno.test("answerInPlace returns the same as encodeInductionResponse", () => {
  const handshake = decodeHandshake(bytes(INDUCTION));
  if (handshake.kind === "malformed") throw new Error(handshake.text);
  for (const keyLength of [0, 16, 32]) {
    const expected = encodeInductionResponse(handshake, 0xfedcba98, { keyLength });
    strictEqual(hex(answerInPlace(bytes(INDUCTION), 0xfedcba98, { keyLength })), hex(expected));
  }
});

Deno.test("answerInPlace returns the response of libsrt except for the timestamp", () => {
  strictEqual(hex(answerInPlace(bytes(INDUCTION), 0x01234567)), INDUCTION_RESPONSE);
});

Deno.test("answerInPlace returns 64 bytes for an INDUCTION of any length", () => {
  strictEqual(answerInPlace(bytes(`${INDUCTION}00000000`), 1).length, 64);
});

for (
  const [what, datagram, type] of [
    ["an INDUCTION", INDUCTION, 1],
    ["an INDUCTION with more bytes after it", `${INDUCTION}0000`, 1],
    ["an INDUCTION that was cut", INDUCTION.slice(0, -2), null],
    ["a CONCLUSION", CONCLUSION_PLAIN, 0xffffffff],
    ["a rendezvous", WAVEAHAND, 0],
    ["a data packet", `00${INDUCTION.slice(2)}`, null],
    ["an empty datagram", "", null],
  ] as const
) {
  Deno.test(`peekType returns ${type} for ${what}`, () => strictEqual(peekType(bytes(datagram)), type));
}

for (const [what, datagram] of Object.entries({ INDUCTION, INDUCTION_RESPONSE, CONCLUSION_PLAIN })) {
  Deno.test(`peekType and peekCookie return the same as decodeHandshake for ${what}`, () => {
    const handshake = decodeHandshake(bytes(datagram));
    if (handshake.kind === "malformed") throw new Error(handshake.text);
    deepStrictEqual([peekType(bytes(datagram)), peekCookie(bytes(datagram))], [handshake.type, handshake.cookie]);
  });
}
