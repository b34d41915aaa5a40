/**
 * Reads the address of a listener that is called by `send`, `record`, `[[pull]]` or `--forward`:
 * `srt://192.0.2.7:9000?streamid=cam1&latency=200ms`.
 *
 * @module
 */

import { MAX_TEXT_BYTES } from "../packet/text_block.ts";
import { formatList } from "../report/format.ts";
import { parseQueryLatency, refusePassphrase } from "./address.ts";
import { nearestKey } from "./nearest_key.ts";
import { isPassphraseKey, quotedAddress, quotedPart } from "./quoted_address.ts";
import { UsageError } from "./usage_error.ts";
import { parseDuration } from "./values.ts";

/** Longest `conntimeo`, in ms: 2^30, about 12 days. With further waits added to it, it still fits a timer (2^31 - 1 ms). */
const MAX_CONNECT_MS = 2 ** 30;

/** The parameter that names the file with the passphrase. */
export const PASSPHRASE_FILE = "passphrase-file";
const IN_FILE = "passphrase-file=FILE in the address (the first line of FILE)";
const FOLLOWED = "only ? and parameters can follow its port";

/** The listener to call, and how. A field is null if the address does not set it. */
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
 * @throws {UsageError} Its message quotes no user name, and no stream ID. Of other parameters, it quotes at most the plain word at
 * the start of a name or a value (`quotedPart`): the rest may be a secret.
 */
export function parseCallerAddress(text: string): CallerAddress {
  return parseCall(text, []).call;
}

/** An address to call, and the values of the parameters that are not about the call. */
export interface ParsedCall {
  readonly call: CallerAddress;
  readonly taken: ReadonlyMap<string, string>;
}

/**
 * Reads an address that may also have parameters of this program. `names`: theirs, in lower case.
 *
 * @throws {UsageError} As for {@linkcode parseCallerAddress}.
 */
export function parseCall(text: string, names: readonly string[]): ParsedCall {
  const [, authority = "", query = ""] = /^srt:\/\/([^?#]*)\??(.*)$/is.exec(text) ??
    fail(text, "it is not an srt:// address");
  const [, host = "", digits = ""] = /^(\[[^\]]+\]|[^:[\]/@\s]+):(\d{1,5})\/?$/.exec(authority) ??
    fail(text, /:\d{1,5}[^\d:\]]/.test(authority) ? FOLLOWED : "it needs a host and a port");
  if (host.includes("%")) fail(text, "link-local addresses are not supported");
  if (!host.startsWith("[") && !/^[\p{L}\p{M}\p{N}._-]+$/u.test(host)) {
    fail(text, "its host contains a character that no host name has");
  }
  const port = Number(digits);
  if (port < 1 || port > 65_535) fail(text, `there is no port ${digits}`);
  const taken = new Map<string, string>();
  let call: CallerAddress = { host: host.replace(/^\[|\]$/g, ""), port, ...NO_PARAMETERS };
  for (const [key, value] of splitQuery(query)) {
    const name = key.toLowerCase();
    if (names.includes(name)) taken.set(name, value);
    else if (Object.hasOwn(PARAMETERS, name)) call = { ...call, ...PARAMETERS[name]?.(value, text) };
    else if (isPassphraseKey(key)) {
      refusePassphrase("in the address", names.includes(PASSPHRASE_FILE) ? IN_FILE : undefined);
    } else if (key !== "" || value !== "") throw unknownParameter(key, { value, text, names });
  }
  return { call, taken };
}

const NO_PARAMETERS: Query = { streamId: null, latencyMs: null, keyLength: null, connectTimeoutMs: null };

/** The parameters of a call: each reads its value. `text`: the whole address, for errors. @throws {UsageError} */
const PARAMETERS: Readonly<Record<string, (value: string, text: string) => Partial<Query>>> = {
  streamid: (value, text) => ({ streamId: checkedStreamId(value, text) }),
  latency: (value) => ({ latencyMs: parseQueryLatency("latency", value) }),
  pbkeylen: (value, text) => {
    if (!["16", "24", "32"].includes(value)) fail(text, "pbkeylen must be 16, 24 or 32");
    return { keyLength: Number(value) };
  },
  conntimeo: (value, text) => {
    const duration = parseDuration(value) ?? fail(text, "conntimeo must be a time, such as 3s, or a number of ms");
    return { connectTimeoutMs: Math.min(Math.round(duration.ms ?? duration.value), MAX_CONNECT_MS) };
  },
  mode: (value, text) => value === "caller" ? {} : fail(text, `mode must be caller, not ${quotedPart(value)}`),
  transtype: (value, text) => value === "live" ? {} : fail(text, `transtype must be live, not ${quotedPart(value)}`),
};

function unknownParameter(
  key: string,
  { value, text, names }: { readonly value: string; readonly text: string; readonly names: readonly string[] },
): UsageError {
  const known = [...Object.keys(PARAMETERS), ...names];
  const near = nearestKey(key.toLowerCase().trim(), known);
  const what = value === "" ? "a parameter without a value" : quotedPart(key); // it may be a passphrase without its key
  return new UsageError(`cannot use ${what} in ${quotedAddress(text)}`, {
    hint: `${near === null ? "" : `did you mean ${near}? `}an address to call can have ${formatList(known, Infinity)}`,
  });
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
  throw new UsageError(`cannot call ${quotedAddress(text)}: ${problem}`, {
    hint: "write srt://192.0.2.7:9000?streamid=cam1",
  });
}
