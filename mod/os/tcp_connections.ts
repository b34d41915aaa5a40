/**
 * Lists and ends the TCP connections that Deno has accepted. Deno does not expose their descriptors, and does not report
 * connections that have sent no complete request.
 *
 * @module
 */

import type { Endpoint } from "../vocabulary/schema.ts";
import type { Libc } from "./libc.ts";
import { ProcFolder } from "./proc.ts";
import { AF_INET, AF_INET6, decodeSocketAddress } from "./socket_address.ts";

/** sys/socket.h */
const SHUT_RDWR = 2;
/** `sizeof(struct sockaddr_in6)`. */
const ADDRESS_BYTES = 28;

/** A connection of this process. */
export interface TcpConnection {
  readonly descriptor: number;
  /** The other side. */
  readonly peer: Endpoint;
}

/** The connections of this process to one of its own ports. They can be listed even when no descriptor is free. */
export class TcpConnections implements Disposable {
  readonly #libc: Libc;
  readonly #port: number;
  readonly #descriptors: ProcFolder;

  /** @throws {OsError} The descriptors of this process cannot be listed. */
  constructor(libc: Libc, port: number) {
    this.#libc = libc;
    this.#port = port;
    this.#descriptors = new ProcFolder(libc, "/proc/self/fd");
  }

  /** Lists those that are open now. */
  list(): readonly TcpConnection[] {
    const libc = this.#libc;
    return this.#descriptors.list().flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      const descriptor = Number(name);
      if (addressOf(libc, { descriptor, call: "getsockname" })?.port !== this.#port) return [];
      const peer = addressOf(libc, { descriptor, call: "getpeername" });
      return peer === null ? [] : [{ descriptor, peer }];
    });
  }

  [Symbol.dispose](): void {
    this.#descriptors[Symbol.dispose]();
  }
}

/**
 * Ends both directions of a connection. Its owner then reads the end, and closes the descriptor. Does nothing if the descriptor
 * belongs to something else by now.
 */
export function endConnection(libc: Libc, { descriptor, peer }: TcpConnection): void {
  const now = addressOf(libc, { descriptor, call: "getpeername" });
  if (now?.address === peer.address && now.port === peer.port) libc.symbols.shutdown(descriptor, SHUT_RDWR);
}

/** Returns an address of a socket; null if it has none, or is of another kind. */
function addressOf(
  libc: Libc,
  { descriptor, call }: { readonly descriptor: number; readonly call: "getsockname" | "getpeername" },
): Endpoint | null {
  const encoded = new Uint8Array(ADDRESS_BYTES);
  if (libc.symbols[call](descriptor, encoded, Uint32Array.of(encoded.length)) !== 0) return null;
  const [family] = encoded;
  return family === AF_INET || family === AF_INET6 ? decodeSocketAddress(libc, encoded) : null;
}
