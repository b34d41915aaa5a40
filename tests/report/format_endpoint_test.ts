import assert from "node:assert/strict";

import { formatEndpoint } from "../../mod/report/format_endpoint.ts";

Deno.test("formatEndpoint writes IPv4 plainly", () => {
  assert.equal(formatEndpoint({ address: "192.0.2.7", port: 9000 }), "192.0.2.7:9000");
});

Deno.test("formatEndpoint writes IPv6 in brackets", () => {
  assert.equal(formatEndpoint({ address: "::1", port: 9000 }), "[::1]:9000");
});
