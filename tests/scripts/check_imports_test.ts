import assert from "node:assert/strict";

import { checkImports } from "../../scripts/check_imports.ts";
import { projectWith } from "./project_with.ts";

const MODULE = "export const a = 1;\nexport type A = 1;\n";

async function problemsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  using project = projectWith(files);
  return await checkImports(project.root);
}

Deno.test("checkImports accepts what the table allows", async () => {
  const files = {
    "main.ts": 'import "./mod/handoff/contract.ts";\nawait import("./workers/session.ts");\n',
    "workers/session.ts": 'import "../mod/session/a.ts";\nimport "../mod/handoff/contract.ts";\n',
    "mod/cli/a.ts": 'import type { A } from "../report/a.ts";\nimport "node:path";\nexport type B = A;\n',
    "mod/listener/a.ts": 'import "../packet/a.ts";\nimport "../os/a.ts";\nimport "./b.ts";\n',
    "mod/listener/b.ts": MODULE,
    "mod/session/a.ts": 'import "../handoff/contract.ts";\nimport "../srt/a.ts";\nimport "../report/events.ts";\n',
    "mod/handoff/contract.ts": 'import type { A } from "../report/events.ts";\nexport type B = A;\n',
    "mod/report/events.ts": MODULE,
    "mod/report/a.ts": MODULE,
    "mod/packet/a.ts": MODULE,
    "mod/os/a.ts": MODULE,
    "mod/srt/a.ts": MODULE,
  };
  assert.deepEqual(await problemsOf(files), []);
});

for (
  const [what, file, content, problem] of [
    ["a wrong direction", "mod/packet/x.ts", 'import "../os/a.ts";\n', /^mod\/packet\/x\.ts imports mod\/os\/a\.ts/],
    [
      "a wrong direction by type",
      "mod/os/x.ts",
      'import type { A } from "../packet/a.ts";\nexport type B = A;\n',
      /\(types\)/,
    ],
    ["a re-export", "mod/srt/x.ts", 'export { a } from "../os/a.ts";\n', /^mod\/srt\/x\.ts imports/],
    ["more of a folder than the table names", "mod/session/x.ts", 'import "../handoff/a.ts";\n', /mod\/handoff\/a\.ts/],
    ["code where only types are allowed", "mod/cli/x.ts", 'import "../os/a.ts";\n', /mod\/os\/a\.ts \(code\)/],
    ["a static import of a worker", "main.ts", 'import "./workers/session.ts";\n', /workers\/session\.ts \(code\)/],
    ["an import of a test", "mod/os/x.ts", 'import "../../tests/a.ts";\n', /imports tests\/a\.ts/],
    ["a file that is not there", "mod/os/x.ts", 'import "../gone/a.ts";\n', /imports mod\/gone\/a\.ts/],
    ["commander outside of its folder", "mod/report/x.ts", 'import "npm:commander@15.1.0";\n', /only mod\/cli may/],
    ["a folder without a rule", "mod/other/x.ts", MODULE, /no rule .* covers it/],
  ] as const
) {
  Deno.test(`checkImports finds ${what}`, async () => {
    const targets = {
      "mod/os/a.ts": MODULE,
      "mod/packet/a.ts": MODULE,
      "mod/handoff/a.ts": MODULE,
      "workers/session.ts": MODULE,
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
