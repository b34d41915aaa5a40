import { strictEqual, throws } from "node:assert/strict";
import { formatNumericHost } from "../../mod/packet/numeric_host.ts";

// The second column is the output of getnameinfo of glibc 2.36.
for (
  const [address, printed] of [
    ["127.0.0.1", "127.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["249.199.99.9", "249.199.99.9"],
    ["250.200.100.10", "250.200.100.10"],
    ["::", "::"],
    ["::1", "::1"],
    ["::1:2", "::0.1.0.2"],
    ["::102:304", "::1.2.3.4"],
    ["::ffff", "::ffff"],
    ["::ffff:1", "::255.255.0.1"],
    ["::ffff:7f00:1", "::ffff:127.0.0.1"],
    ["::ffff:127.0.0.1", "::ffff:127.0.0.1"],
    ["::ffff:0:0", "::ffff:0.0.0.0"],
    ["::ffff:0:1:2", "::ffff:0:1:2"],
    ["::fffe:1:2", "::fffe:1:2"],
    ["::1:0:0", "::1:0:0"],
    ["0:0:0:0:1:2:3:4", "::1:2:3:4"],
    ["0:1::", "0:1::"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:DB8::A", "2001:db8::a"],
  ] as const
) {
  Deno.test(`formatNumericHost formats ${address} as the C library does`, () => {
    strictEqual(formatNumericHost(address), printed);
  });
}

for (
  const text of [
    "",
    "localhost",
    "1.2.3",
    "1.2.3.256",
    "260.1.1.1",
    "1.2.3.4.5",
    "[::1]",
    "::1%lo",
    "fe80::1%eth0",
    "1:2",
    "::1/64",
    "::1]@[::2",
  ]
) {
  Deno.test(`formatNumericHost throws RangeError for "${text}"`, () =>
    throws(() => formatNumericHost(text), RangeError));
}
