/**
 * An IP address as getnameinfo(NI_NUMERICHOST) of the C library prints it.
 *
 * Called by cookie.ts: libsrt hashes that text, and other runtimes print some IPv6 addresses differently.
 *
 * @module
 */

const IPV4 = /^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/** Keeps text away from the URL parser that could close the brackets. */
const IPV6_CHARACTERS = /^[0-9a-f:.]+$/i;

/**
 * Formats an address in the C library's way.
 *
 * Where the rules of RFC 5952 leave a choice, glibc's inet_ntop decides: addresses of the form `::ffff:0:0/96` (IPv4
 * mapped) and also `::/96` (IPv4 compatible) end in dotted decimals.
 *
 * @param address IPv4 or IPv6, without scope and brackets
 * @throws {RangeError} when the address is none
 */
export function formatNumericHost(address: string): string {
  if (IPV4.test(address)) return address;
  // The URL parser checks, lower-cases and shortens, but prints no dotted decimals.
  const url = IPV6_CHARACTERS.test(address) ? URL.parse(`http://[${address}]/`) : null;
  if (url === null) throw new RangeError(`Cannot format address: "${address}"`);
  const host = url.hostname.slice(1, -1);
  const words = /^(::(?:ffff:)?)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (words === null) return host;
  const [, prefix = "", high = "", low = ""] = words;
  return prefix + formatDotted(parseInt(high, 16), parseInt(low, 16));
}

function formatDotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}
