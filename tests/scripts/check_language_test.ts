import assert from "node:assert/strict";

import { checkLanguage, findPhrases } from "../../scripts/check_language.ts";
import { projectWith } from "./project_with.ts";

for (
  const text of [
    "the caller is told the reason",
    "it tells which one",
    "the message says why",
    "nobody calls",
    "as good as new",
    "an error in words",
    "what becomes of a file",
    "it lets the caller go",
    "the file is to be written",
    "where there is none",
    "ends after so many sessions",
    "goes on in a next file",
    "a file that is no recording",
    "a packet lost for good",
    "whoever opens it",
    "looks at the socket",
    " * Called by the listener.",
  ]
) {
  Deno.test(`findPhrases finds one in ${JSON.stringify(text)}`, () => assert.equal(findPhrases(text).length, 1));
}

Deno.test("findPhrases accepts plain sentences, a user named nobody and a place", () => {
  const text =
    'Reports the reason.\nAs user "nobody".\nThe folder where recordings are kept.\nThere is no file. It is no longer there.';
  assert.deepEqual(findPhrases(text), []);
});

Deno.test("checkLanguage names file, line and phrase", () => {
  using project = projectWith({ "mod/a/b.ts": "// A comment.\n// It says so.\n", "README.md": "Plain.\n" });
  assert.deepEqual(checkLanguage(project.root), ['mod/a/b.ts:2: "says": write report, print, contain']);
});
