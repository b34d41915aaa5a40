/** Tests of mod/packet/header.ts. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { classifyDatagram } from "../../mod/packet/header.ts";
import { bytes, CONCLUSION_PLAIN, INDUCTION } from "../fixtures/handshakes.ts";

Deno.test("classifyDatagram says handshake when the first word is 80000000 and all fields are there", () => {
  deepStrictEqual([INDUCTION, CONCLUSION_PLAIN].map((packet) => classifyDatagram(bytes(packet))), [
    "handshake",
    "handshake",
  ]);
});

Deno.test("classifyDatagram says other when a handshake is one byte short", () => {
  strictEqual(classifyDatagram(bytes(INDUCTION).subarray(0, 63)), "other");
});

Deno.test("classifyDatagram says other when a handshake has a subtype", () => {
  const packet = bytes(INDUCTION);
  const subtypes = [[1, 0], [0, 1]].map((subtype) => {
    packet.set(subtype, 2);
    return classifyDatagram(packet);
  });
  deepStrictEqual(subtypes, ["other", "other"]);
});

Deno.test("classifyDatagram says shutdown for control type 5", () => {
  strictEqual(classifyDatagram(bytes("80050000 00000000 00000000 1c429563 00000000")), "shutdown");
});

Deno.test("classifyDatagram says control for keepalive and for user defined types", () => {
  const kinds = ["80010000", "ffff0003", "80ff0000", "85000000"].map((word) =>
    classifyDatagram(bytes(word + "00".repeat(12)))
  );
  deepStrictEqual(kinds, ["control", "control", "control", "control"]);
});

Deno.test("classifyDatagram says data when the control bit is clear", () => {
  strictEqual(classifyDatagram(bytes("43c5fc7a e0000001 00000000 1c429563 47")), "data");
});

Deno.test("classifyDatagram says other below 16 bytes", () => {
  deepStrictEqual([0, 1, 4, 15].map((size) => classifyDatagram(new Uint8Array(size))), [
    "other",
    "other",
    "other",
    "other",
  ]);
});
