/** Tests of `checkSameExecutable` in mod/handoff/child_command.ts. */
import assert from "node:assert/strict";
import { checkSameExecutable, ExecutableReplacedError } from "../../mod/handoff/child_command.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

Deno.test("the check that checkSameExecutable returns does not throw while the file is in place", () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("program"), "one");
  const check = checkSameExecutable(folder.file("program"));
  assert.doesNotThrow(check);
});

Deno.test("the check that checkSameExecutable returns throws once another file has the name", () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("program"), "one");
  Deno.writeTextFileSync(folder.file("newer"), "two");
  const check = checkSameExecutable(folder.file("program"));
  Deno.renameSync(folder.file("newer"), folder.file("program"));
  assert.throws(check, ExecutableReplacedError);
});

Deno.test("the check that checkSameExecutable returns throws once the file is gone", () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("program"), "one");
  const check = checkSameExecutable(folder.file("program"));
  Deno.removeSync(folder.file("program"));
  assert.throws(check, ExecutableReplacedError);
});
