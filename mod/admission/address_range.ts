/**
 * Ranges of addresses: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`.
 *
 * @module
 */

import { ipVersion, parseIp, stringifyIp } from "ip-bigint";

/** A parsed range. */
export interface AddressRange {
  /** As it was typed. */
  readonly text: string;
  /** The range in one form, whatever way it was typed in. */
  readonly canonical: string;
  /** Reports whether a numeric address is in it; an IPv4-mapped one counts as the IPv4 address in it. */
  readonly contains: (address: string) => boolean;
}

/** An address as a number of 32 or 128 bits. */
interface Address {
  readonly number: bigint;
  readonly version: 4 | 6;
}

/** The first 96 bits of an IPv4-mapped address, `::ffff:0:0/96` (RFC 4291, 2.5.5.2). */
const MAPPED = 0xffffn;
const MAPPED_BITS = 96;

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
  const bits = bitsOf(base);
  const typed = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  const isMapped = base.version === 4 && address.includes(":");
  const length = isMapped && typed >= MAPPED_BITS && prefix !== undefined ? typed - MAPPED_BITS : typed;
  if (!(length <= bits)) {
    throw new RangeError(`${JSON.stringify(`/${prefix}`)} is not a prefix length; write /0 to /${bits}`);
  }
  const number = networkOf(base, length);
  const network = stringifyIp({ ...base, number });
  if (number !== base.number) {
    throw new RangeError(`${text} has bits set after its prefix; write ${network}/${length}, or ${address} alone`);
  }
  return {
    text,
    canonical: length === bits ? network : `${network}/${length}`,
    contains: (caller) => {
      const other = parseAddress(caller);
      return other !== null && other.version === base.version && networkOf(other, length) === number;
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
  if (parsed.version === 4) return stringifyIp(parsed);
  return `${stringifyIp({ ...parsed, number: networkOf(parsed, 64) })}/64`;
}

/** Null if it is not an address; an IPv4-mapped one becomes IPv4. */
function parseAddress(text: string): Address | null {
  // a scope cannot be matched
  if (text.includes("%") || ipVersion(text) === 0) return null;
  const { number, version } = parseIp(text);
  return version === 6 && number >> 32n === MAPPED
    ? { number: BigInt.asUintN(32, number), version: 4 }
    : { number, version };
}

/** Returns the number of the address with all bits after the first `length` set to 0. */
function networkOf(address: Address, length: number): bigint {
  const rest = BigInt(bitsOf(address) - length);
  return address.number >> rest << rest;
}

function bitsOf({ version }: Address): 32 | 128 {
  return version === 4 ? 32 : 128;
}
