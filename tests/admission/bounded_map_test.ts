/** Tests of mod/admission/bounded_map.ts. */
import { deepStrictEqual } from "node:assert/strict";
import { BoundedMap } from "../../mod/admission/bounded_map.ts";

Deno.test("a full BoundedMap drops its oldest entry when a new key is added, and none when the value of a key is replaced", () => {
  const map = new BoundedMap<string, number>(2);
  map.put("a", 1);
  map.put("b", 2);
  map.put("a", 3);
  deepStrictEqual([...map], [["b", 2], ["a", 3]]);
  map.put("c", 4);
  deepStrictEqual([...map], [["a", 3], ["c", 4]]);
});
