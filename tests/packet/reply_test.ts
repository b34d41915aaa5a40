import { strictEqual, throws } from "node:assert/strict";
import { decodeHandshake, type Handshake } from "../../mod/packet/handshake.ts";
import {
  encodeHsv4Rejection,
  encodeInductionResponse,
  encodeRejection,
  encodeShutdown,
} from "../../mod/packet/reply.ts";
import {
  bytes,
  CONCLUSION_UNSECURE,
  hex,
  INDUCTION,
  INDUCTION_RESPONSE,
  REJECTION_UNSECURE,
} from "../fixtures/handshakes.ts";

function decoded(packet: string): Handshake {
  const handshake = decodeHandshake(bytes(packet));
  if (handshake.kind === "malformed") throw new Error(`cannot decode fixture: ${handshake.text}`);
  return handshake;
}

/** The handshake type is at byte 36. */
function typeOf(datagram: Uint8Array): string {
  return hex(datagram.subarray(36, 40));
}

Deno.test("encodeInductionResponse reproduces the bytes of a libsrt listener", () => {
  strictEqual(hex(encodeInductionResponse(decoded(INDUCTION), 0x01234567)), INDUCTION_RESPONSE);
});

Deno.test("encodeInductionResponse advertises no key length, even if the request advertises one", () => {
  const response = encodeInductionResponse({ ...decoded(INDUCTION), encryption: 4 }, 1);
  strictEqual(hex(response.subarray(20, 22)), "0000");
});

for (const [keyLength, field] of [[16, "0002"], [24, "0003"], [32, "0004"]] as const) {
  Deno.test(`encodeInductionResponse proposes a key of ${keyLength} bytes`, () => {
    const response = encodeInductionResponse(decoded(INDUCTION), 1, { keyLength });
    strictEqual(hex(response.subarray(20, 24)), `${field}4a17`);
  });
}

Deno.test("encodeRejection reproduces the bytes of a libsrt listener except for its clock and socket ID", () => {
  const libsrt = bytes(REJECTION_UNSECURE);
  const request = decoded(CONCLUSION_UNSECURE);
  const ours = encodeRejection(request, 11);
  ours.set(libsrt.subarray(8, 12), 8);
  ours.set(libsrt.subarray(40, 44), 40);
  strictEqual(hex(ours), REJECTION_UNSECURE);
});

Deno.test("encodeRejection adds 1000 to a predefined reason", () => {
  strictEqual(typeOf(encodeRejection(decoded(CONCLUSION_UNSECURE), 1403)), "00000963");
});

for (const reason of [-1, 1.5, NaN, 0x7fffffff]) {
  Deno.test(`encodeRejection throws RangeError if the reason is ${reason}`, () => {
    throws(() => encodeRejection(decoded(CONCLUSION_UNSECURE), reason), RangeError);
  });
}

Deno.test("encodeHsv4Rejection sends SRT_REJ_PEER, the only reason that such a caller understands", () => {
  strictEqual(typeOf(encodeHsv4Rejection({ ...decoded(CONCLUSION_UNSECURE), version: 4, extension: 2 })), "000003ea");
});

Deno.test("encodeHsv4Rejection keeps version 4 and has the caller's socket ID as destination", () => {
  const rejection = encodeHsv4Rejection({ ...decoded(CONCLUSION_UNSECURE), version: 4, extension: 2 });
  strictEqual(hex(rejection.subarray(12, 20)), "1c42956300000004");
});

Deno.test("encodeShutdown reproduces the 20 bytes of libsrt's SHUTDOWN", () => {
  strictEqual(hex(encodeShutdown(0x9c429563)), "8005000000000000000000009c42956300000000");
});
