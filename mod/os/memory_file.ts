/**
 * A file that exists in memory only: nothing is on a disk, no other process can change it, and it ends with the last process
 * that has it open.
 *
 * It is for shared objects inside the executable, which the dynamic linker needs as a file. Deno itself would write a file with
 * a guessable name into the temporary folder, where another user can create a file with that name first. Deno would also need a
 * folder that allows writing and executing.
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
 * Seals the file, so that no child can change the code that the other processes run from it. No writable mapping exists, so a
 * seal against future writes is enough, and the kernel sets it immediately. `F_SEAL_WRITE` would fail with EBUSY if anything
 * refers to a page for more than 0.15 s, such as the kernel when it moves pages on a busy machine.
 */
function seal(libc: Libc, descriptor: number, name: string): void {
  const fcntl = (seals: number) => libc.symbols.fcntl(descriptor, F_ADD_SEALS, seals);
  const size = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
  let result = fcntl(size | F_SEAL_FUTURE_WRITE);
  // before Linux 5.1
  if (result !== 0 && libc.errno() === ERRNO.EINVAL) result = fcntl(size | F_SEAL_WRITE);
  if (result !== 0) throw libc.lastError(`cannot seal memory file ${name}`);
}

/** Creates the file without close-on-exec, so that children inherit it. */
function create(libc: Libc, name: string): number {
  const path = toCString(name);
  // the file can be mapped but not started as a program: a machine with vm.memfd_noexec=2 allows no other kind
  let descriptor = libc.symbols.memfd_create(path, MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  // before Linux 6.3
  if (descriptor < 0 && libc.errno() === ERRNO.EINVAL) descriptor = libc.symbols.memfd_create(path, MFD_ALLOW_SEALING);
  if (descriptor < 0) throw libc.lastError(`cannot make memory file ${name}`);
  return descriptor;
}
