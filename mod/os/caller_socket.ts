/**
 * A UDP socket connected to one caller: bound to the address that was called, with a filter that drops what other callers send.
 *
 * The listener makes one for each caller that gets a slot, one of the places for callers in their handshake. It answers the
 * INDUCTION from the socket and peeks at the CONCLUSION. A child gets a descriptor of its own for the same socket.
 *
 * @module
 */

import type { Endpoint } from "../vocabulary/schema.ts";
import { ERRNO, type Libc } from "./libc.ts";
import {
  F_DUPFD_CLOEXEC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_FILTER_BYTES,
  SOL_SOCKET,
} from "./raw.ts";
import { AF_INET, AF_INET6, decodeSocketAddress, encodeSocketAddress, toBinaryAddress } from "./socket_address.ts";
import { readReceiveQueue } from "./receive_queue.ts";
import { encodeSourceFilter } from "./source_filter.ts";

const SO_REUSEADDR = 2;
const SO_ATTACH_FILTER = 26;
const SO_PEEK_OFF = 42;
/** Makes peeks start at the first datagram again. */
const NO_PEEK_OFFSET = -1;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const MSG_PEEK = 0x02;

/** The prefix of an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2). */
const MAPPED_PREFIX = /^::ffff:(?=\d+\.)/i;

/** A caller and the local address that it called; both of one family. */
export interface CallAddresses {
  readonly caller: Endpoint;
  readonly local: Endpoint;
}

/** What {@linkcode CallerSocket.peek} found: a length in bytes, `"empty"`, or `"unreachable"` (the caller's port is closed). */
export type Peeked = number | "empty" | "unreachable";

/** A connected UDP socket; owns its descriptor until it is closed. */
export class CallerSocket implements Disposable {
  readonly #libc: Libc;
  #descriptor: number;

