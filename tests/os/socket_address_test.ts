/** Tests of mod/os/socket_address.ts. */
import { strictEqual, throws } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { encodeSocketAddress, toBinaryAddress } from "../../mod/os/socket_address.ts";
import { hex } from "../fixtures/handshakes.ts";

const libc = openLibc();

for (
  const [address, port, expected] of [
    ["127.0.0.1", 9000, "0200" + "2328" + "7f000001" + "00".repeat(8)],
    ["192.0.2.255", 65535, "0200" + "ffff" + "c00002ff" + "00".repeat(8)],
    ["::1", 9000, "0a00" + "2328" + "00000000" + "00".repeat(15) + "01" + "00000000"],
    ["2001:db8::ff", 1, "0a00" + "0001" + "00000000" + "20010db8" + "00".repeat(11) + "ff" + "00000000"],
    ["::ffff:127.0.0.1", 9000, "0a00" + "2328" + "00000000" + "00".repeat(10) + "ffff7f000001" + "00000000"],
  ] as const
) {
  Deno.test(`encodeSocketAddress encodes ${address} port ${port}`, () => {
    strictEqual(hex(encodeSocketAddress(libc, { address, port })), expected);
  });
}

for (const address of ["localhost", "", "127.0.0.1.", "fe80::1%lo", "[::1]", "127.0.0.1\0.evil:"]) {
  Deno.test(`toBinaryAddress throws RangeError for ${JSON.stringify(address)}`, () => {
    throws(() => toBinaryAddress(libc, address), RangeError);
  });
}
