import assert from "node:assert/strict";

import { formatClock } from "../../mod/report/format_clock.ts";

Deno.test("formatClock gives UTC when asked", () => {
  assert.equal(formatClock("2026-05-04T04:03:07.999Z", { utc: true }), "04:03:07");
});

Deno.test("formatClock gives local time otherwise", () => {
  const local = new Date(2026, 4, 4, 4, 3, 7).toISOString();
  assert.equal(formatClock(local, { utc: false }), "04:03:07");
});

Deno.test("formatClock shows what is no time as such", () => {
  assert.equal(formatClock("soon", { utc: true }), "--:--:--");
});
