/**
 * Ranges of addresses: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`.
 *
 * @module
 */

import ipaddr from "ipaddr.js";

/** A parsed range. */
export interface AddressRange {
  /** As it was typed. */
  readonly text: string;
  /** The range in one form, whatever way it was typed in. */
  readonly canonical: string;
  /** Reports whether a numeric address is in it; an IPv4-mapped one counts as the IPv4 address in it. */
  readonly contains: (address: string) => boolean;
}

/**
 * Parses a range.
 *
 * @throws {RangeError} With the cause and what to write instead.
 */
export function parseAddressRange(text: string): AddressRange {
  const [address = "", prefix, ...more] = text.split("/");
  const base = parseAddress(address);
  if (base === null || more.length > 0) {
    throw new RangeError(`${JSON.stringify(text)} is not an address; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32`);
  }
  const bits = base.kind() === "ipv4" ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  if (!(length <= bits)) {
    throw new RangeError(`${JSON.stringify(`/${prefix}`)} is not a prefix length; write /0 to /${bits}`);
  }
  const network = networkOf(base, length);
  if (network !== base.toString()) {
    throw new RangeError(`${text} has bits set after its prefix; write ${network}/${length}, or ${address} alone`);
  }
  return {
    text,
    canonical: length === bits ? network : `${network}/${length}`,
    contains: (caller) => {
      const other = parseAddress(caller);
      return other !== null && other.kind() === base.kind() && other.match(base, length);
    },
  };
}

/**
 * Returns the source of a connection, as limits for each source count it: the IPv4 address, or the first 64 bits of the IPv6
 * address, because one machine usually has all addresses that begin with them.
 */
export function sourceNetwork(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === null) return address;
  return parsed.kind() === "ipv4" ? parsed.toString() : `${networkOf(parsed, 64)}/64`;
}

/** Null if it is not an address; an IPv4-mapped one becomes IPv4. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  // the package also accepts 10.1 and 010.0.0.1, which are ambiguous, and a scope, which cannot be matched
  if (text.includes("%") || (!text.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(text))) return null;
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6, length: number): string {
  const bytes = address.toByteArray().map((byte, index) => {
    const kept = Math.max(0, Math.min(8, length - index * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return ipaddr.fromByteArray(bytes).toString();
}
