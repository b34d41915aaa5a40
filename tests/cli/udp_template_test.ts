import assert from "node:assert/strict";
import { parseUdpTemplate } from "../../mod/cli/udp_template.ts";

for (
  const [text, target, ttl, name] of [
    ["239.1.1.1:5000", ["239.1.1.1:5000"], null, null],
    ["udp://239.1.1.1:5000?ttl=4&iface=eth1", ["239.1.1.1:5000"], 4, "eth1"],
    ["udp://@239.1.1.1:5000", ["239.1.1.1:5000"], null, null],
    ["[ff15::1]:5000?iface=eth1.20", ["[ff15::1]:5000"], null, "eth1.20"],
    ["127.0.0.1:{id.port}", ["127.0.0.1:", { field: "id.port" }], null, null],
    ["239.1.{id.ch}.1:5000", ["239.1.", { field: "id.ch" }, ".1:5000"], null, null],
    ["{address}:5000", [{ field: "address" }, ":5000"], null, null],
  ] as const
) {
  Deno.test(`parseUdpTemplate reads ${text}`, () => {
    assert.deepEqual(parseUdpTemplate(text), { target, ttl, interface: name });
  });
}
