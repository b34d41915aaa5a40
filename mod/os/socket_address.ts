/**
 * Converts an address in text and a port to `struct sockaddr_in` or `sockaddr_in6`, and back.
 *
 * @module
 */

import type { Endpoint } from "../vocabulary/schema.ts";
import { type Libc, toCString } from "./libc.ts";

/** Address family of IPv4 on Linux (`bits/socket.h`). */
export const AF_INET = 2;
/** Address family of IPv6 on Linux (`bits/socket.h`). */
export const AF_INET6 = 10;

/** An address in binary form. */
export interface BinaryAddress {
  readonly family: typeof AF_INET | typeof AF_INET6;
  /** 4 or 16 bytes in network order. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Converts a numeric address (`inet_pton(3)`). */
export function toBinaryAddress(libc: Libc, address: string): BinaryAddress {
  const family = address.includes(":") ? AF_INET6 : AF_INET;
  const bytes = new Uint8Array(family === AF_INET ? 4 : 16);
  if (libc.symbols.inet_pton(family, toCString(address), bytes) !== 1) {
    throw new RangeError(`cannot convert the address ${JSON.stringify(address)}: it is not a numeric IP address`);
  }
  return { family, bytes };
}

/** Encodes a socket address for `bind(2)` and `connect(2)`: 16 bytes for IPv4, 28 for IPv6. */
export function encodeSocketAddress(libc: Libc, { address, port }: Endpoint): Uint8Array<ArrayBuffer> {
  const { family, bytes } = toBinaryAddress(libc, address);
  const encoded = new Uint8Array(family === AF_INET ? 16 : 28);
  const view = new DataView(encoded.buffer);
  view.setUint16(0, family, true); // sa_family_t is in host order; every Linux that Deno runs on is little-endian
  view.setUint16(2, port);
  encoded.set(bytes, family === AF_INET ? 4 : 8);
  return encoded;
}

/** Bytes of the longest address in text and its NUL (`INET6_ADDRSTRLEN`). */
const TEXT_BYTES = 46;

/**
 * Decodes a socket address as the kernel wrote it. For IPv4, it allocates only its result, because a flood causes many calls.
 */
export function decodeSocketAddress(libc: Libc, encoded: Uint8Array<ArrayBuffer>): Endpoint {
  const family = (encoded[0] ?? 0) | ((encoded[1] ?? 0) << 8);
  const port = ((encoded[2] ?? 0) << 8) | (encoded[3] ?? 0);
  if (family === AF_INET) return { address: `${encoded[4]}.${encoded[5]}.${encoded[6]}.${encoded[7]}`, port };
  const text = new Uint8Array(TEXT_BYTES);
  libc.symbols.inet_ntop(family, encoded.slice(8, 24), text, text.length);
  return { address: new TextDecoder().decode(text.subarray(0, text.indexOf(0))), port };
}
