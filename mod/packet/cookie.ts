/**
 * Predicts the SYN cookie that the libsrt of a child will expect from its caller. The listener answers an INDUCTION with it
 * before a child has a socket for the caller. At startup, the prediction is compared with a cookie of the libsrt in use.
 *
 * @module
 */

import type { Endpoint } from "../vocabulary/schema.ts";
import { md5FirstWord } from "./md5.ts";
import { formatNumericHost } from "./numeric_host.ts";

/**
 * Predicts the cookie: the first four bytes of MD5("host:port:minutes").
 *
 * libsrt reads them as an integer in the byte order of the machine and sends it in network order. All machines that Deno
 * supports are little-endian, so the bytes are reversed in the packet.
 *
 * The prediction is wrong for link-local IPv6, because libsrt hashes the scope too (`fe80::1%eth0`), and Deno's datagram
 * sockets do not report it.
 *
 * The cookie contains no secret: it identifies a caller, but authenticates nothing.
 *
 * @param endpoint The caller, with its address as libsrt's socket reports it: `::ffff:127.0.0.1` on an IPv6 socket
 * @param minutes Whole minutes since the libsrt socket was bound, 0 in its first 60 seconds
 * @returns The value of the handshake's cookie field: 32 bits, unsigned
 * (libsrt srtcore/core.cpp, CUDT::bake, 1.3.0 to 1.5.5)
 * @throws {RangeError} If `address` is not an IP address
 */
export function predictCookie({ address, port }: Endpoint, minutes = 0): number {
  return md5FirstWord(`${formatNumericHost(address)}:${port}:${minutes}`);
}
