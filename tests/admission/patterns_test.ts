/** Tests of mod/admission/name_pattern.ts and address_range.ts. */
import { strictEqual, throws } from "node:assert/strict";
import { parseAddressRange, sourceNetwork } from "../../mod/admission/address_range.ts";
import { parseNamePattern } from "../../mod/admission/name_pattern.ts";
import { doInTime } from "../support/in_time.ts";

for (
  const [pattern, name, matches] of [
    ["cam*", "cam", true],
    ["cam*", "cam/1", true],
    ["cam*", "xcam", false],
    ["*", "", true],
    ["test*", "test\nx", true],
    ["test*", "test/../cam", true],
    ["live/*/hd", "live/a/b/hd", true],
    ["cam?", "cam1", true],
    ["cam?", "cam", false],
    ["cam?", "cam\u{1F600}", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["(a|b)+", "a", false],
    ["cam-1", "cam-1", true],
    ["cam-?-*", "cam-\u{1F600}-", true],
    ["a\\-b", "a-b", true],
    ["a\\\\-b", "a\\-b", true],
    ["a\\\\*", "a\\b", true],
    ["cam", "CAM", false],
  ] as const
) {
  Deno.test(`the pattern ${pattern} ${matches ? "matches" : "does not match"} ${JSON.stringify(name)}`, () => {
    strictEqual(parseNamePattern(pattern).matches(name), matches);
  });
}

for (
  const [pattern, why] of [
    ["", /cannot be empty/],
    ["a*b*c*d", /at most 2 "\*"/],
    ["\\\\*\\\\*\\\\*a", /at most 2 "\*"/],
    ["x".repeat(513), /512/],
  ] as const
) {
  Deno.test(`the pattern ${pattern.slice(0, 10)} of ${pattern.length} characters is refused`, () => {
    throws(() => parseNamePattern(pattern), why);
  });
}

for (let code = 0x20; code < 0x7f; code += 1) {
  const character = String.fromCharCode(code);
  if ("*?\\".includes(character)) continue;
  Deno.test(`a pattern matches ${JSON.stringify(character)} literally`, () => {
    const { matches } = parseNamePattern(`a${character}*`);
    strictEqual(matches(`a${character}b`), true);
    strictEqual(matches("ab"), character === "b");
  });
}

Deno.test("the most expensive pattern that is allowed takes under 100 ms for the most hostile name", () => {
  const { matches } = parseNamePattern("*a*ab*");
  strictEqual(doInTime(100, () => matches("a".repeat(512))), false);
});

for (
  const [range, address, contains] of [
    ["192.0.2.0/24", "192.0.2.255", true],
    ["192.0.2.0/24", "192.0.3.0", false],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["192.0.2.0/24", "::ffff:192.0.2.1", true],
    ["::ffff:192.0.2.0/120", "192.0.2.1", true],
    ["::ffff:192.0.2.0/120", "192.0.3.1", false],
    ["::ffff:192.0.2.7", "192.0.2.7", true],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["::/0", "192.0.2.1", false],
    ["0.0.0.0/0", "192.0.2.1", true],
  ] as const
) {
  Deno.test(`the range ${range} ${contains ? "contains" : "does not contain"} ${address}`, () => {
    strictEqual(parseAddressRange(range).contains(address), contains);
  });
}

for (
  const [range, why] of [
    ["192.0.2.1/24", /write 192\.0\.2\.0\/24/],
    ["192.0.2.0/33", /\/0 to \/32/],
    ["192.0.2", /is not an address/],
    ["010.0.0.1", /is not an address/],
    ["fe80::1%eth0", /is not an address/],
    ["example.org", /is not an address/],
    ["1.2.3.4/8/8", /is not an address/],
    ["1.2.3.4/", /prefix length/],
  ] as const
) {
  Deno.test(`the range ${range} is refused`, () => throws(() => parseAddressRange(range), why));
}

for (
  const [address, network] of [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3::4", "2001:db8:1:2::/64"],
    ["::1", "::/64"],
    ["fe80::1%eth0", "fe80::1%eth0"],
  ] as const
) {
  Deno.test(`sourceNetwork returns ${network} for ${address}`, () => strictEqual(sourceNetwork(address), network));
}
