import assert from "node:assert/strict";

import { COMMANDS } from "../../mod/cli/commands.ts";
import { formsOf, isOperand, nameOf } from "../../mod/cli/option.ts";
import { manPage } from "../../scripts/man_page.ts";

const missing = await isGroffMissing();

Deno.test("the man page has every option of every command", () => {
  const page = manPage().replaceAll("\\-", "-");
  for (const { table } of Object.values(COMMANDS)) {
    for (const { form } of formsOf(table).filter(({ form }) => !isOperand(form))) {
      assert.ok(page.includes(nameOf(form)), nameOf(form));
    }
  }
});

Deno.test("the man page has the lines of the example of a configuration file unchanged", () => {
  assert.ok(manPage().includes('\nout = "recordings"\n'));
});

Deno.test({
  name: `groff formats the man page without a warning${missing ? " (no groff here)" : ""}`,
  ignore: missing,
  fn: async () => {
    const groff = new Deno.Command("groff", {
      args: ["-man", "-Tutf8", "-ww", "-z"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = groff.stdin.getWriter();
    await writer.write(new TextEncoder().encode(manPage()));
    await writer.close();
    const { code, stderr } = await groff.output();
    assert.deepStrictEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
  },
});

async function isGroffMissing(): Promise<boolean> {
  try {
    return !(await new Deno.Command("groff", { args: ["--version"] }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}
