/**
 * Reports which output streams of this process go to the journal of systemd (`JOURNAL_STREAM` in `systemd.exec(5)`).
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { readProcFile, readProcLink } from "./proc.ts";

/** Which streams go to the journal. */
export interface JournalStreams {
  readonly out: boolean;
  readonly err: boolean;
}

/** Compares the streams of this process with the variable `JOURNAL_STREAM`. */
export function findJournal(libc: Libc): JournalStreams {
  const environment = readProcFile(libc, "/proc/self/environ")?.split("\0") ?? [];
  const inode = environment.map((entry) => /^JOURNAL_STREAM=\d+:(\d+)$/.exec(entry)?.[1]).find((text) => text);
  const isJournal = (descriptor: number) => {
    const link = readProcLink(libc, `/proc/self/fd/${descriptor}`) ?? "";
    return inode !== undefined && /^(?:socket|pipe):\[(\d+)\]$/.exec(link)?.[1] === inode;
  };
  return { out: isJournal(1), err: isJournal(2) };
}
