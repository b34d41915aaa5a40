import { deepStrictEqual } from "node:assert/strict";
import { byteRange } from "../../mod/web/byte_range.ts";

for (
  const [header, expected] of [
    [null, null],
    ["bytes=0-9", { start: 0, end: 10 }],
    ["bytes=90-", { start: 90, end: 100 }],
    ["bytes=90-500", { start: 90, end: 100 }],
    ["bytes=-10", { start: 90, end: 100 }],
    ["bytes=-500", { start: 0, end: 100 }],
    ["bytes=99-99", { start: 99, end: 100 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=9-0", null],
    ["bytes=-", null],
    ["bytes=0-1,5-6", null],
    ["lines=0-1", null],
    ["bytes=0x1-2", null],
    ["bytes=9999999999999999999-", "unsatisfiable"],
    ["bytes=90-9999999999999999999", { start: 90, end: 100 }],
    ["BYTES=0-9", { start: 0, end: 10 }],
  ] as const
) {
  Deno.test(`byteRange reads ${header} of 100 bytes`, () => deepStrictEqual(byteRange(header, 100), expected));
}

Deno.test("byteRange reports that an empty file has no ranges", () => {
  deepStrictEqual([byteRange("bytes=0-", 0), byteRange("bytes=-1", 0)], ["unsatisfiable", "unsatisfiable"]);
});
