/** Tests of mod/door/local_addresses.ts. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { isLinkLocal, localAddresses } from "../../mod/door/local_addresses.ts";

const MACHINE = [
  { family: "IPv4", address: "127.0.0.1" },
  { family: "IPv6", address: "::1" },
  { family: "IPv4", address: "192.0.2.2" },
  { family: "IPv6", address: "2001:db8::2" },
  { family: "IPv6", address: "fe80::fc:ff:fe00:1" },
  { family: "IPv4", address: "192.0.2.2" },
] as const;

for (
  const [scope, expected] of [
    [{ kind: "every" }, ["127.0.0.1", "::1", "192.0.2.2", "2001:db8::2"]],
    [{ kind: "every-ipv4" }, ["127.0.0.1", "192.0.2.2"]],
    [{ kind: "every-ipv6" }, ["::1", "2001:db8::2"]],
    [{ kind: "one", address: "192.0.2.2" }, ["192.0.2.2"]],
    [{ kind: "one", address: "198.51.100.1" }, ["198.51.100.1"]],
  ] as const
) {
  Deno.test(`localAddresses of ${JSON.stringify(scope)} are ${expected.join(", ")}`, () => {
    deepStrictEqual(localAddresses(scope, MACHINE), expected);
  });
}

Deno.test("localAddresses returns none for a family that the machine does not have", () => {
  deepStrictEqual(localAddresses({ kind: "every-ipv6" }, [{ family: "IPv4", address: "127.0.0.1" }]), []);
});

for (
  const [address, expected] of [
    ["fe80::1", true],
    ["FE80::1", true],
    ["febf::1", true],
    ["fec0::1", false],
    ["fd00::1", false],
    ["::1", false],
    ["169.254.0.1", false],
  ] as const
) {
  Deno.test(`isLinkLocal of ${address} is ${expected}`, () => strictEqual(isLinkLocal(address), expected));
}
