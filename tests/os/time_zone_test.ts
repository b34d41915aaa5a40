/** Tests of mod/os/time_zone.ts. */
import assert from "node:assert/strict";
import { timeZoneName } from "../../mod/os/time_zone.ts";

const CASES: readonly (readonly [tz: string | undefined, link: string, name: string | null])[] = [
  [undefined, "/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"],
  ["", "../usr/share/zoneinfo/America/Argentina/Salta", "America/Argentina/Salta"],
  [undefined, "/usr/share/zoneinfo/posix/Etc/GMT+1", "Etc/GMT+1"],
  [undefined, "/etc/my-zone", null],
  ["Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin", "Asia/Tokyo"],
  [":Asia/Tokyo", "", "Asia/Tokyo"],
  ["/usr/share/zoneinfo/Asia/Tokyo", "", "Asia/Tokyo"],
  ["UTC", "", "UTC"],
  ["CET-1CEST,M3.5.0,M10.5.0/3", "", null],
];

for (const [tz, link, name] of CASES) {
  Deno.test(`timeZoneName is ${name} with TZ=${tz} and the link ${link}`, () => {
    assert.equal(timeZoneName({ tz, readLink: () => link }), name);
  });
}

Deno.test("timeZoneName is UTC without /etc/localtime, and null if /etc/localtime is not a link", () => {
  const failing = (error: Error) => () => {
    throw error;
  };
  assert.equal(timeZoneName({ tz: undefined, readLink: failing(new Deno.errors.NotFound()) }), "UTC");
  assert.equal(timeZoneName({ tz: undefined, readLink: failing(new Error("EINVAL")) }), null);
});
