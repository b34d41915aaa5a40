import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { decodeHsreq, encodeHsreq, HSREQ_FLAG } from "../../mod/packet/hsreq.ts";
import { bytes, hex } from "../fixtures/handshakes.ts";

Deno.test("decodeHsreq decodes receiver and sender latency", () => {
  deepStrictEqual(decodeHsreq(bytes("00010501 000000bf 00780014")), {
    srtVersion: "1.5.1",
    flags: 0xbf,
    receiverLatencyMs: 120,
    senderLatencyMs: 20,
  });
});

Deno.test("decodeHsreq returns flags and latencies unsigned", () => {
  deepStrictEqual(decodeHsreq(bytes("00ffffff ffffffff ffffffff")), {
    srtVersion: "255.255.255",
    flags: 0xffffffff,
    receiverLatencyMs: 65535,
    senderLatencyMs: 65535,
  });
});

Deno.test("decodeHsreq accepts a longer block, as libsrt does", () => {
  deepStrictEqual(
    decodeHsreq(bytes("00010501 000000bf 00780000 deadbeef")),
    decodeHsreq(bytes("00010501 000000bf 00780000")),
  );
});

Deno.test("decodeHsreq returns Malformed if a word is missing", () => {
  deepStrictEqual(decodeHsreq(bytes("00010501 000000bf")), {
    kind: "malformed",
    text: "HSREQ too short: 8 bytes, at least 12",
  });
});

Deno.test("HSREQ_FLAG has the bits of the specification in their order", () => {
  deepStrictEqual(Object.values(HSREQ_FLAG), [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80]);
});

Deno.test("encodeHsreq reproduces the bytes that libsrt 1.5.1 sends", () => {
  const data = encodeHsreq({ srtVersion: "1.5.1", flags: 0xbf, receiverLatencyMs: 120, senderLatencyMs: 0 });
  strictEqual(hex(data), "00010501000000bf00780000");
});

for (const srtVersion of ["1.5", "1.5.256", "1.5.x", ""]) {
  Deno.test(`encodeHsreq throws RangeError if the version is "${srtVersion}"`, () => {
    throws(() => encodeHsreq({ srtVersion, flags: 0, receiverLatencyMs: 0, senderLatencyMs: 0 }), RangeError);
  });
}
