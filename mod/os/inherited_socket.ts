/**
 * The caller socket in a child, which has received it from the listener. The child gives the socket to libsrt without losing the
 * datagrams that are queued in it, and can still use it.
 *
 * libsrt reads a socket as soon as it has acquired it, and discards what it reads before it listens: the caller's CONCLUSION
 * would sometimes be lost, and some callers never send it again. So libsrt is first given an empty stand-in; once it listens,
 * the caller socket takes the stand-in's descriptor number.
 *
 * @module
 */

import { attachFilter, CallerSocket } from "./caller_socket.ts";
import { ERRNO, type Libc, OsError } from "./libc.ts";
import {
  F_DUPFD_CLOEXEC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOL_SOCKET,
} from "./raw.ts";
import { readReceiveQueue, type ReceiveQueue } from "./receive_queue.ts";
import { copySent, takeSent } from "./sent_datagrams.ts";
import { encodeClosedFilter, encodeSessionFilter, type SessionFilter } from "./session_filter.ts";

const F_GETFL = 3;
const F_SETFL = 4;
const SHUT_RD = 0;
const SO_SNDBUF = 7;
const SO_RCVTIMEO = 20;

/** Port of the discard service (RFC 863). No caller sends from this port, so a stand-in that is connected to it stays empty. */
const DISCARD_PORT = 9;

/** `ioctl(2)` request for the arrival time of the last datagram that was read (`asm-generic/sockios.h`). */
const SIOCGSTAMP_OLD = 0x8906n;

/**
 * What libsrt sets on a socket that it acquires, and relies on: without the time-out its thread would wait forever. The kernel
 * reports twice the buffer size that was set (`socket(7)`).
 */
const SET_BY_LIBSRT: readonly SocketOption[] = [
  { level: SOL_SOCKET, option: SO_SNDBUF, bytes: 4, reportedTimes: 2 },
  { level: SOL_SOCKET, option: SO_RCVBUF, bytes: 4, reportedTimes: 2 },
  { level: SOL_SOCKET, option: SO_RCVTIMEO, bytes: 16, reportedTimes: 1 },
];

/** Type of service and time to live of the packets to the caller (`SRTO_IPTOS`, `SRTO_IPTTL`), by address family. */
const HEADER_FIELDS: Readonly<Record<"IPv4" | "IPv6", readonly SocketOption[]>> = {
  IPv4: [
    { level: 0, option: 1, bytes: 4, reportedTimes: 1 }, // IPPROTO_IP: IP_TOS
    { level: 0, option: 2, bytes: 4, reportedTimes: 1 }, // IP_TTL
  ],
  IPv6: [
    { level: 41, option: 67, bytes: 4, reportedTimes: 1 }, // IPPROTO_IPV6: IPV6_TCLASS
    { level: 41, option: 16, bytes: 4, reportedTimes: 1 }, // IPV6_UNICAST_HOPS
  ],
};

/**
 * What libsrt asks for by default (8192 datagrams of 1500 bytes): 1 s at 100 Mbit/s. Without CAP_NET_ADMIN the kernel gives at
 * most `net.core.rmem_max`.
 */
const RECEIVE_BUFFER_BYTES = 8192 * 1500;

/** An option of `setsockopt(2)`. */
interface SocketOption {
  readonly level: number;
  readonly option: number;
  readonly bytes: number;
  /** What `getsockopt` returns, as a multiple of what was set. */
  readonly reportedTimes: number;
}

/** The socket of one session. Does not own its descriptors: libsrt closes what it acquired. */
export class InheritedSocket {
  readonly #libc: Libc;
  /** `struct timeval { long tv_sec; long tv_usec; }`, reused, because a session reads the time in each round of its loop. */
  readonly #time = new DataView(new ArrayBuffer(16));
  /** The caller socket's own number; after {@linkcode handOver}, the stand-in's number. */
  #descriptor: number;

