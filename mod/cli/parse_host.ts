/**
 * The host part of an address to listen on.
 *
 * @module
 */

import type { ListenAddress } from "./listen_address.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Reads a host: a numeric IPv4 address, an IPv6 address in brackets, `localhost`, or nothing for every address.
 *
 * @param host Host part as typed, brackets included
 * @param context `whole`: the quoted address for messages; `forms`: the hint on what can be written
 * @throws {UsageError} Where it is none of these
 */
export function parseHost(
  host: string,
  context: { readonly whole: string; readonly forms: string },
): Pick<ListenAddress, "host" | "family"> {
  if (host === "") return { host: null, family: null };
  // 127.0.0.1 rather than both: what a caller on this machine tries is then what is listened on.
  if (host.toLowerCase() === "localhost") return { host: "127.0.0.1", family: "IPv4" };
  const address = host.startsWith("[") ? parseIpv6(host.slice(1, -1)) : parseIpv4(host);
  if ("problem" in address) {
    throw new UsageError(`cannot listen on ${context.whole}: ${address.problem}`, { hint: context.forms });
  }
  return address;
}

type Outcome = Pick<ListenAddress, "host" | "family"> | { readonly problem: string };

function parseIpv4(text: string): Outcome {
  const parts = text.split(".");
  if (/[^\d.]/.test(text) || parts.length !== 4) {
    return { problem: `${JSON.stringify(text)} is not an address, and host names are not looked up` };
  }
  // No leading zeros: other programs read 010 as octal.
  if (!parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return { problem: `${JSON.stringify(text)} is not an IPv4 address` };
  }
  if (Number(parts[0]) >= 224) return { problem: "SRT has no multicast or broadcast" };
  return text === "0.0.0.0" ? { host: null, family: "IPv4" } : { host: text, family: "IPv4" };
}

function parseIpv6(text: string): Outcome {
  if (text.includes("%")) return { problem: "link-local addresses are not supported" };
  const canonical = /^[\da-f:.]+$/i.test(text) ? canonicalIpv6(text) : null;
  if (canonical === null) return { problem: `${JSON.stringify(text)} is not an IPv6 address` };
  if (canonical === "::") return { host: null, family: "IPv6" };
  // The cookie that libsrt expects of a link-local caller holds the scope, which cannot be predicted.
  if (/^fe[89ab]/.test(canonical)) return { problem: "link-local addresses are not supported" };
  if (canonical.startsWith("ff")) return { problem: "SRT has no multicast or broadcast" };
  if (canonical.startsWith("::ffff:")) return { problem: "write the IPv4 address itself" };
  return { host: canonical, family: "IPv6" };
}

/** The form that the system prints, so that the two can be compared; null where it is no IPv6 address. */
function canonicalIpv6(text: string): string | null {
  const url = URL.parse(`http://[${text}]/`);
  return url === null ? null : url.hostname.slice(1, -1);
}
