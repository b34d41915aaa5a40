/**
 * Formats an IP address as getnameinfo(NI_NUMERICHOST) of the C library does. libsrt hashes the text of that function for the
 * cookie, so both texts must be the same.
 *
 * @module
 */

const IPV4 = /^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/** Excludes text that could close the brackets of the URL below. */
const IPV6_CHARACTERS = /^[0-9a-f:.]+$/i;

/**
 * Formats an address as glibc's inet_ntop does: by RFC 5952, with dotted decimals at the end of IPv4-mapped (`::ffff:0:0/96`)
 * addresses, and of IPv4-compatible ones (`::/96`) from `::0.1.0.0` on.
 *
 * @param address IPv4 or IPv6, without scope or brackets
 * @throws {RangeError} If it is not an address
 */
export function formatNumericHost(address: string): string {
  if (IPV4.test(address)) return address;
  // The URL parser checks, lower-cases and shortens, but does not print dotted decimals.
  const url = IPV6_CHARACTERS.test(address) ? URL.parse(`http://[${address}]/`) : null;
  if (url === null) throw new RangeError(`cannot format address: "${address}"`);
  const host = url.hostname.slice(1, -1);
  const words = /^(::(?:ffff:)?)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (words === null) return host;
  const [, prefix = "", high = "", low = ""] = words;
  return prefix + formatDotted(parseInt(high, 16), parseInt(low, 16));
}

function formatDotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}
