import assert from "node:assert/strict";

import { guessFormat } from "../../mod/ts/guess_format.ts";

/** 1024 bytes: `size` bytes each, with the sync byte at `first`. */
function framed(size: number, first: number): Uint8Array {
  return new Uint8Array(1024).map((_, at) => at % size === first ? 0x47 : 0);
}

const CASES: readonly (readonly [string | null, Uint8Array | readonly number[]])[] = [
  ["FLV", [0x46, 0x4c, 0x56, 0x01, 0x05]],
  ["Matroska or WebM", [0x1a, 0x45, 0xdf, 0xa3]],
  ["MP4", [0, 0, 0, 0x20, 0x66, 0x74, 0x79, 0x70]],
  ["fragmented MP4", [0, 0, 0, 0x18, 0x73, 0x74, 0x79, 0x70]],
  ["raw H.264 or H.265", [0, 0, 0, 1, 0x67]],
  ["TS in packets of 192 bytes (M2TS, with time stamps)", framed(192, 4)],
  ["TS in packets of 204 bytes (with Reed-Solomon bytes)", framed(204, 0)],
  ["RTP (with a TS inside)", [0x80, 33, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x47, ...new Array(188).fill(0xff)]],
  ["text", [...new TextEncoder().encode("Grüße\n")]],
  [null, [0xde, 0xad, 0xbe, 0xef]],
  [null, []],
];

for (const [format, head] of CASES) {
  Deno.test(`guessFormat tells ${format ?? "that nothing fits"} from ${head.length} bytes`, () => {
    assert.equal(guessFormat(new Uint8Array(head)), format);
  });
}
