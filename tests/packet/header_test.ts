import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { classifyDatagram } from "../../mod/packet/header.ts";
import { bytes, CONCLUSION_PLAIN, INDUCTION } from "../fixtures/handshakes.ts";

Deno.test("classifyDatagram returns handshake for the first word 80000000 and at least 64 bytes", () => {
  deepStrictEqual([INDUCTION, CONCLUSION_PLAIN].map((packet) => classifyDatagram(bytes(packet))), [
    "handshake",
    "handshake",
  ]);
});

Deno.test("classifyDatagram returns other for a handshake that is one byte short", () => {
  strictEqual(classifyDatagram(bytes(INDUCTION).subarray(0, 63)), "other");
});

Deno.test("classifyDatagram returns other for a handshake with a subtype", () => {
  const packet = bytes(INDUCTION);
  const subtypes = [[1, 0], [0, 1]].map((subtype) => {
    packet.set(subtype, 2);
    return classifyDatagram(packet);
  });
  deepStrictEqual(subtypes, ["other", "other"]);
});

Deno.test("classifyDatagram returns shutdown for control type 5", () => {
  strictEqual(classifyDatagram(bytes("80050000 00000000 00000000 1c429563 00000000")), "shutdown");
});

Deno.test("classifyDatagram returns control for keepalive, user-defined and unknown types", () => {
  const kinds = ["80010000", "ffff0003", "80ff0000", "85000000"].map((word) =>
    classifyDatagram(bytes(word + "00".repeat(12)))
  );
  deepStrictEqual(kinds, ["control", "control", "control", "control"]);
});

Deno.test("classifyDatagram returns data for a clear control bit", () => {
  strictEqual(classifyDatagram(bytes("43c5fc7a e0000001 00000000 1c429563 47")), "data");
});

Deno.test("classifyDatagram returns other for fewer than 16 bytes", () => {
  deepStrictEqual([0, 1, 4, 15].map((size) => classifyDatagram(new Uint8Array(size))), [
    "other",
    "other",
    "other",
    "other",
  ]);
});
