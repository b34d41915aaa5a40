"""A folder with the limits of other file systems: passes what a recording needs through to SOURCE, mounted at MOUNT by FUSE.

usage: odd_folder.py SOURCE MOUNT [namemax=BYTES] [maxsize=BYTES] [quota=BYTES] [latin1=1]
"""

import errno
import os
import sys

try:
    from fusepy import FUSE, FuseOSError, Operations  # Debian: python3-fusepy
except ImportError:
    from fuse import FUSE, FuseOSError, Operations  # PyPI: fusepy

STAT = ("st_atime", "st_ctime", "st_gid", "st_mode", "st_mtime", "st_nlink", "st_size", "st_uid", "st_ino")
STATVFS = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files", "f_flag", "f_frsize")


class OddFolder(Operations):
    def __init__(self, source, namemax=255, maxsize=0, quota=0, latin1=0):
        self.source = source
        self.namemax = int(namemax)
        self.maxsize = int(maxsize)
        self.quota = int(quota)
        self.latin1 = bool(int(latin1))

    def real(self, path):
        name = os.path.basename(path)
        if len(os.fsencode(name)) > self.namemax:
            raise FuseOSError(errno.ENAMETOOLONG)
        if self.latin1:
            try:
                name.encode("latin1")
            except UnicodeError:
                raise FuseOSError(errno.EINVAL)
        return self.source + path

    def getattr(self, path, fh=None):
        found = os.lstat(self.real(path))
        return {key: getattr(found, key) for key in STAT}

    def statfs(self, path):
        found = os.statvfs(self.source)
        return {key: getattr(found, key) for key in STATVFS} | {"f_namemax": self.namemax}

    def readdir(self, path, fh):
        return [".", ".."] + os.listdir(self.real(path))

    def mkdir(self, path, mode):
        os.mkdir(self.real(path), mode)

    def unlink(self, path):
        os.unlink(self.real(path))

    def rename(self, old, new):
        os.rename(self.real(old), self.real(new))

    def open(self, path, flags):
        return os.open(self.real(path), flags)

    def create(self, path, mode, fi=None):
        return os.open(self.real(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)

    def read(self, path, size, offset, fh):
        return os.pread(fh, size, offset)

    def write(self, path, data, offset, fh):
        if self.maxsize:
            if offset >= self.maxsize:
                raise FuseOSError(errno.EFBIG)
            data = data[: self.maxsize - offset]
        if self.quota:
            room = os.fstat(fh).st_size + self.quota - sum(entry.stat().st_size for entry in os.scandir(self.source))
            if offset >= room:
                raise FuseOSError(errno.EDQUOT)
            data = data[: room - offset]
        return os.pwrite(fh, data, offset)

    def truncate(self, path, length, fh=None):
        os.truncate(self.real(path), length)

    def release(self, path, fh):
        os.close(fh)

    def fsync(self, path, datasync, fh):
        os.fdatasync(fh)


if __name__ == "__main__":
    source, mount, *options = sys.argv[1:]
    folder = OddFolder(source, **dict(option.split("=") for option in options))
    FUSE(folder, mount, foreground=True, nothreads=True, use_ino=True, attr_timeout=0, entry_timeout=0)
