/**
 * A UDP socket that sends many datagrams to one target with one call. It is not connected: a missing receiver causes no error,
 * and each call uses the current routes and addresses of the machine.
 *
 * @module
 */

import { type Libc, LIBC_FILE, type OsError, toCString } from "./libc.ts";
import { openLibrary } from "./library_functions.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL, SO_RCVBUF, SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET, UDP_SYMBOLS } from "./raw.ts";
import { AF_INET, AF_INET6, encodeSocketAddress } from "./socket_address.ts";
import type { Endpoint } from "../vocabulary/schema.ts";

/** Datagrams of one call. Our choice: 5 ms at 130 Mbit/s. */
const MAX_DATAGRAMS = 64;

// asm-generic/socket.h
const SO_BINDTODEVICE = 25;
const SO_SNDBUF = 7;
// linux/in.h and linux/in6.h
const IPPROTO_IP = 0;
const IP_TTL = 2;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IPPROTO_IPV6 = 41;
const IPV6_UNICAST_HOPS = 16;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_HOPS = 18;

/**
 * struct mmsghdr on 64-bit machines: 64 bytes. Offsets of its fields; those that are not listed are 0, except `msg_len`, which
 * the kernel sets.
 */
const HEADER = { bytes: 64, name: 0, nameBytes: 8, vector: 16, vectors: 24 } as const;
/** struct iovec on 64-bit machines. */
const VECTOR = { bytes: 16, base: 0, length: 8 } as const;
/** Offset of `sin6_scope_id`. */
const SCOPE_OFFSET = 24;

/**
 * Our choice: room for what is sent at once after a delay on a busy machine. The kernel gives `net.core.wmem_max` at most.
 */
const SEND_BUFFER_BYTES = 1_048_576;

/** How datagrams are sent. */
export interface UdpSenderOptions {
  readonly target: Endpoint;
  readonly isMulticast: boolean;
  /** 1..255; null for the default of the system. */
  readonly ttl: number | null;
  /** Name of the network interface; null: the routing table chooses it. */
  readonly interface: string | null;
}

/** A datagram in the memory of the caller. */
export interface DatagramPlace {
  readonly start: number;
  readonly bytes: number;
}

/** Owns its socket until it is closed. */
export class UdpSender implements Disposable {
  readonly #libc: Libc;
  readonly #library = openLibrary(LIBC_FILE, UDP_SYMBOLS);
  readonly #descriptor: number;
  readonly #address: Uint8Array<ArrayBuffer>;
  readonly #headers = new DataView(new ArrayBuffer(MAX_DATAGRAMS * HEADER.bytes));
  readonly #vectors = new DataView(new ArrayBuffer(MAX_DATAGRAMS * VECTOR.bytes));
  #isClosed = false;

  /** @throws {OsError} There is no such interface, or the kernel refuses. */
  constructor(libc: Libc, options: UdpSenderOptions) {
    this.#libc = libc;
    this.#address = encodeSocketAddress(libc, options.target);
    const family = options.target.address.includes(":") ? AF_INET6 : AF_INET;
    this.#descriptor = libc.symbols.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (this.#descriptor < 0) throw libc.lastError("cannot open a UDP socket");
    try {
      this.#configure(family, options);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#fillHeaders();
  }

  /**
   * Sends datagrams without waiting, at most 64.
   *
   * @param memory Where they are; read during the call only.
   * @returns How many were sent, or the error if none was sent
   */
  send(memory: Uint8Array<ArrayBuffer>, datagrams: readonly DatagramPlace[]): number | OsError {
    const base = addressOf(memory);
    const count = Math.min(datagrams.length, MAX_DATAGRAMS);
    for (const [index, { start, bytes }] of datagrams.slice(0, count).entries()) {
      this.#vectors.setBigUint64(index * VECTOR.bytes + VECTOR.base, base + BigInt(start), true);
      this.#vectors.setBigUint64(index * VECTOR.bytes + VECTOR.length, BigInt(bytes), true);
    }
    const headers = new Uint8Array(this.#headers.buffer);
    const sent = this.#library.symbols.sendmmsg(this.#descriptor, headers, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? sent : this.#libc.lastError("cannot send");
  }

  /** Closes the socket. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#descriptor >= 0) this.#libc.symbols.close(this.#descriptor);
    this.#library.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #configure(family: number, { isMulticast, ttl, interface: name }: UdpSenderOptions): void {
    const { symbols } = this.#libc;
    const number = (value: number) => new Uint8Array(Int32Array.of(value).buffer);
    const set = (level: number, option: number, value: Uint8Array<ArrayBuffer>) =>
      symbols.setsockopt(this.#descriptor, level, option, value, value.byteLength) === 0;
    set(SOL_SOCKET, SO_RCVBUF, number(0)); // nothing is read from it
    set(SOL_SOCKET, SO_SNDBUF, number(SEND_BUFFER_BYTES));
    const level = family === AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    const [unicastTtl, multicastTtl] = family === AF_INET
      ? [IP_TTL, IP_MULTICAST_TTL]
      : [IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS];
    if (ttl !== null && !set(level, isMulticast ? multicastTtl : unicastTtl, number(ttl))) {
      throw this.#libc.lastError(`cannot set the TTL to ${ttl}`);
    }
    if (name === null) return;
    const index = this.#library.symbols.if_nametoindex(toCString(name));
    if (index === 0) throw this.#libc.lastError(`cannot use the interface ${name}`);
    if (family === AF_INET6) new DataView(this.#address.buffer).setUint32(SCOPE_OFFSET, index, true);
    const isSet = !isMulticast ? set(SOL_SOCKET, SO_BINDTODEVICE, toCString(name)) : family === AF_INET
      // struct ip_mreqn: a group and an address, which stay 0, and the index
      ? set(level, IP_MULTICAST_IF, new Uint8Array(Int32Array.of(0, 0, index).buffer))
      : set(level, IPV6_MULTICAST_IF, number(index));
    if (!isSet) throw this.#libc.lastError(`cannot use the interface ${name}`);
  }

  #fillHeaders(): void {
    const vectors = addressOf(new Uint8Array(this.#vectors.buffer));
    for (let index = 0; index < MAX_DATAGRAMS; index += 1) {
      const at = index * HEADER.bytes;
      this.#headers.setBigUint64(at + HEADER.name, addressOf(this.#address), true);
      this.#headers.setUint32(at + HEADER.nameBytes, this.#address.length, true);
      this.#headers.setBigUint64(at + HEADER.vector, vectors + BigInt(index * VECTOR.bytes), true);
      this.#headers.setBigUint64(at + HEADER.vectors, 1n, true);
    }
  }
}

function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
}
