/**
 * The address to listen on: `:9000`, `127.0.0.1:9000`, `[::1]:9000`, `srt://:9000?latency=200ms&lossmaxttl=40`.
 *
 * @module
 */

import { isPassphraseKey, quotedAddress, quotedPart } from "./quoted_address.ts";
import { parseSrtOption, type SrtOption } from "./srt_option.ts";
import { type Place, placed, UsageError } from "./usage_error.ts";
import { parseLatency } from "./values.ts";

/** The port in libsrt's own examples. Our choice. */
const DEFAULT_PORT = 9000;
const MAX_PORT = 65_535;

const FORMS = "use :9000 (every local address), 127.0.0.1:9000, [::1]:9000, 0.0.0.0:9000 (every IPv4 address), " +
  "[::]:9000 (every IPv6 address) or srt://:9000";

/** The port, and one local address, or every local address of one or both families. */
export interface ListenAddress {
  /** Numeric address without brackets, IPv6 in its canonical form; null: every local address of `family`. */
  readonly host: string | null;
  /** Family of `host`; without `host`, the family to listen on; null: both. */
  readonly family: "IPv4" | "IPv6" | null;
  /** UDP port, 0..65535; 0: any free one. */
  readonly port: number;
}

/** The settings in the query of an srt:// address. */
interface AddressQuery {
  /** From `latency=`; null if there is none. */
  readonly latencyMs: number | null;
  readonly srt: readonly SrtOption[];
}

/** An address, and the settings that an srt:// address can carry. */
export interface ParsedAddress extends ListenAddress, AddressQuery {}

/**
 * Reads an address; the empty text is every local address at port 9000.
 *
 * @throws {UsageError} Its message quotes nothing of the query that may be a passphrase.
 */
export function parseAddress(text: string): ParsedAddress {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (scheme === null) return { ...parseAuthority(text, text), latencyMs: null, srt: [] };
  if (scheme[1]?.toLowerCase() !== "srt") {
    throw new UsageError(`cannot use the address ${quotedAddress(text)}: only srt:// addresses are supported`, {
      hint: FORMS,
    });
  }
  const [authority = "", query = ""] = splitAt(text.slice(scheme[0].length), "?");
  return { ...parseAuthority(authority.replace(/\/$/, ""), text), ...parseQuery(query, text) };
}

/** How a passphrase is given, for hints. */
const PASSPHRASE_WAYS = "--passphrase-file FILE (the first line of FILE), or the variable SRT_SPLITTER_PASSPHRASE";

/**
 * Throws the error for a passphrase in an address or in argv.
 *
 * @param place Such as `in the address`
 * @param instead For the hint: the ways to give a passphrase safely
 */
export function refusePassphrase(place: string, instead = PASSPHRASE_WAYS): never {
  throw new UsageError(`cannot use a passphrase ${place}: other users of this machine can read it there`, {
    hint: `use ${instead}; if this passphrase is in use, change it`,
  });
}

function parseAuthority(authority: string, whole: string): ListenAddress {
  const match = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(\d+)$/.exec(authority) ?? /^(\[[^\]]*\]|[^:[\]]*):?()$/.exec(authority);
  if (match === null) {
    const isBare = authority.split(":").length > 2 && !authority.includes("[");
    throw new UsageError(
      `cannot read the address ${quotedAddress(whole)}${isBare ? ": an IPv6 address needs brackets" : ""}`,
      { hint: FORMS },
    );
  }
  const [, host = "", port = ""] = match;
  return { ...parseHost(host, whole), port: parsePort(port, whole) };
}

function parsePort(digits: string, whole: string): number {
  if (digits === "") return DEFAULT_PORT;
  const port = Number(digits);
  if (port <= MAX_PORT) return port;
  throw new UsageError(`cannot use the address ${quotedAddress(whole)}: there is no port ${digits}`, {
    hint: `use a port from 1 to ${MAX_PORT}, or 0 for any free one`,
  });
}

type Host = Pick<ListenAddress, "host" | "family">;

