import assert from "node:assert/strict";

import { folderWarning } from "../../mod/recording/folder_limits.ts";

for (
  const [fileSystem, expected] of [
    ["vfat", /^recordings go to \/rec \(vfat\): a file ends at 4 GiB/],
    ["fuseblk", /^recordings go to \/rec \(fuseblk\): it depends on a program/],
    ["fuse.sshfs", /depends on a program/],
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
