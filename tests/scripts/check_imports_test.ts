/** Tests of scripts/check_imports.ts, with small projects that the table of scripts/import_rules.ts is applied to. */
import assert from "node:assert/strict";

import { checkImports, checkOrder } from "../../scripts/check_imports.ts";
import { IMPORT_RULES } from "../../scripts/import_rules.ts";
import { projectWith } from "./project_with.ts";

const MODULE = "export const a = 1;\nexport type A = 1;\n";

async function problemsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  using project = projectWith(files);
  return await checkImports(project.root);
}

Deno.test("checkImports accepts what the table allows", async () => {
  const files = {
    "main.ts": 'await import("./workers/session.ts");\n',
    "workers/session.ts": 'import "../mod/session/a.ts";\n',
    "mod/session/a.ts": 'import "../os/a.ts";\nimport "./b.ts";\n',
    "mod/session/b.ts": MODULE,
    "mod/srt/a.ts": 'import type { A } from "../vocabulary/a.ts";\nexport type B = A;\n',
    "mod/vocabulary/a.ts": MODULE,
    "mod/os/a.ts": MODULE,
    "mod/send/a.ts": 'import "node:path";\n',
  };
  assert.deepEqual(await problemsOf(files), []);
});

for (
  const [what, file, content, problem] of [
    [
      "an import in the wrong direction",
      "mod/packet/x.ts",
      'import "../os/a.ts";\n',
      /^mod\/packet\/x\.ts imports mod\/os\/a\.ts/,
    ],
    [
      "an import of a type in the wrong direction",
      "mod/os/x.ts",
      'import type { A } from "../packet/a.ts";\nexport type B = A;\n',
      /\(types\)/,
    ],
    [
      "a re-export in the wrong direction",
      "mod/srt/x.ts",
      'export { a } from "../os/a.ts";\n',
      /^mod\/srt\/x\.ts imports/,
    ],
    [
      "an import of code if the table allows types only",
      "mod/srt/x.ts",
      'import "../vocabulary/a.ts";\n',
      /a\.ts \(code\)/,
    ],
    ["a static import of a worker", "main.ts", 'import "./workers/session.ts";\n', /workers\/session\.ts \(code\)/],
    [
      "an import that only the row of the parent folder allows",
      "mod/web/page/x.ts",
      'import "../reply.ts";\n',
      /the row of mod\/web\/page/,
    ],
    ["an import of a test", "mod/os/x.ts", 'import "../../tests/a.ts";\n', /imports tests\/a\.ts/],
    ["an import of a missing file", "mod/os/x.ts", 'import "../gone/a.ts";\n', /imports mod\/gone\/a\.ts/],
    ["commander outside of its folder", "mod/report/x.ts", 'import "npm:commander@15.1.0";\n', /only mod\/cli may/],
    ["a folder without a row", "mod/other/x.ts", MODULE, /no row .* covers it/],
    [
      "a node: module in what a child loads",
      "mod/session/a.ts",
      'import "node:path";\n',
      /^a child loads workers\/child\.ts -> workers\/session\.ts -> mod\/session\/a\.ts -> node:path$/,
    ],
    [
      "a dynamic import of a node: module in what a child loads",
      "mod/session/a.ts",
      'await import("node:path");\n',
      /^a child loads .* -> node:path$/,
    ],
    [
      "an npm package in what a child loads",
      "mod/session/a.ts",
      'await import("npm:fast-deep-equal@3.1.3");\n',
      /^a child loads .* -> npm:\/?fast-deep-equal/,
    ],
    [
      "a large npm package in what the listener loads before it is ready",
      "workers/listen.ts",
      'import "../mod/vocabulary/b.ts";\n',
      /^the listener loads workers\/listen\.ts -> mod\/vocabulary\/b\.ts -> npm:\/?@sinclair\/typebox/,
    ],
  ] as const
) {
  Deno.test(`checkImports finds ${what}`, async () => {
    const targets = {
      "mod/os/a.ts": MODULE,
      "mod/packet/a.ts": MODULE,
      "mod/vocabulary/a.ts": MODULE,
      "mod/vocabulary/b.ts": 'import "npm:@sinclair/typebox@0.34.52";\n',
      "mod/session/a.ts": MODULE,
      "workers/child.ts": 'import "./session.ts";\n',
      "workers/session.ts": 'import "../mod/session/a.ts";\n',
      "tests/a.ts": MODULE,
    };
    const problems = await problemsOf({ ...targets, [file]: content });
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", problem);
  });
}

Deno.test("checkImports finds a cycle within a folder", async () => {
  const files = {
    "mod/os/a.ts": 'import type { B } from "./b.ts";\nexport type A = B;\n',
    "mod/os/b.ts": 'import type { A } from "./a.ts";\nexport type B = A | 1;\n',
  };
  assert.deepEqual(await problemsOf(files), ["cycle: mod/os/a.ts -> mod/os/b.ts -> mod/os/a.ts"]);
});

Deno.test("checkOrder accepts the table of the program", () => {
  assert.deepEqual(checkOrder(Object.entries(IMPORT_RULES)), []);
});

Deno.test("checkOrder finds a part that is below its importer", () => {
  const problems = checkOrder([["mod/a", ["mod/b/c.ts types"]], ["mod/b", []]]);
  assert.deepEqual(problems, ["scripts/import_rules.ts: mod/b/c.ts must stand above mod/a"]);
});

Deno.test("checkOrder finds a part that has no row", () => {
  const problems = checkOrder([["mod/a", ["mod/gone"]]]);
  assert.deepEqual(problems, ["scripts/import_rules.ts: mod/a may import mod/gone, which is in no row"]);
});
