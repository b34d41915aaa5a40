import { deepStrictEqual } from "node:assert/strict";
import { isMalformed, malformed } from "../../mod/packet/malformed.ts";

Deno.test("isMalformed returns true for a failure only", () => {
  const values = [malformed("why"), null, "malformed", [], { kind: "handshake" }, {}];
  deepStrictEqual(values.map(isMalformed), [true, false, false, false, false, false]);
});
