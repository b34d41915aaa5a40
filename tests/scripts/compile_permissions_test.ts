import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { compilePermissions } from "../../scripts/compile_permissions.ts";

const LISTEN = config.tasks.listen.command;

Deno.test("compilePermissions lets the executable start nothing but itself", () => {
  const run = compilePermissions(LISTEN).filter((option) => option.startsWith("--allow-run"));
  assert.deepStrictEqual(run, ["--allow-run=/proc/self/exe"]);
});

Deno.test("compilePermissions takes every other option of the task listen as it stands", () => {
  const others = compilePermissions(LISTEN).filter((option) => !option.startsWith("--allow-run"));
  for (const option of others) assert.ok(LISTEN.includes(` ${option} `), option);
  // a space within an option would have made two, and this many is what stands there
  assert.strictEqual(others.length, LISTEN.split(" && ").at(-1)?.match(/ --(?!allow-run)\S+/g)?.length);
});

for (const all of ["-A", "--allow-all", "--allow-env", "--allow-run", "--allow-sys"]) {
  Deno.test(`compilePermissions of the task listen has no ${all}`, () => {
    assert.ok(!compilePermissions(LISTEN).includes(all));
  });
}

Deno.test("compilePermissions throws where the task runs more than Deno itself", () => {
  assert.throws(() => compilePermissions("deno run --allow-run main.ts listen"), TypeError);
});
