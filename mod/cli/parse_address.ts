/**
 * The address to listen on: `:9000`, `9000`, `127.0.0.1:9000`, `[::1]:9000`, `srt://:9000?latency=200ms`.
 *
 * @module
 */

import type { ListenAddress } from "./listen_address.ts";
import { parseHost } from "./parse_host.ts";
import { type Latency, parseLatency } from "./parse_latency.ts";
import { refusePassphrase } from "./refuse_passphrase.ts";
import { UsageError } from "./usage_error.ts";

/** Port where none is given. Our choice: the one in libsrt's own examples. */
const DEFAULT_PORT = 9000;
const MAX_PORT = 65_535;

const FORMS = "Use :9000 (every local address), 127.0.0.1:9000, [::1]:9000, 0.0.0.0:9000 (every IPv4 address), " +
  "[::]:9000 (every IPv6 address) or srt://:9000.";

/** An address, and the settings that an srt:// address can carry. */
export interface ParsedAddress extends ListenAddress {
  /** Out of `latency=`; null where there is none. */
  readonly latency: Latency | null;
}

/**
 * Reads an address; the empty text is every local address at port 9000.
 *
 * @throws {UsageError} Where `text` is no address to listen on
 */
export function parseAddress(text: string): ParsedAddress {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  if (scheme === null) return { ...parseAuthority(text, text), latency: null };
  if (scheme[1]?.toLowerCase() !== "srt") {
    throw new UsageError(`cannot listen on ${quoted(text)}: only srt:// is received`, { hint: FORMS });
  }
  const [place = "", query = ""] = splitAt(text.slice(scheme[0].length), "?");
  return { ...parseAuthority(place.replace(/\/$/, ""), text), latency: parseQuery(query, text) };
}

function parseAuthority(authority: string, whole: string): ListenAddress {
  const match = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(\d+)$/.exec(authority) ?? /^(\[[^\]]*\]|[^:[\]]*):?()$/.exec(authority);
  if (match === null) {
    const bare = authority.split(":").length > 2 && !authority.includes("[");
    throw new UsageError(`cannot read the address ${quoted(whole)}${bare ? ": an IPv6 address needs brackets" : ""}`, {
      hint: FORMS,
    });
  }
  const [, host = "", port = ""] = match;
  return { ...parseHost(host, { whole: quoted(whole), forms: FORMS }), port: parsePort(port, whole) };
}

function parsePort(digits: string, whole: string): number {
  if (digits === "") return DEFAULT_PORT;
  const port = Number(digits);
  if (port <= MAX_PORT) return port;
  throw new UsageError(`cannot listen on ${quoted(whole)}: there is no port ${digits}`, {
    hint: `A port is 1 to ${MAX_PORT}, or 0 for any free one.`,
  });
}

function parseQuery(query: string, whole: string): Latency | null {
  let latency: Latency | null = null;
  for (const [key, value] of new URLSearchParams(query)) {
    switch (key.toLowerCase()) {
      case "":
        break;
      case "latency":
      case "rcvlatency":
        latency = parseLatency(value);
        break;
      case "mode":
        if (value === "listener") break;
        throw new UsageError(
          `cannot use mode=${JSON.stringify(value)} in ${quoted(whole)}: this program only listens`,
          {
            hint: "Leave mode out, or write mode=listener.",
          },
        );
      case "passphrase":
        refusePassphrase("in the address");
        break;
      default:
        throw new UsageError(`cannot use ${JSON.stringify(key)} in ${quoted(whole)}`, {
          hint: "An srt:// address to listen on takes latency and mode=listener; the rest are options: " +
            "srt-splitter listen --help",
        });
    }
  }
  return latency;
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** The address as typed, without its query. */
function quoted(text: string): string {
  return JSON.stringify(splitAt(text, "?")[0]);
}
