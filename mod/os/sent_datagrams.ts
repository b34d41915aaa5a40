/**
 * Copies of the datagrams that are sent through a UDP socket, by any code: the kernel puts them into the socket's error queue.
 *
 * The kernel makes such copies for transmit time stamps (Linux `Documentation/networking/timestamping.rst`,
 * SOF_TIMESTAMPING_TX_SCHED), before the driver gets the datagram and on every kind of interface. If the machine does not permit
 * it (`net.core.tstamp_allow_data = 0`), there are no copies.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { MSG_DONTWAIT, SOL_SOCKET } from "./raw.ts";

/** asm-generic/socket.h */
const SO_TIMESTAMPING = 37;
/**
 * linux/net_tstamp.h: SOF_TIMESTAMPING_TX_SCHED. The stamps themselves (SOF_TIMESTAMPING_SOFTWARE) are not requested: the
 * kernel would add them to what is received too, and libsrt, which reserves no room for them, discards such a datagram
 * (MSG_CTRUNC).
 */
const COPIES = 1 << 8;
/** linux/socket.h */
const MSG_ERRQUEUE = 0x2000;
/** Larger than any datagram of SRT with its headers. */
const COPY_BYTES = 2048;

/** Starts or stops the copying. While copies wait to be taken, `select` and `epoll` report the socket as readable. */
export function copySent(libc: Libc, descriptor: number, on: boolean): void {
  libc.symbols.setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPING, Int32Array.of(on ? COPIES : 0), 4);
}

/** Removes the oldest copy and returns it: its link, IP and UDP headers, then the datagram. Null if there is none. */
export function takeSent(libc: Libc, descriptor: number): Uint8Array | null {
  const copy = new Uint8Array(COPY_BYTES);
  const length = Number(
    libc.symbols.recv(descriptor, copy, BigInt(copy.length), MSG_ERRQUEUE | MSG_DONTWAIT),
  );
  return length < 0 ? null : copy.subarray(0, length);
}
