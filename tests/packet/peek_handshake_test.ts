/** Tests of mod/packet/stateless_reply.ts against the codec. */
import { strictEqual } from "node:assert/strict";
import { decodeHandshake } from "../../mod/packet/handshake.ts";
import { encodeInductionResponse } from "../../mod/packet/reply.ts";
import { answerInPlace, isInduction } from "../../mod/packet/stateless_reply.ts";
import { bytes, CONCLUSION_PLAIN, hex, INDUCTION, INDUCTION_RESPONSE, WAVEAHAND } from "../fixtures/handshakes.ts";

Deno.test("answerInPlace makes what encodeInductionResponse makes", () => {
  const handshake = decodeHandshake(bytes(INDUCTION));
  if (handshake.kind === "malformed") throw new Error(handshake.text);
  strictEqual(hex(answerInPlace(bytes(INDUCTION), 0xfedcba98)), hex(encodeInductionResponse(handshake, 0xfedcba98)));
});

Deno.test("answerInPlace makes what libsrt makes, its timestamp aside", () => {
  strictEqual(hex(answerInPlace(bytes(INDUCTION), 0x01234567)), INDUCTION_RESPONSE);
});

Deno.test("answerInPlace answers with 64 bytes, however long the INDUCTION is", () => {
  strictEqual(answerInPlace(bytes(`${INDUCTION}00000000`), 1).length, 64);
});

for (
  const [what, datagram, is] of [
    ["an INDUCTION", INDUCTION, true],
    ["an INDUCTION with more behind it", `${INDUCTION}0000`, true],
    ["an INDUCTION that was cut", INDUCTION.slice(0, -2), false],
    ["a CONCLUSION", CONCLUSION_PLAIN, false],
    ["a rendezvous", WAVEAHAND, false],
    ["a data packet", `00${INDUCTION.slice(2)}`, false],
    ["nothing", "", false],
  ] as const
) {
  Deno.test(`isInduction is ${is} for ${what}`, () => strictEqual(isInduction(bytes(datagram)), is));
}
