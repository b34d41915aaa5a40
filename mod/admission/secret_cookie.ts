/**
 * The cookie that proves a return path: who brings it back can hear what is sent to its address.
 *
 * The cookie of libsrt that the default path predicts holds no secret. This one is a keyed hash of address, port and minute, as
 * SYN cookies are (RFC 4987, 3.6), so nothing has to be remembered for it.
 *
 * Called by: the front door, when handshake slots run out or too many sessions are not proven.
 * Fails: never.
 *
 * @module
 */

import { SipHash } from "./sip_hash.ts";

const MINUTE_MS = 60_000;

/** Makes and recognises cookies. Holds its key. */
export class SecretCookie {
  readonly #hash: SipHash;

  /** @param key 16 random bytes as four words, of this run alone. */
  constructor(key: Uint32Array) {
    this.#hash = new SipHash(key);
  }

  /** The cookie of a caller now: 32 bits, unsigned. */
  make(caller: { readonly address: string; readonly port: number }, nowMs: number): number {
    return this.#cookieOf(caller, Math.floor(nowMs / MINUTE_MS));
  }

  /** Whether it is the one that this caller got in this minute or in the one before. */
  fits(cookie: number, caller: { readonly address: string; readonly port: number }, nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    return cookie === this.#cookieOf(caller, minute) || cookie === this.#cookieOf(caller, minute - 1);
  }

  #cookieOf({ address, port }: { readonly address: string; readonly port: number }, minute: number): number {
    return this.#hash.hash(`${address} ${port} ${minute}`);
  }
}
