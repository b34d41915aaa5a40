/**
 * Reports which output streams of this process go to the journal of systemd (`JOURNAL_STREAM` in `systemd.exec(5)`).
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { readVariable } from "./own_process.ts";
import { readProcLink } from "./proc.ts";

/** Which streams go to the journal. */
export interface JournalStreams {
  readonly out: boolean;
  readonly err: boolean;
}

/** Compares the streams of this process with the variable `JOURNAL_STREAM`. */
export function findJournal(libc: Libc): JournalStreams {
  const inode = /^\d+:(\d+)$/.exec(readVariable(libc, "JOURNAL_STREAM") ?? "")?.[1];
  const isJournal = (descriptor: number) => {
    const link = readProcLink(libc, `/proc/self/fd/${descriptor}`) ?? "";
    return inode !== undefined && /^(?:socket|pipe):\[(\d+)\]$/.exec(link)?.[1] === inode;
  };
  return { out: isJournal(1), err: isJournal(2) };
}
