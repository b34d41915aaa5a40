import assert from "node:assert/strict";

import { isLocked } from "../../mod/os/file_lock.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { createNewFile } from "../../mod/os/new_file.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { descriptorsOf } from "../support/processes.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const libc = openLibc();

Deno.test("createNewFile writes bytes in order, from the middle of a buffer too", async () => {
  using folder = new TemporaryFolder();
  const payload = makePayload(500);
  {
    await using file = await createNewFile(folder.file("a"));
    for (let written = 0; written < payload.length;) {
      written += await file.write(payload.subarray(written, written + 10_001));
    }
    await file.syncData();
  }
  assertSameBytes(Deno.readFileSync(folder.file("a")), payload);
});

Deno.test("createNewFile rejects a name that is taken, as Deno does, and does not change the file or link that has it", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("a"), "precious");
  Deno.symlinkSync(folder.file("nowhere"), folder.file("link"));
  for (const name of ["a", "link"]) {
    await assert.rejects(createNewFile(folder.file(name)), Deno.errors.AlreadyExists);
  }
  await assert.rejects(createNewFile(folder.file("nowhere/a")), Deno.errors.NotFound);
  assert.deepEqual([Deno.readTextFileSync(folder.file("a")), folder.names()], ["precious", ["a", "link"]]);
});

Deno.test("NewFile.truncate cuts the file, and NewFile.rewind makes the next write begin at its start", async () => {
  using folder = new TemporaryFolder();
  await using file = await createNewFile(folder.file("a"));
  await file.write(new TextEncoder().encode("0123456789"));
  file.rewind();
  await file.write(new TextEncoder().encode("abc"));
  await file.truncate(5);
  assert.equal(Deno.readTextFileSync(folder.file("a")), "abc34");
});

Deno.test("NewFile.stat identifies the file as Deno does, and counts its names", async () => {
  using folder = new TemporaryFolder();
  await using file = await createNewFile(folder.file("a"));
  const { dev, ino } = Deno.statSync(folder.file("a"));
  assert.deepEqual(await file.stat(), { dev, ino, nlink: 1 });
  Deno.removeSync(folder.file("a"));
  assert.deepEqual(await file.stat(), { dev, ino, nlink: 0 });
});

Deno.test("NewFile.lock locks the file until it is closed", async () => {
  using folder = new TemporaryFolder();
  const file = await createNewFile(folder.file("a"));
  await file.lock();
  assert.equal(isLocked(libc, folder.file("a")), true);
  await file.close();
  assert.equal(isLocked(libc, folder.file("a")), false);
});

Deno.test("NewFile.close waits for the calls in progress, and may be called twice", async () => {
  using folder = new TemporaryFolder();
  const before = descriptorsOf(Deno.pid);
  const file = await createNewFile(folder.file("a"));
  const written = file.write(makePayload(100));
  await Promise.all([file.close(), file.close()]);
  assert.equal(Deno.statSync(folder.file("a")).size, await written);
  assert.equal(descriptorsOf(Deno.pid), before);
});

Deno.test({
  ...needing([MOUNTS], "NewFile.write returns what fits on a full disk, then fails with the system's error number"),
  fn: async () => {
    using disk = new SmallDisk("64k");
    await using file = await createNewFile(`${disk.path}/a`);
    assert.equal(await file.write(new Uint8Array(100_000)), 65_536);
    await assert.rejects(file.write(new Uint8Array(1)), { message: "No space left on device (os error 28)" });
  },
});
