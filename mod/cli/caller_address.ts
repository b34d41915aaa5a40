/**
 * The address that `send` calls: `srt://192.0.2.7:9000?streamid=cam1&latency=200ms`.
 *
 * @module
 */

import { MAX_TEXT_BYTES } from "../packet/text_block.ts";
import { parseQueryLatency, refusePassphrase } from "./address.ts";
import { UsageError } from "./usage_error.ts";
import { parseDuration } from "./values.ts";

/** Longest `conntimeo`, in ms: 2^30, about 12 days. A timer holds at most 2^31 - 1 ms, and deadlines of this program are added to it. */
const MAX_CONNECT_MS = 2 ** 30;

/** The listener to call, and how. Null: libsrt's default. */
export interface CallerAddress {
  /** Numeric address without brackets, or a name to look up. */
  readonly host: string;
  readonly port: number;
  readonly streamId: string | null;
  readonly latencyMs: number | null;
  /** AES key length in bytes. */
  readonly keyLength: number | null;
  readonly connectTimeoutMs: number | null;
}

type Query = Omit<CallerAddress, "host" | "port">;

/**
 * Reads an address.
 *
 * @throws {UsageError} Of the query, its message quotes only an unknown key, or the value of latency, mode or transtype: the rest
 * may contain a passphrase.
 */
export function parseCallerAddress(text: string): CallerAddress {
  const [, authority = "", query = ""] = /^srt:\/\/([^?#]*)\??(.*)$/is.exec(text) ??
    fail(text, "it is not an srt:// address");
  const [, host = "", digits = ""] = /^(\[[^\]]+\]|[^:[\]/@\s]+):(\d{1,5})\/?$/.exec(authority) ??
    fail(text, "it needs a host and a port");
  if (host.includes("%")) fail(text, "link-local addresses are not supported");
  const port = Number(digits);
  if (port < 1 || port > 65_535) fail(text, `there is no port ${digits}`);
  return { host: host.replace(/^\[|\]$/g, ""), port, ...parseQuery(query, text) };
}

/** An address without the parameters that were taken out of its query, and their values. */
export interface TakenParameters {
  readonly address: string;
  readonly taken: ReadonlyMap<string, string>;
}

/** Takes parameters of this program out of an address: they are not about the call. `names`: in lower case. */
export function takeParameters(text: string, names: readonly string[]): TakenParameters {
  const [authority = "", ...queries] = text.split("?");
  const taken = new Map<string, string>();
  const rest = queries.join("?").split("&").filter((part) => {
    const [[key, value] = ["", ""]] = splitQuery(part);
    const name = key.toLowerCase();
    if (!names.includes(name)) return true;
    taken.set(name, value);
    return false;
  }).join("&");
  return { address: rest === "" ? authority : `${authority}?${rest}`, taken };
}

function parseQuery(query: string, text: string): Query {
  let found: Query = { streamId: null, latencyMs: null, keyLength: null, connectTimeoutMs: null };
  for (const [key, value] of splitQuery(query)) {
    switch (key.toLowerCase()) {
      case "":
        break;
      case "streamid":
        found = { ...found, streamId: checkedStreamId(value, text) };
        break;
      case "latency":
        found = { ...found, latencyMs: parseQueryLatency(key, value) };
        break;
      case "pbkeylen":
        if (!["16", "24", "32"].includes(value)) fail(text, "pbkeylen must be 16, 24 or 32");
        found = { ...found, keyLength: Number(value) };
        break;
      case "conntimeo": {
        const duration = parseDuration(value) ?? fail(text, "conntimeo must be a time, such as 3s, or a number of ms");
        found = { ...found, connectTimeoutMs: Math.min(Math.round(duration.ms ?? duration.value), MAX_CONNECT_MS) };
        break;
      }
      case "passphrase":
        refusePassphrase("in the address");
        break;
      case "mode":
        if (value !== "caller") fail(text, `mode must be caller, not ${JSON.stringify(value)}`);
        break;
      case "transtype":
        if (value !== "live") fail(text, `transtype must be live, not ${JSON.stringify(value)}`);
        break;
      default:
        throw new UsageError(`cannot use ${JSON.stringify(key)} in ${quoted(text)}`, {
          hint: "an address to call can have streamid, latency, pbkeylen, conntimeo, mode=caller and transtype=live",
        });
    }
  }
  return found;
}

/** Splits a query. URLSearchParams would read a `+` in a stream ID as a space. */
function splitQuery(query: string): readonly (readonly [string, string])[] {
  return query.split("&").map((part) => {
    const at = part.indexOf("=");
    return at === -1 ? [part, ""] : [part.slice(0, at), decode(part.slice(at + 1))];
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // with an invalid escape, the whole value is literal
  }
}

function checkedStreamId(streamId: string, text: string): string {
  const { length } = new TextEncoder().encode(streamId);
  if (length > MAX_TEXT_BYTES) {
    fail(text, `its stream ID has ${length} bytes, and the limit is ${MAX_TEXT_BYTES}`);
  }
  if (streamId.includes("\0")) fail(text, "its stream ID contains a NUL character");
  return streamId;
}

function fail(text: string, problem: string): never {
  throw new UsageError(`cannot call ${quoted(text)}: ${problem}`, { hint: "write srt://192.0.2.7:9000?streamid=cam1" });
}

/** The address as it was given, without what may be a secret. */
function quoted(text: string): string {
  return JSON.stringify(text.replace(/\?.*$/s, "").replace(/\/\/[^/]*@/, "//***@"));
}
