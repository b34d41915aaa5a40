import assert from "node:assert/strict";

import { isLocked, mayBeLocked } from "../../mod/os/file_lock.ts";
import { openLibc, OsError } from "../../mod/os/libc.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const libc = openLibc();

Deno.test("isLocked reports a lock that Deno holds, until it is released", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a");
  {
    using file = Deno.openSync(path, { write: true, createNew: true });
    file.lockSync(true);
    assert.equal(isLocked(libc, path), true);
  }
  assert.equal(isLocked(libc, path), false);
});

Deno.test("isLocked holds no lock afterwards", () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("a"), "");
  assert.deepEqual([isLocked(libc, folder.file("a")), isLocked(libc, folder.file("a"))], [false, false]);
});

Deno.test("isLocked names the file that it cannot open", () => {
  assert.throws(() => isLocked(libc, "/nowhere/a"), (error) => {
    assert.ok(error instanceof OsError);
    assert.match(error.message, /^cannot open \/nowhere\/a: No such file/);
    return true;
  });
});

Deno.test("mayBeLocked reports a lock that Deno holds, until it is released", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a");
  {
    using file = Deno.openSync(path, { write: true, createNew: true });
    file.lockSync(true);
    assert.equal(await mayBeLocked(path), true);
  }
  assert.equal(await mayBeLocked(path), false);
});

Deno.test("mayBeLocked returns true for a file that it cannot open", async () => {
  assert.equal(await mayBeLocked("/nowhere/a"), true);
});
