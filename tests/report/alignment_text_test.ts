import assert from "node:assert/strict";

import { alignmentText, type ShownAlignment } from "../../mod/report/alignment_text.ts";

const REFERENCE: ShownAlignment = {
  file: "a.ts",
  firstPacket: "2026-05-04T12:00:00.000Z",
  offsetMs: 0,
  by: "reference",
  exactMs: 0,
  pcrOffsetMs: null,
};
const BY_PCR: ShownAlignment = {
  ...REFERENCE,
  file: "b\n.ts",
  firstPacket: null,
  offsetMs: -1234.5678,
  by: "pcr",
  exactMs: 0.001,
  pcrOffsetMs: -1234.5678,
};
const BY_CLOCK: ShownAlignment = {
  ...REFERENCE,
  file: "c.ts",
  firstPacket: "2026-05-04T12:00:15.000Z",
  offsetMs: 15_000,
  by: "wall-clock",
  exactMs: 10,
};

Deno.test("alignmentText shows each offset, how it was found, and its precision", () => {
  assert.equal(
    alignmentText([REFERENCE, BY_PCR]),
    "offset       by         accuracy  first packet              file\n" +
      "0.000 s      reference            2026-05-04T12:00:00.000Z  a.ts\n" +
      "-1.234568 s  PCR        0.001 ms  unknown                   b\\u000a.ts\n",
  );
});

Deno.test("alignmentText explains offsets by wall clock, and an offset by PCR that is not used", () => {
  const text = alignmentText([REFERENCE, BY_CLOCK, { ...BY_CLOCK, file: "d.ts", pcrOffsetMs: 40 }]);
  assert.match(text, /\n\+15\.000 s {2}wall clock {2}10 ms/);
  assert.match(text, /\n\nwall clock: the offset is exact only if the clocks of the recording machines agree\n/);
  assert.match(
    text,
    /\nd\.ts: the offset by PCR would be \+0\.040000 s, which differs too much from the wall clock; .*\n$/,
  );
  assert.doesNotMatch(text, /\nc\.ts: /);
});
