/**
 * A file that lives in memory only: nothing is on a disk, no other process can change it, and it is gone with the last process
 * that has it open.
 *
 * It is for shared objects inside the executable, which the dynamic linker needs as a file. The runtime's own way writes a file
 * with a guessable name into the temporary folder, where another user can put one first; and it needs a folder that can be
 * written to and executed from.
 *
 * @module
 */

import { ERRNO, type Libc, toCString } from "./libc.ts";

// linux/memfd.h
const MFD_ALLOW_SEALING = 2;
const MFD_NOEXEC_SEAL = 8;

// linux/fcntl.h
const F_ADD_SEALS = 1033;
const F_SEAL_SEAL = 1;
const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;
const F_SEAL_WRITE = 8;
const F_SEAL_FUTURE_WRITE = 16;

/**
 * Makes the file, read-only from then on, and keeps it open to the end of this process. Every child that this process starts
 * afterwards inherits it.
 *
 * @param name Shown in /proc/PID/maps; need not be unique.
 * @returns Its path, the same in this process and in its children, also after their parent has ended.
 * @throws {OsError}
 */
export function openMemoryFile(libc: Libc, name: string, content: Uint8Array<ArrayBuffer>): string {
  const { symbols } = libc;
  const descriptor = create(libc, name);
  try {
    for (let written = 0; written < content.length;) {
      const rest = content.subarray(written);
      const length = Number(symbols.write(descriptor, rest, BigInt(rest.length)));
      if (length <= 0) throw libc.lastError(`cannot write ${content.length} bytes to memory file ${name}`);
      written += length;
    }
    seal(libc, descriptor, name);
  } catch (error) {
    symbols.close(descriptor);
    throw error;
  }
  return `/proc/self/fd/${descriptor}`;
}

/**
 * One child must not be able to change what the others run. No writable mapping exists, so sealing what is written in future
 * seals all; and the kernel does it at once, while `F_SEAL_WRITE` fails with EBUSY if anything, such as the kernel moving pages
 * on a busy machine, refers to one page for more than 0.15 s.
 */
function seal(libc: Libc, descriptor: number, name: string): void {
  const fcntl = (seals: number) => libc.symbols.fcntl(descriptor, F_ADD_SEALS, seals);
  const size = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
  let result = fcntl(size | F_SEAL_FUTURE_WRITE);
  // before Linux 5.1
  if (result !== 0 && libc.errno() === ERRNO.EINVAL) result = fcntl(size | F_SEAL_WRITE);
  if (result !== 0) throw libc.lastError(`cannot seal memory file ${name}`);
}

/** Without close-on-exec, so that children have it. */
function create(libc: Libc, name: string): number {
  const path = toCString(name);
  // it is mapped, never started as a program: the only kind that a machine with vm.memfd_noexec=2 gives
  let descriptor = libc.symbols.memfd_create(path, MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  // before Linux 6.3
  if (descriptor < 0 && libc.errno() === ERRNO.EINVAL) descriptor = libc.symbols.memfd_create(path, MFD_ALLOW_SEALING);
  if (descriptor < 0) throw libc.lastError(`cannot make memory file ${name}`);
  return descriptor;
}