/** A host, or why it cannot be used. */
type HostOutcome = Host | { readonly problem: string };

/** Reads a numeric IPv4 address, an IPv6 address in brackets, `localhost`, or nothing for every address. */
function parseHost(host: string, whole: string): Host {
  if (host === "") return { host: null, family: null };
  // IPv4 alone is enough: a caller that finds ::1 for this name tries 127.0.0.1 as well
  if (host.toLowerCase() === "localhost") return { host: "127.0.0.1", family: "IPv4" };
  const outcome = host.startsWith("[") ? parseIpv6(host.slice(1, -1)) : parseIpv4(host);
  if (!("problem" in outcome)) return outcome;
  throw new UsageError(`cannot use the address ${quotedAddress(whole)}: ${outcome.problem}`, { hint: FORMS });
}

function parseIpv4(text: string): HostOutcome {
  const parts = text.split(".");
  if (/[^\d.]/.test(text) || parts.length !== 4) {
    return { problem: `${quotedPart(text)} is not an address, and host names are not looked up` };
  }
  // no leading zeros: other programs read 010 as octal
  if (!parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return { problem: `${quotedPart(text)} is not an IPv4 address` };
  }
  if (Number(parts[0]) >= 224) return { problem: "SRT has no multicast or broadcast" };
  return { host: text === "0.0.0.0" ? null : text, family: "IPv4" };
}

function parseIpv6(text: string): HostOutcome {
  if (text.includes("%")) return { problem: "link-local addresses are not supported" };
  const canonical = /^[\da-f:.]+$/i.test(text) ? canonicalIpv6(text) : null;
  if (canonical === null) return { problem: `${quotedPart(text)} is not an IPv6 address` };
  // mod/door/local_addresses.ts has the reason
  if (/^fe[89ab]/.test(canonical)) return { problem: "link-local addresses are not supported" };
  if (canonical.startsWith("ff")) return { problem: "SRT has no multicast or broadcast" };
  if (canonical.startsWith("::ffff:")) return { problem: "write the IPv4 address itself" };
  return { host: canonical === "::" ? null : canonical, family: "IPv6" };
}

/** The form that the system prints, so that addresses can be compared; null if it is not an IPv6 address. */
export function canonicalIpv6(text: string): string | null {
  return URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1) ?? null;
}

function parseQuery(query: string, whole: string): AddressQuery {
  let latencyMs: number | null = null;
  const srt: SrtOption[] = [];
  for (const [key, value] of new URLSearchParams(query)) {
    switch (key.toLowerCase()) {
      case "":
        break;
      case "latency":
      case "rcvlatency":
        latencyMs = parseQueryLatency(key, value);
        break;
      case "mode":
        if (value === "listener") break;
        throw new UsageError(
          `cannot use mode=${quotedPart(value)} in ${quotedAddress(whole)}: it is the address of a listener`,
          { hint: "leave mode out; to call a listener and record what it sends: srt-splitter record" },
        );
      default:
        if (isPassphraseKey(key)) refusePassphrase("in the address");
        if (value === "") { // it may be a passphrase without its key
          throw new UsageError(`cannot use a parameter without a value in ${quotedAddress(whole)}`, {
            hint: "srt-splitter help srt-options lists the parameters",
          });
        }
        srt.push(parseQueryOption(`${key}=${value}`, { kind: "argument", name: `${quotedAddress(whole)} with` }));
    }
  }
  return { latencyMs, srt };
}

/** @throws {UsageError} */
function parseQueryOption(text: string, place: Place): SrtOption {
  try {
    return parseSrtOption(text, place);
  } catch (thrown) {
    throw placed(thrown, place, text.replace(/=.*$/s, ""));
  }
}

/** Reads the latency of an address. @throws {UsageError} */
export function parseQueryLatency(key: string, value: string): number {
  try {
    return parseLatency(value);
  } catch (thrown) {
    throw placed(thrown, { kind: "argument", name: `${key}=${quotedPart(value)}` });
  }
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
