/**
 * The cookie that proves a return path: a caller that returns it receives what is sent to its address.
 *
 * The cookie of libsrt contains no secret: any program can compute it. This one is a keyed hash of address, port and minute, as
 * SYN cookies are (RFC 4987, 3.6), so no state is stored for it.
 *
 * @module
 */

import { AF_INET } from "../os/socket_address.ts";
import { SipHash } from "./sip_hash.ts";

const MINUTE_MS = 60_000;
/** What is hashed: minute (4 bytes), port (2), address (16, the first four for IPv4). */
const MESSAGE_BYTES = 22;
const PORT_AT = 4;
const ADDRESS_AT = 6;
/** Offsets in `struct sockaddr_in` and `sockaddr_in6` on little-endian Linux (`netinet/in.h`). */
const SOCKADDR = { family: 0, port: 2, ipv4: 4, ipv6: 8 } as const;

/** Makes and recognizes cookies. Holds its key. A caller is a `struct sockaddr_in` or `sockaddr_in6`, 16 bytes or more. */
export class SecretCookie {
  readonly #hash: SipHash;
  /** Shared by all calls, because a flood asks for 50,000 cookies a second. */
  readonly #message = new Uint8Array(MESSAGE_BYTES);

  /** @param key 16 random bytes as four words, made for this run. */
  constructor(key: Uint32Array) {
    this.#hash = new SipHash(key);
  }

  /** The cookie of a caller now: 32 bits, unsigned. */
  make(caller: Uint8Array, nowMs: number): number {
    return this.#cookieOf(caller, Math.floor(nowMs / MINUTE_MS));
  }

  /** Reports whether this caller got the cookie in this minute or in the one before. */
  fits(cookie: number, caller: Uint8Array, nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    return cookie === this.#cookieOf(caller, minute) || cookie === this.#cookieOf(caller, minute - 1);
  }

  #cookieOf(caller: Uint8Array, minute: number): number {
    const message = this.#message;
    for (let at = 0; at < PORT_AT; at += 1) message[at] = minute >>> (8 * at);
    message[PORT_AT] = caller[SOCKADDR.port] ?? 0;
    message[PORT_AT + 1] = caller[SOCKADDR.port + 1] ?? 0;
    // without flow information and scope: not every function that receives datagrams returns them
    const isIpv4 = caller[SOCKADDR.family] === AF_INET;
    for (let at = 0; at < 16; at += 1) {
      message[ADDRESS_AT + at] = isIpv4
        ? (at < 4 ? caller[SOCKADDR.ipv4 + at] ?? 0 : 0)
        : caller[SOCKADDR.ipv6 + at] ?? 0;
    }
    return this.#hash.hash(message);
  }
}