  private constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /**
   * Makes the socket: source filter, `bind`, `connect`, in this order.
   *
   * @throws {OsError} If a step fails; nothing is left open.
   */
  static open(libc: Libc, { local, caller }: CallAddresses): CallerSocket {
    const family = local.address.includes(":") ? AF_INET6 : AF_INET;
    const descriptor = libc.symbols.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw libc.lastError("cannot make a caller socket");
    const socket = new CallerSocket(libc, descriptor);
    try {
      socket.#setOption(SOL_SOCKET, SO_REUSEADDR, Int32Array.of(1));
      if (family === AF_INET6) socket.#setOption(IPPROTO_IPV6, IPV6_V6ONLY, Int32Array.of(0));
      socket.#attachSourceFilter(caller);
      const bound = encodeSocketAddress(libc, local);
      if (libc.symbols.bind(descriptor, bound, bound.length) !== 0) {
        throw libc.lastError(`cannot bind a caller socket to ${local.address} port ${local.port}`);
      }
      const peer = encodeSocketAddress(libc, caller);
      if (libc.symbols.connect(descriptor, peer, peer.length) !== 0) {
        throw libc.lastError(`cannot connect a caller socket to ${caller.address} port ${caller.port}`);
      }
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** The descriptor's number, for epoll and to send it to a child. The socket still owns it. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /** The local address and port: those asked for, or those that the kernel chose. @throws {OsError} */
  get local(): Endpoint {
    const address = new Uint8Array(28);
    const length = Uint32Array.of(address.byteLength);
    if (this.#libc.symbols.getsockname(this.#descriptor, address, length) !== 0) {
      throw this.#libc.lastError("cannot read the address of a caller socket");
    }
    return decodeSocketAddress(this.#libc, address);
  }

  /** The local port. @throws {OsError} */
  get localPort(): number {
    return this.local.port;
  }

  /** Returns the descriptor's number. The caller of this method owns the descriptor from now on. */
  release(): number {
    const descriptor = this.#descriptor;
    this.#descriptor = -1;
    return descriptor;
  }

  /** Returns another descriptor for the same socket, which the caller of this method owns; null if no descriptor is free. */
  duplicate(): CallerSocket | null {
    const descriptor = this.#libc.symbols.fcntl(this.#descriptor, F_DUPFD_CLOEXEC, 0);
    return descriptor < 0 ? null : new CallerSocket(this.#libc, descriptor);
  }

  /** Sends one datagram to the caller. Returns false if the kernel does not accept it now. */
  send(datagram: Uint8Array<ArrayBuffer>): boolean {
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return Number(this.#libc.symbols.send(this.#descriptor, datagram, BigInt(datagram.length), flags)) >= 0;
  }

  /** Copies the first datagram into `into`, only its beginning if it is longer, and leaves it in the queue. */
  peek(into: Uint8Array<ArrayBuffer>): Peeked {
    return this.#receive(into, MSG_PEEK | MSG_DONTWAIT);
  }

  /**
   * Copies the datagrams in order, and leaves them in the queue.
   *
   * @param options `max`: maximum number of entries in the result. `bytes`: maximum length of an entry; a longer datagram fills
   * several, because `SO_PEEK_OFF` counts bytes.
   * @returns The entries, fewer than `max` if no more datagrams wait; none without `SO_PEEK_OFF` (before Linux 4.7).
   */
  peekAll({ max, bytes }: { readonly max: number; readonly bytes: number }): readonly Uint8Array<ArrayBuffer>[] {
    const datagrams: Uint8Array<ArrayBuffer>[] = [];
    if (!this.#setPeekOffset(0)) return datagrams;
    while (datagrams.length < max) {
      const into = new Uint8Array(bytes);
      const peeked = this.peek(into);
      if (typeof peeked === "string") break;
      datagrams.push(into.subarray(0, peeked));
    }
    this.#setPeekOffset(NO_PEEK_OFFSET);
    return datagrams;
  }

  /** Memory of the datagrams that wait in the queue, in bytes, as the kernel counts it. */
  get queuedBytes(): number {
    return readReceiveQueue(this.#libc, this.#descriptor).queuedBytes;
  }

  /** Removes the first datagram from the queue. */
  drop(): void {
    this.#receive(new Uint8Array(1), MSG_DONTWAIT);
  }

  /** Closes the descriptor; a child that got it keeps its own. Idempotent. */
  close(): void {
    if (this.#descriptor < 0) return;
    this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #setPeekOffset(offset: number): boolean {
    const value = Int32Array.of(offset);
    return this.#libc.symbols.setsockopt(this.#descriptor, SOL_SOCKET, SO_PEEK_OFF, value, value.byteLength) === 0;
  }

  #receive(into: Uint8Array<ArrayBuffer>, flags: number): Peeked {
    const received = Number(this.#libc.symbols.recv(this.#descriptor, into, BigInt(into.length), flags));
    if (received >= 0) return received;
    return this.#libc.errno() === ERRNO.ECONNREFUSED ? "unreachable" : "empty";
  }

  #setOption(level: number, name: number, value: BufferSource & ArrayBufferView<ArrayBuffer>): void {
    if (this.#libc.symbols.setsockopt(this.#descriptor, level, name, value, value.byteLength) !== 0) {
      throw this.#libc.lastError(`cannot set option ${name} of a caller socket`);
    }
  }

  #attachSourceFilter(caller: Endpoint): void {
    const source = toBinaryAddress(this.#libc, caller.address.replace(MAPPED_PREFIX, ""));
    const program = encodeSourceFilter(source, caller.port);
    attachFilter(this.#libc, this.#descriptor, program);
  }
}

/** Attaches a filter, an array of `struct sock_filter`, to a socket. @throws {OsError} */
export function attachFilter(libc: Libc, descriptor: number, program: Uint8Array<ArrayBuffer>): void {
  // struct sock_fprog { unsigned short len; struct sock_filter *filter; }: the kernel copies the program in the call
  const header = new DataView(new ArrayBuffer(16));
  header.setUint16(0, program.length / SOCK_FILTER_BYTES, true);
  header.setBigUint64(8, Deno.UnsafePointer.value(Deno.UnsafePointer.of(program)), true);
  if (libc.symbols.setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, header, header.byteLength) !== 0) {
    throw libc.lastError("cannot attach a filter to a caller socket");
  }
}
