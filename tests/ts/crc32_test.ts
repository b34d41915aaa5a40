import { equal } from "node:assert/strict";
import { Crc32 } from "../../mod/ts/crc32.ts";

Deno.test("Crc32 of the digits 1 to 9 is the check value of CRC-32/MPEG-2", () => {
  equal(new Crc32().of(new TextEncoder().encode("123456789")), 0x0376e6e7);
});

Deno.test("Crc32 is 0 over a section of any bytes that ends with its own checksum", () => {
  const crc = new Crc32();
  const section = Uint8Array.from({ length: 260 }, (_, index) => index);
  new DataView(section.buffer).setUint32(256, crc.of(section.subarray(0, 256)));
  equal(crc.of(section), 0);
});
