/** Tests of mod/cli/name_template.ts. */
import assert from "node:assert/strict";
import { parseNameTemplate } from "../../mod/cli/name_template.ts";
import { ValueError } from "../../mod/cli/usage_error.ts";
import { DEFAULT_TEMPLATE } from "../../mod/recording/name_template.ts";

Deno.test("parseNameTemplate reads folders, fields and text, with or without .ts", () => {
  assert.deepEqual(parseNameTemplate("{stream}_{date}_{time}.ts"), DEFAULT_TEMPLATE);
  assert.deepEqual(parseNameTemplate("{stream}_{date}_{time}"), DEFAULT_TEMPLATE);
  assert.deepEqual(parseNameTemplate("a/{id.BMD_uuid}b.mp4"), [["a"], [{ field: "id.bmd_uuid" }, "b.mp4"]]);
});

for (
  const [template, problem] of [
    ["", /^it is empty$/],
    ["/rec/{stream}", /^it is an absolute path$/],
    ["../{stream}", /^a folder or the file has the name \.\.$/],
    ["a/../{stream}", /^a folder or the file has the name \.\.$/],
    ["./{stream}", /^a folder or the file has the name \.$/],
    ["a//{stream}", /^a folder or the file has an empty name$/],
    ["{stream}/", /^it ends with a folder$/],
    ["{stream}/.ts", /^a folder or the file has an empty name$/],
    ["..ts", /^a folder or the file has the name \.$/],
    ["---/{stream}", /^the name --- has no letter, digit or field$/],
    ["a\n{stream}", /^it contains a control character/],
    ["a\u202e{stream}", /^it contains a control character/],
    ["{stream", /^unmatched brace: \{stream$/],
    ["stream}", /^unmatched brace: \}$/],
    ["{{stream}}", /^unmatched brace: /],
    ["{}", /^there is no field \{\}$/],
    ["{hour}", /^there is no field \{hour\}$/],
    ["{constructor}", /^there is no field/],
    ["{id.}", /names no key of a stream ID$/],
    ["{id.s}", /^\{id\.s\} may be a secret/],
    ["{id.S}", /^\{id\.S\} may be a secret/],
    ["{id.token}", /may be a secret/],
    ["{id.user_password}", /may be a secret/],
    [`${"x".repeat(101)}{stream}`, /has more than 100 bytes of text/],
    [`${"a/".repeat(9)}{stream}`, /^it has more than 8 folders$/],
  ] as const
) {
  Deno.test(`parseNameTemplate refuses ${JSON.stringify(template.slice(0, 40))} with a reason and a hint`, () => {
    assert.throws(() => parseNameTemplate(template), (error) => {
      assert.ok(error instanceof ValueError);
      assert.match(error.message, problem);
      assert.notEqual(error.hint, "");
      return true;
    });
  });
}

Deno.test("parseNameTemplate suggests the field that was probably meant, and lists all", () => {
  assert.throws(() => parseNameTemplate("{steram}"), {
    hint: /^write \{stream\}; the fields are stream, user, address, /,
  });
});
