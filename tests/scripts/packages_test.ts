/** Tests of scripts/packages.ts: which packages go into the executable. */
import { deepStrictEqual } from "node:assert/strict";
import { type GraphPackage, imported } from "../../scripts/packages.ts";

function packageOf(name: string, ...dependencies: readonly string[]): GraphPackage {
  return { name, version: "1.0.0", dependencies };
}

Deno.test("imported lists only the packages that modules import and the dependencies of these, in the order of their names", () => {
  const graph = {
    modules: [{}, { npmPackage: "table@1.0.0" }, { npmPackage: "ranges@1.0.0" }, { npmPackage: "table@1.0.0" }],
    npmPackages: {
      "ranges@1.0.0": packageOf("ranges"),
      "schemas@1.0.0": packageOf("schemas", "uris@1.0.0"),
      "table@1.0.0": packageOf("table", "widths@1.0.0", "colors@1.0.0"),
      "uris@1.0.0": packageOf("uris"),
      "widths@1.0.0": packageOf("widths", "table@1.0.0"),
      "colors@1.0.0": packageOf("colors"),
    },
  };
  deepStrictEqual(imported(graph).map(({ name }) => name), ["colors", "ranges", "table", "widths"]);
});

Deno.test("imported lists nothing if no module imports a package", () => {
  deepStrictEqual(imported({ modules: [{}], npmPackages: { "table@1.0.0": packageOf("table") } }), []);
});