  /** @param descriptor The number of the caller socket in this process. */
  constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.arrivalStamp(); // the first call switches the kernel's time stamps on
  }

  /**
   * Hands the socket to libsrt.
   *
   * @param acquire Gives a descriptor to libsrt, which listens on it when this returns.
   * @param local The address that the socket is bound to.
   * @throws {OsError} A step failed; this process cannot record a session after that.
   */
  handOver<Listening>(local: { readonly address: string }, acquire: (standIn: number) => Listening): Listening {
    const standIn = this.#openStandIn(local);
    const listening = acquire(standIn);
    this.#copyHeaderFields({ from: standIn, to: this.#descriptor }, local);
    this.#replace(standIn);
    return listening;
  }

  /**
   * The kernel's time stamp of the last datagram that was read: when it arrived, in microseconds of wall-clock time, which may
   * step. Null if no datagram was read yet.
   */
  arrivalStamp(): bigint | null {
    const time = this.#time;
    if (this.#libc.symbols.ioctl(this.#descriptor, SIOCGSTAMP_OLD, time) !== 0) return null;
    return time.getBigInt64(0, true) * 1_000_000n + time.getBigInt64(8, true);
  }

  /** Sends one datagram to the caller without libsrt. */
  send(datagram: Uint8Array<ArrayBuffer>): void {
    this.#libc.symbols.send(this.#descriptor, datagram, BigInt(datagram.length), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /** Keeps copies of what libsrt sends until {@linkcode stopCopies}. */
  startCopies(): void {
    copySent(this.#libc, this.#descriptor, true);
  }

  /** Returns the copies that were kept since the last call, each with its link, IP and UDP headers. */
  takeCopies(): readonly Uint8Array[] {
    const copies: Uint8Array[] = [];
    for (let copy = takeSent(this.#libc, this.#descriptor); copy !== null;) {
      copies.push(copy);
      copy = takeSent(this.#libc, this.#descriptor);
    }
    return copies;
  }

  /** Ends the copying, and discards the copies. */
  stopCopies(): void {
    copySent(this.#libc, this.#descriptor, false);
    this.takeCopies();
  }

  /** Decides from now on which datagrams reach libsrt. Datagrams that are already queued still reach it. @throws {OsError} */
  filter(rules: SessionFilter): void {
    attachFilter(this.#libc, this.#descriptor, encodeSessionFilter(rules));
  }

  /** Hides every further datagram from libsrt. @throws {OsError} */
  hideAll(): void {
    attachFilter(this.#libc, this.#descriptor, encodeClosedFilter());
  }

  /** The receive queue now; all 0 if the kernel does not report it. */
  queue(): ReceiveQueue {
    return readReceiveQueue(this.#libc, this.#descriptor);
  }

  /**
   * Replaces the caller socket in libsrt with an empty socket, and closes the caller socket. What libsrt has already read can
   * still be received, and the next datagram of the caller reaches the listener. @throws {OsError}
   */
  detach(local: { readonly address: string }): void {
    const { symbols } = this.#libc;
    const empty = this.#openAnyStandIn(local);
    for (const option of SET_BY_LIBSRT) this.#copyOption({ from: this.#descriptor, to: empty }, option);
    this.#check(symbols.fcntl(empty, F_SETFL, symbols.fcntl(this.#descriptor, F_GETFL, 0)), "set the socket's flags");
    const old = this.#check(symbols.fcntl(this.#descriptor, F_DUPFD_CLOEXEC, 0), "duplicate the caller socket");
    this.#check(symbols.dup3(empty, this.#descriptor, SOCK_CLOEXEC), "replace the caller socket with the stand-in");
    symbols.shutdown(old, SHUT_RD); // wakes libsrt's thread, which may still wait in it
    symbols.close(old);
    symbols.close(empty);
  }

  /** Opens a stand-in, on loopback if the machine no longer has the address. */
  #openAnyStandIn(local: { readonly address: string }): number {
    try {
      return this.#openStandIn(local);
    } catch (error) {
      if (!(error instanceof OsError) || error.errno !== ERRNO.EADDRNOTAVAIL) throw error;
      return this.#openStandIn({ address: local.address.includes(":") ? "::1" : "127.0.0.1" });
    }
  }

  /** Opens a socket that receives nothing. */
  #openStandIn({ address }: { readonly address: string }): number {
    const discard = { address, port: DISCARD_PORT };
    return CallerSocket.open(this.#libc, { local: { address, port: 0 }, caller: discard }).release();
  }

  #copyOption({ from, to }: { readonly from: number; readonly to: number }, socketOption: SocketOption): void {
    const { level, option, bytes, reportedTimes } = socketOption;
    const value = this.#readOption(from, socketOption);
    value[0] = Math.floor((value[0] ?? 0) / reportedTimes);
    this.#check(this.#libc.symbols.setsockopt(to, level, option, value, bytes), "set a socket option");
  }

  /** Copies the header fields that libsrt has changed. */
  #copyHeaderFields(
    sockets: { readonly from: number; readonly to: number },
    { address }: { readonly address: string },
  ): void {
    for (const field of HEADER_FIELDS[address.includes(":") ? "IPv6" : "IPv4"]) {
      const [wanted, current] = [sockets.from, sockets.to].map((descriptor) => this.#readOption(descriptor, field)[0]);
      if (wanted !== current) this.#copyOption(sockets, field);
    }
  }

  #readOption(descriptor: number, { level, option, bytes }: SocketOption): Int32Array<ArrayBuffer> {
    const value = new Int32Array(4);
    const result = this.#libc.symbols.getsockopt(descriptor, level, option, value, Uint32Array.of(bytes));
    this.#check(result, "read a socket option");
    return value;
  }

  #replace(standIn: number): void {
    const { symbols } = this.#libc;
    const old = this.#check(symbols.fcntl(standIn, F_DUPFD_CLOEXEC, 0), "duplicate the stand-in socket");
    for (const option of SET_BY_LIBSRT) this.#copyOption({ from: standIn, to: this.#descriptor }, option);
    this.#enlargeReceiveBuffer();
    this.#check(symbols.fcntl(this.#descriptor, F_SETFL, symbols.fcntl(standIn, F_GETFL, 0)), "set the socket's flags");
    this.#check(symbols.dup3(this.#descriptor, standIn, SOCK_CLOEXEC), "replace the stand-in with the caller socket");
    symbols.shutdown(old, SHUT_RD); // wakes libsrt's thread, which still waits in the stand-in
    symbols.close(old);
    symbols.close(this.#descriptor);
    this.#descriptor = standIn;
  }

  /** Exceeds `net.core.rmem_max` if this process is allowed to; otherwise the size that libsrt set stays. */
  #enlargeReceiveBuffer(): void {
    const bytes = Int32Array.of(RECEIVE_BUFFER_BYTES);
    this.#libc.symbols.setsockopt(this.#descriptor, SOL_SOCKET, SO_RCVBUFFORCE, bytes, bytes.byteLength);
  }

  #check(result: number, action: string): number {
    if (result < 0) throw this.#libc.lastError(`cannot ${action} for libsrt`);
    return result;
  }
}
