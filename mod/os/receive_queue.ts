/**
 * The receive queue of a socket, as the kernel accounts for it.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { SOL_SOCKET } from "./raw.ts";

/** Option for the memory counters of a socket: nine u32 (`linux/sock_diag.h`). It exists since Linux 4.12. */
const SO_MEMINFO = 55;
const MEMINFO_WORDS = 9;
const MEMINFO_QUEUED = 0;
const MEMINFO_LIMIT = 1;
const MEMINFO_DROPS = 8;

/** The state of a receive queue. */
export interface ReceiveQueue {
  /** Memory of the datagrams that wait to be read, in bytes, as the kernel counts it. */
  readonly queuedBytes: number;
  /** Maximum memory of the datagrams that wait, in bytes; the kernel drops what arrives beyond it. */
  readonly limitBytes: number;
  /**
   * Datagrams that the kernel dropped at this socket since it was made: because of the filter, or because the queue was full.
   */
  readonly drops: number;
}

/** Shared by all calls, because a session reads its queue in each round of its loop. */
const words = new Uint32Array(MEMINFO_WORDS);
const length = new Uint32Array(1);

/** Reads the receive queue of a socket; all 0 if the kernel does not report it. */
export function readReceiveQueue(libc: Libc, descriptor: number): ReceiveQueue {
  length[0] = words.byteLength;
  const result = libc.symbols.getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, words, length);
  const read = (index: number) => result === 0 ? words[index] ?? 0 : 0;
  return { queuedBytes: read(MEMINFO_QUEUED), limitBytes: read(MEMINFO_LIMIT), drops: read(MEMINFO_DROPS) };
}
