import assert from "node:assert/strict";

import { folderWarning } from "../../mod/recording/folder_limits.ts";

for (
  const [fileSystem, expected] of [
    ["vfat", /^recordings go to \/rec \(vfat\): files are limited to 4 GiB/],
    ["fuseblk", /^recordings go to \/rec \(fuseblk\): this file system is a program/],
    ["fuse.sshfs", /file system is a program/],
    ["nfs4", /on the network/],
  ] as const
) {
  Deno.test(`folderWarning names the limits of ${fileSystem}`, () => {
    assert.match(folderWarning("/rec", fileSystem) ?? "", expected);
  });
}

for (const fileSystem of ["ext4", "xfs", "btrfs", "exfat", "tmpfs", "overlay", "fusectl", null]) {
  Deno.test(`folderWarning returns nothing for ${fileSystem ?? "an unknown file system"}`, () => {
    assert.equal(folderWarning("/rec", fileSystem), null);
  });
}
