/**
 * The caller socket as a child has it: inherited, given to libsrt in a way that loses nothing that is queued in it, and still
 * there to be asked and written to beside libsrt.
 *
 * libsrt reads a socket as soon as it has acquired it, and throws away what it reads before it listens: the caller's CONCLUSION
 * would be lost now and then, and some callers never send it again. So libsrt is first given an empty stand-in; once it listens,
 * the caller socket takes the stand-in's descriptor number.
 *
 * @module
 */

import { CallerSocket } from "./caller_socket.ts";
import type { Libc } from "./libc.ts";
import { encodeInductionFilter } from "./induction_filter.ts";

const SOCK_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const SHUT_RD = 0;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_RCVTIMEO = 20;
const SO_ATTACH_FILTER = 26;
/** Counters of a socket's memory since Linux 4.12 (`linux/sock_diag.h`): nine u32, the last one datagrams that were dropped. */
const SO_MEMINFO = 55;
const MEMINFO_WORDS = 9;
const MEMINFO_DROPS = 8;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** The discard service (RFC 863): nobody sends from its port, so the stand-in, which hears only that, stays empty. */
const DISCARD_PORT = 9;

/** `ioctl(2)` request for the arrival time of the last datagram that was read (`asm-generic/sockios.h`). */
const SIOCGSTAMP_OLD = 0x8906n;

/**
 * What libsrt sets on a socket that it acquires, and relies on: without the time-out its thread would never look up again. The
 * kernel reports twice the buffer size that was asked for (`socket(7)`).
 */
const SET_BY_LIBSRT = [
  { option: SO_SNDBUF, bytes: 4, reportedTimes: 2 },
  { option: SO_RCVBUF, bytes: 4, reportedTimes: 2 },
  { option: SO_RCVTIMEO, bytes: 16, reportedTimes: 1 },
] as const;

/** Does not own its descriptors: libsrt closes what it acquired. */
export class InheritedSocket {
  readonly #libc: Libc;
  /** The caller socket's own number until it is in place, then the stand-in's. */
  #descriptor: number;

  /** @param descriptor The number that was inherited. */
  constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.lastArrivalMs(); // the first call switches the kernel's time stamps on
  }

  /**
   * Hands the socket to libsrt.
   *
   * @param acquire Gives a descriptor to libsrt, which listens on it when this returns.
   * @param local The address that the socket is bound to.
   * @throws {OsError} The process is of no more use then.
   */
  handOver<Listening>(local: { readonly address: string }, acquire: (standIn: number) => Listening): Listening {
    const standIn = this.#openStandIn(local);
    const listening = acquire(standIn);
    this.#replace(standIn);
    return listening;
  }

  /**
   * When the last datagram that was read arrived, in ms since the epoch, or null. It tells a clean close from silence, for which
   * libsrt has the same error.
   */
  lastArrivalMs(): number | null {
    // struct timeval { long tv_sec; long tv_usec; }
    const time = new DataView(new ArrayBuffer(16));
    if (this.#libc.symbols.ioctl(this.#descriptor, SIOCGSTAMP_OLD, time) !== 0) return null;
    return Number(time.getBigInt64(0, true)) * 1000 + Number(time.getBigInt64(8, true)) / 1000;
  }

  /** Sends one datagram to the caller, past libsrt. */
  send(datagram: Uint8Array<ArrayBuffer>): void {
    this.#libc.symbols.send(this.#descriptor, datagram, BigInt(datagram.length), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /** From now on an INDUCTION of the caller does not reach libsrt: it is dropped, and counted. @throws {OsError} */
  dropInductions(): void {
    const program = encodeInductionFilter();
    // struct sock_fprog { unsigned short len; struct sock_filter *filter; }: the kernel copies the program in the call
    const header = new DataView(new ArrayBuffer(16));
    header.setUint16(0, program.length / 8, true);
    header.setBigUint64(8, Deno.UnsafePointer.value(Deno.UnsafePointer.of(program)), true);
    const { symbols } = this.#libc;
    const result = symbols.setsockopt(this.#descriptor, SOL_SOCKET, SO_ATTACH_FILTER, header, header.byteLength);
    this.#check(result, "attach a filter to the caller socket");
  }

  /** Datagrams that the kernel dropped at this socket: by its filter, or because its buffer was full. 0 where it does not say. */
  drops(): number {
    const words = new Uint32Array(MEMINFO_WORDS);
    const length = Uint32Array.of(words.byteLength);
    const result = this.#libc.symbols.getsockopt(this.#descriptor, SOL_SOCKET, SO_MEMINFO, words, length);
    return result === 0 ? words[MEMINFO_DROPS] ?? 0 : 0;
  }

  /**
   * Takes the caller socket away from libsrt, which goes on with an empty one: what it holds can still be received, and the next
   * datagram of the caller reaches the listener. @throws {OsError}
   */
  detach(local: { readonly address: string }): void {
    const { symbols } = this.#libc;
    const empty = this.#openStandIn(local);
    for (const option of SET_BY_LIBSRT) this.#copyOption({ from: this.#descriptor, to: empty }, option);
    this.#check(symbols.fcntl(empty, F_SETFL, symbols.fcntl(this.#descriptor, F_GETFL, 0)), "set the socket's flags");
    const old = this.#check(symbols.fcntl(this.#descriptor, F_DUPFD_CLOEXEC, 0), "keep the caller socket");
    this.#check(symbols.dup3(empty, this.#descriptor, SOCK_CLOEXEC), "put the stand-in in place");
    symbols.shutdown(old, SHUT_RD); // wakes libsrt's thread, which may still wait in it
    symbols.close(old);
    symbols.close(empty);
  }

  /** A socket that hears nobody. */
  #openStandIn({ address }: { readonly address: string }): number {
    const nobody = { address, port: DISCARD_PORT };
    return CallerSocket.open(this.#libc, { local: { address, port: 0 }, caller: nobody }).release();
  }

  #copyOption(
    { from, to }: { readonly from: number; readonly to: number },
    { option, bytes, reportedTimes }: (typeof SET_BY_LIBSRT)[number],
  ): void {
    const { symbols } = this.#libc;
    const value = new Int32Array(4);
    this.#check(symbols.getsockopt(from, SOL_SOCKET, option, value, Uint32Array.of(bytes)), "read a socket option");
    value[0] = Math.floor((value[0] ?? 0) / reportedTimes);
    this.#check(symbols.setsockopt(to, SOL_SOCKET, option, value, bytes), "set a socket option");
  }

  #replace(standIn: number): void {
    const { symbols } = this.#libc;
    const old = this.#check(symbols.fcntl(standIn, F_DUPFD_CLOEXEC, 0), "keep the stand-in");
    for (const option of SET_BY_LIBSRT) this.#copyOption({ from: standIn, to: this.#descriptor }, option);
    this.#check(symbols.fcntl(this.#descriptor, F_SETFL, symbols.fcntl(standIn, F_GETFL, 0)), "set the socket's flags");
    this.#check(symbols.dup3(this.#descriptor, standIn, SOCK_CLOEXEC), "put the caller socket in place");
    symbols.shutdown(old, SHUT_RD); // wakes libsrt's thread, which still waits in the stand-in; ENOTCONN, and works
    symbols.close(old);
    symbols.close(this.#descriptor);
    this.#descriptor = standIn;
  }

  #check(result: number, action: string): number {
    if (result < 0) throw this.#libc.lastError(`Cannot ${action} for libsrt`);
    return result;
  }
}
