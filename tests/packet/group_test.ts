import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { decodeGroup, encodeGroup, GROUP_TYPE } from "../../mod/packet/group.ts";
import { bytes, GROUP_DATA, hex } from "../fixtures/handshakes.ts";

Deno.test("decodeGroup decodes every field of a captured block", () => {
  deepStrictEqual(decodeGroup(bytes(GROUP_DATA)), { id: 0x50c8f3d8, type: GROUP_TYPE.BROADCAST, flags: 0, weight: 10 });
});

Deno.test("decodeGroup returns all fields unsigned", () => {
  deepStrictEqual(decodeGroup(bytes("f0c8f3d8 fe81ffff")), { id: 0xf0c8f3d8, type: 0xfe, flags: 0x81, weight: 0xffff });
});

Deno.test("decodeGroup returns Malformed if the second word is missing", () => {
  deepStrictEqual(decodeGroup(bytes("50c8f3d8")), { kind: "malformed", text: "GROUP too short: 4 bytes, at least 8" });
});

Deno.test("encodeGroup reproduces the captured bytes", () => {
  strictEqual(hex(encodeGroup({ id: 0x50c8f3d8, type: 1, flags: 0, weight: 10 })), GROUP_DATA);
});

Deno.test("encodeGroup encodes every field", () => {
  strictEqual(hex(encodeGroup({ id: 0xf0c8f3d8, type: 2, flags: 1, weight: 0x0102 })), "f0c8f3d802010102");
});
