/**
 * Receives and sends by system calls on a datagram socket that Deno opened. A system call takes a microsecond; an asynchronous
 * operation of Deno takes ten, and holds memory until it completes. During a flood, this difference decides whether real callers
 * get an answer.
 *
 * Deno does not expose the descriptor. It is found by the socket's address: only one socket of this process is bound to that
 * address and not connected.
 *
 * @module
 */

import type { Endpoint } from "../vocabulary/schema.ts";
import type { Libc } from "./libc.ts";
import { listProcFolder } from "./proc.ts";
import { F_DUPFD_CLOEXEC, MSG_DONTWAIT, MSG_NOSIGNAL, SO_RCVBUF, SO_RCVBUFFORCE, SOL_SOCKET } from "./raw.ts";
import { decodeSocketAddress, encodeSocketAddress } from "./socket_address.ts";

/**
 * Our choice: the usual 208 KiB hold 277 handshakes. A flood fills them in 5 ms, and handshakes of real callers that arrive then
 * are lost too. Without CAP_NET_ADMIN, the kernel gives at most `net.core.rmem_max`.
 */
const RECEIVE_BUFFER_BYTES = 2_097_152;
/** `sizeof(struct sockaddr_in6)`. */
const ADDRESS_BYTES = 28;

/** Owns a descriptor of its own for the socket until it is closed. */
export class DirectSocket {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #from = new Uint8Array(ADDRESS_BYTES);
  readonly #fromBytes = new Uint32Array(1);
  #closed = false;

  private constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /**
   * Finds the socket of this process that is bound to `local`, and enlarges its receive buffer. Returns null if there is none, or
   * no descriptor is free.
   */
  static of(libc: Libc, local: Endpoint): DirectSocket | null {
    for (const name of listProcFolder(libc, "/proc/self/fd")) {
      const found = /^\d+$/.test(name) ? Number(name) : -1;
      if (found < 0 || !isBoundTo(libc, found, local)) continue;
      const descriptor = libc.symbols.fcntl(found, F_DUPFD_CLOEXEC, 0);
      if (descriptor < 0) return null;
      const size = Int32Array.of(RECEIVE_BUFFER_BYTES);
      for (const option of [SO_RCVBUFFORCE, SO_RCVBUF]) {
        if (libc.symbols.setsockopt(descriptor, SOL_SOCKET, option, size, size.byteLength) === 0) break;
      }
      return new DirectSocket(libc, descriptor);
    }
    return null;
  }

  /** Receives the next datagram. Returns its length, or null if there is none. A longer one is cut to the length of `into`. */
  receive(into: Uint8Array<ArrayBuffer>): number | null {
    if (this.#closed) return null;
    this.#fromBytes[0] = ADDRESS_BYTES;
    const length = BigInt(into.length);
    const { recvfrom } = this.#libc.symbols;
    const bytes = Number(recvfrom(this.#descriptor, into, length, MSG_DONTWAIT, this.#from, this.#fromBytes));
    return bytes < 0 ? null : bytes;
  }

  /** Sender of the last datagram, as the kernel wrote it (`struct sockaddr`); valid until the next one is received. */
  get source(): Uint8Array<ArrayBuffer> {
    return this.#from;
  }

  /** Sends a datagram to the sender of the last one. */
  reply(datagram: Uint8Array<ArrayBuffer>): void {
    this.#send(datagram, this.#from, this.#fromBytes[0] ?? 0);
  }

  /** Sends a datagram without waiting. Nothing is reported if the kernel does not accept it. */
  send(datagram: Uint8Array<ArrayBuffer>, to: Endpoint): void {
    const address = encodeSocketAddress(this.#libc, to);
    this.#send(datagram, address, address.length);
  }

  /** Closes its own descriptor; that of Deno stays open. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#libc.symbols.close(this.#descriptor);
  }

  #send(datagram: Uint8Array<ArrayBuffer>, to: Uint8Array<ArrayBuffer>, toBytes: number): void {
    if (this.#closed) return;
    const length = BigInt(datagram.length);
    this.#libc.symbols.sendto(this.#descriptor, datagram, length, MSG_DONTWAIT | MSG_NOSIGNAL, to, toBytes);
  }
}

function isBoundTo(libc: Libc, descriptor: number, { address, port }: Endpoint): boolean {
  const encoded = new Uint8Array(ADDRESS_BYTES);
  if (libc.symbols.getsockname(descriptor, encoded, Uint32Array.of(encoded.length)) !== 0) return false;
  const bound = decodeSocketAddress(libc, encoded);
  if (bound.port !== port || bound.address !== address) return false;
  return libc.symbols.getpeername(descriptor, encoded, Uint32Array.of(encoded.length)) !== 0;
}
