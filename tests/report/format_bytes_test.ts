import assert from "node:assert/strict";

import { formatBytes } from "../../mod/report/format_bytes.ts";

for (
  const [bytes, text] of [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [99_949, "99.9 kB"],
    [99_950, "100 kB"],
    [850_000, "850 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [37_500_000, "37.5 MB"],
    [1.2e9, "1.2 GB"],
    [4.5e15, "4500 TB"],
    [Number.NaN, "0 B"],
    [-1, "0 B"],
  ] as const
) {
  Deno.test(`formatBytes formats ${bytes} as ${text}`, () => assert.equal(formatBytes(bytes), text));
}
