/**
 * Quotes addresses in errors, without what may be a secret.
 *
 * A passphrase may be anywhere in an address if its parameter is mistyped. So an address is quoted without its parameters, and
 * an error about a parameter quotes only the first plain word of its name or value.
 *
 * @module
 */

import { isSecretKey, maskSecrets } from "../packet/secret_text.ts";

/** What stands for the rest of an address. */
const REST = "...";

/** A host with its port, or the host alone if something else is in place of the port. */
const HOST_AND_PORT = /^(?:\[[^\]\s]*\]|[\p{L}\p{M}\p{N}._-]*)(?::\d{0,5})?(?=$|[/?#;,:\s])/u;
/** An IPv6 address without brackets, which cannot be used. */
const BARE_IPV6 = /^[\da-f.]*:[\da-f.]*:[\da-f.:]*$/i;

/** Quotes the scheme, the host and the port of an address. */
export function quotedAddress(text: string): string {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(text) ?? [];
  const userInfo = /^[^/?#]*@/.exec(rest)?.[0] ?? "";
  const place = rest.slice(userInfo.length);
  const shown = (scheme === "" ? BARE_IPV6.exec(place) : null)?.[0] ?? HOST_AND_PORT.exec(place)?.[0] ?? "";
  const isAll = ["", "/"].includes(place.slice(shown.length));
  const quoted = `${scheme}${userInfo === "" ? "" : "***@"}${isAll ? place : `${shown}${REST}`}`;
  return JSON.stringify(quoted);
}

/** Quotes the plain word at the start of the name or the value of a parameter. */
export function quotedPart(text: string): string {
  return JSON.stringify(maskSecrets(text.replace(/[^\p{L}\p{M}\p{N}.:+_-].*$/su, REST)));
}

/** Quotes the value of an option or a key, without what may be a secret. */
export function quotedValue(text: string): string {
  if (text.includes("://")) return quotedAddress(text);
  return /pass|pwd|secret|token/i.test(text) ? JSON.stringify(maskSecrets(text)) : JSON.stringify(text);
}

/** Reports whether a parameter of an address is meant to be a passphrase. */
export function isPassphraseKey(key: string): boolean {
  return isSecretKey(key) && /pass|pwd|psk/i.test(key) && !/^passphrase-?file$/i.test(key);
}
