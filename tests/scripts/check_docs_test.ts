import assert from "node:assert/strict";

import { checkDocs } from "../../scripts/check_docs.ts";
import { projectWith } from "./project_with.ts";

const HEADER = "/**\n * What.\n *\n * @module\n */\n\n";

function problemsOf(content: string): readonly string[] {
  using project = projectWith({ "mod/os/a.ts": content });
  return checkDocs(project.root);
}

Deno.test("checkDocs accepts documented exports", () => {
  const content = HEADER + [
    "/** A. */\nexport interface A {\n  readonly a: number;\n}",
    "/**\n * B.\n */\nexport async function b(): Promise<void> {\n}",
    "/** C. */\n// deno-lint-ignore no-explicit-any\nexport const c: any = 1;",
    "/** D. */\nexport class D {\n  constructor() {\n  }\n\n  /** E. */\n  e(): void {\n    if (1) f();\n  }\n\n  #g(): void {}\n}",
    "/** F. */\nexport function f(a: string): void;\nexport function f(a: number): void;",
    "function hidden(): void {}",
  ].join("\n\n");
  assert.deepEqual(problemsOf(content), []);
});

for (
  const [what, content, problem] of [
    ["a file without a header", "export {};\n", "mod/os/a.ts: no header"],
    ["a header without @module", HEADER.replace("@module", ""), 'mod/os/a.ts: no "@module" in the header'],
    ["a function without docstring", `${HEADER}export function a(): void {}\n`, "mod/os/a.ts:7: a has no docstring"],
    ["a type without docstring", `${HEADER}export type A = 1;\n`, "mod/os/a.ts:7: A has no docstring"],
    [
      "a comment that is not a docstring",
      `${HEADER}/* A. */\nexport const a = 1;\n`,
      "mod/os/a.ts:8: a has no docstring",
    ],
    [
      "an empty line between docstring and declaration",
      `${HEADER}/** A. */\n\nexport class A {}\n`,
      "mod/os/a.ts:9: A has no docstring",
    ],
    [
      "a method without docstring",
      `${HEADER}/** A. */\nexport class A {\n  b(): void {}\n}\n`,
      "mod/os/a.ts:9: A.b has no docstring",
    ],
  ] as const
) {
  Deno.test(`checkDocs finds ${what}`, () => assert.deepEqual(problemsOf(content), [problem]));
}
