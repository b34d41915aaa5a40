/**
 * Warnings about file systems that are not made for recordings, at the start of `listen`.
 *
 * @module
 */

/** Returns a warning about a file system of this type, such as `vfat`, or null if it suits recordings. */
export function folderWarning(folder: string, fileSystem: string | null): string | null {
  const limit = fileSystem === null ? null : limitOf(fileSystem);
  return limit === null ? null : `recordings go to ${folder} (${fileSystem}): ${limit}`;
}

function limitOf(fileSystem: string): string | null {
  // the file system is a program in user space; fuseblk is usually NTFS or exFAT
  if (fileSystem === "fuse" || fileSystem === "fuseblk" || fileSystem.startsWith("fuse.")) {
    return "this file system is a program; if it ends, recordings end, and it may limit the names and the size of files";
  }
  switch (fileSystem) {
    case "vfat":
    case "msdos":
      return "files are limited to 4 GiB; a longer recording continues in another file";
    case "nfs":
    case "nfs4":
    case "cifs":
    case "smb3":
    case "9p":
    case "ceph":
      return "it is on the network; while its server does not answer, payload waits in memory, up to 64 MiB for each session";
    default:
      return null;
  }
}
