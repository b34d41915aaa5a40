import assert from "node:assert/strict";

import { formatCount } from "../../mod/report/format_count.ts";

for (const [amount, text] of [[0, "0 packets"], [1, "1 packet"], [2, "2 packets"]] as const) {
  Deno.test(`formatCount says "${text}"`, () => assert.strictEqual(formatCount(amount, "packet"), text));
}
