import assert from "node:assert/strict";

import type { DiskSpace } from "../../mod/os/disk_space.ts";
import { FolderCheck, judgeFolder } from "../../mod/recording/folder_check.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const SPACE: DiskSpace = { freeBytes: 10e9, totalBytes: 100e9, freeFiles: 1000, id: 7n };
const REMEMBERED = { device: 1, id: 7n };

for (
  const [what, device, space, expected] of [
    ["the same disk with room", 1, SPACE, null],
    ["no folder", null, SPACE, "gone"],
    ["no folder, on a disk that cannot be asked", null, null, "gone"],
    ["a disk that cannot be asked", 1, null, null],
    ["another disk", 2, { ...SPACE, id: 8n }, "changed"],
    ["another disk that cannot be asked", 2, null, "changed"],
    ["the same disk mounted from another device", 2, SPACE, null],
    ["another disk, as a file system without a number", 2, { ...SPACE, id: 0n }, "changed"],
    ["less than 16 MiB", 1, { ...SPACE, freeBytes: 16_777_215 }, "full"],
    ["16 MiB", 1, { ...SPACE, freeBytes: 16_777_216 }, null],
    ["a small disk with a twentieth of it free", 1, { ...SPACE, freeBytes: 50_000, totalBytes: 1_000_000 }, null],
    ["a small disk with less than a twentieth of it free", 1, { ...SPACE, freeBytes: 49_999, totalBytes: 1e6 }, "full"],
    ["room for two files", 1, { ...SPACE, freeFiles: 2 }, "full"],
    ["a file system that does not limit files", 1, { ...SPACE, freeFiles: null }, null],
  ] as const
) {
  Deno.test(`judgeFolder returns ${expected ?? "no problem"} for ${what}`, () => {
    assert.equal(judgeFolder("/rec", REMEMBERED, { device, space })?.kind ?? null, expected);
  });
}

Deno.test("judgeFolder returns changed if the disk at the start had no number and another one has none either", () => {
  const found = { device: 2, space: { ...SPACE, id: 0n } };
  assert.equal(judgeFolder("/rec", { device: 1, id: 0n }, found)?.kind, "changed");
});

Deno.test("FolderCheck finds a folder that is gone, and one that was created again", async () => {
  using parent = new TemporaryFolder();
  const folder = parent.file("rec");
  Deno.mkdirSync(folder);
  let nowMs = 0;
  const check = new FolderCheck(folder, () => nowMs);
  assert.equal(await check.check(), null);
  Deno.removeSync(folder);
  assert.equal(await check.check(), null); // a result counts for a second
  nowMs += 1000;
  assert.equal((await check.check())?.kind, "gone");
  Deno.mkdirSync(folder);
  assert.equal(await check.check(), null); // at once
});

Deno.test({
  ...needing([MOUNTS], "FolderCheck finds that the disk was unmounted"),
  fn: async () => {
    let nowMs = 0;
    let check: FolderCheck;
    {
      using disk = new SmallDisk("1m");
      const folder = `${disk.path}/rec`;
      Deno.mkdirSync(folder);
      check = new FolderCheck(folder, () => nowMs);
      assert.equal(await check.check(), null);
      Deno.writeFileSync(`${disk.path}/full`, new Uint8Array(1_040_000));
      nowMs += 1000;
      assert.equal((await check.check())?.kind, "full");
    }
    nowMs += 1000;
    assert.equal((await check.check())?.kind, "gone");
  },
});
