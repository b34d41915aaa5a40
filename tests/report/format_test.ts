import assert from "node:assert/strict";

import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatEndpoint,
  formatRate,
} from "../../mod/report/format.ts";

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

for (
  const [bitsPerSecond, text] of [
    [0, "0 bit/s"],
    [12_400_000, "12.4 Mbit/s"],
    [850_400, "850 kbit/s"],
    [1e9, "1.0 Gbit/s"],
    [Number.POSITIVE_INFINITY, "0 bit/s"],
  ] as const
) {
  Deno.test(`formatRate formats ${bitsPerSecond} as ${text}`, () => assert.equal(formatRate(bitsPerSecond), text));
}

for (const [amount, text] of [[0, "0 packets"], [1, "1 packet"], [2, "2 packets"]] as const) {
  Deno.test(`formatCount formats ${amount} as ${text}`, () => assert.equal(formatCount(amount, "packet"), text));
}

for (
  const [ms, text] of [
    [0, "0.0 s"],
    [3_440, "3.4 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [59_499, "59 s"],
    [59_500, "1 min 00 s"],
    [62_000, "1 min 02 s"],
    [3_599_499, "59 min 59 s"],
    [3_599_500, "1 h 00 min"],
    [3_720_000, "1 h 02 min"],
    [86_399_499, "23 h 59 min"],
    [86_400_000, "1 d 00 h"],
    [183_600_000, "2 d 03 h"],
    [Number.NaN, "0.0 s"],
    [-5, "0.0 s"],
  ] as const
) {
  Deno.test(`formatDuration formats ${ms} ms as ${text}`, () => assert.equal(formatDuration(ms), text));
}

Deno.test("formatClock formats UTC if requested", () => {
  assert.equal(formatClock("2026-05-04T04:03:07.999Z", { utc: true }), "04:03:07");
});

Deno.test("formatClock formats local time if UTC is not requested", () => {
  const local = new Date(2026, 4, 4, 4, 3, 7).toISOString();
  assert.equal(formatClock(local, { utc: false }), "04:03:07");
});

Deno.test("formatClock formats an invalid time as dashes", () => {
  assert.equal(formatClock("soon", { utc: true }), "--:--:--");
});

Deno.test("formatEndpoint formats IPv4 without brackets", () => {
  assert.equal(formatEndpoint({ address: "192.0.2.7", port: 9000 }), "192.0.2.7:9000");
});

Deno.test("formatEndpoint formats IPv6 in brackets", () => {
  assert.equal(formatEndpoint({ address: "::1", port: 9000 }), "[::1]:9000");
});
