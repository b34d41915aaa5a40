import assert from "node:assert/strict";

import { readDiskSpace } from "../../mod/os/disk_space.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { SmallDisk } from "../support/small_disk.ts";

Deno.test({
  ...needing([MOUNTS], "readDiskSpace reads the size, the free bytes and the free inodes of a file system"),
  fn: async () => {
    using disk = new SmallDisk("1m,nr_inodes=10");
    Deno.writeFileSync(`${disk.path}/file`, new Uint8Array(40_960));
    const space = await readDiskSpace(disk.path);
    assert.deepEqual([space?.totalBytes, space?.freeBytes, space?.freeFiles], [1_048_576, 1_048_576 - 40_960, 8]);
  },
});

Deno.test("readDiskSpace returns a different ID for each file system", async () => {
  const [disk, memory] = await Promise.all(["/", "/dev/shm"].map(readDiskSpace));
  assert.notEqual(disk?.id, memory?.id);
});

Deno.test("readDiskSpace returns null for a path that does not exist", async () => {
  assert.equal(await readDiskSpace("/nowhere/at/all"), null);
});
