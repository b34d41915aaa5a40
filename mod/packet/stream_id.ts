/**
 * Parses a stream ID in all forms that are in use. The result has one canonical name, the user and the mode of the caller.
 *
 * Encoders send one name in many ways: percent-encoded, with blanks or a byte order mark around it, in decomposed Unicode. All
 * code that compares or shows names uses the canonical name.
 *
 * @module
 */

import { cutSecrets, cutUserInfo, decodePercent, isSecretKey, MASK, maskSecrets } from "./secret_text.ts";
import { MAX_TEXT_BYTES } from "./text_block.ts";

/** Modes of the standard form (libsrt docs/features/access-control.md). */
export type StreamMode = "publish" | "request" | "bidirectional";

/** A parsed stream ID. All texts but `masked` and `text` may contain any characters. */
export interface StreamId {
  /** "standard" is `#!::k=v,...`; "plain" is any other text. */
  readonly form: "none" | "standard" | "plain" | "malformed";
  /**
   * The stream's canonical name: percent-decoded, in Unicode's form NFC, without blanks, control characters and slashes around
   * it, without an address in front of it, and without secrets. Null if there is none or it is empty. May contain single slashes.
   */
  readonly name: string | null;
  /**
   * The stream key: the name in the stream ID, if another one replaces it (`as` of a `[[stream]]` table, or the name of a pull);
   * otherwise null. It is a secret.
   */
  readonly streamKey: string | null;
  readonly user: string | null;
  /** Null if the stream ID has none. */
  readonly mode: StreamMode | null;
  /** Key `t` in lower case: "stream", "file", "auth", or another. */
  readonly type: string | null;
  readonly host: string | null;
  /**
   * All keys in lower case, unknown ones included, secrets not masked. The password of the form `publish:name:user:pass` has the
   * key `s`: in the standard form, media servers use this key for a password.
   */
  readonly keys: ReadonlyMap<string, string>;
  /** The text on one line, with secrets masked, and cut if it is too long; null if there is no stream ID. */
  readonly masked: string | null;
  /** Why it is malformed, safe to show; null otherwise. */
  readonly text: string | null;
}

const EMPTY: StreamId = {
  form: "none",
  name: null,
  streamKey: null,
  user: null,
  mode: null,
  type: null,
  host: null,
  keys: new Map(),
  masked: null,
  text: null,
};

/** `#!::`; some callers send more colons. */
const STANDARD_PREFIX = /^#!::+/;

/** `publish:name`, and `read:`, `play:` and `request:` of callers that want to receive, as media servers accept them. */
const ACTION = /^(publish|request|play|read):(.*)$/siu;

/** `name,mode:publish`, as datarhei's products write it, also with other separators. */
const MODE_PARAMETER = /[,;&?]\s*mode\s*[:=]\s*(publish|request|play|read|bidirectional)\s*(?=[,;&]|$)/iu;

/** Some broadcast encoders add this suffix to the stream ID. It is not part of the name. */
const FEEDBACK_SUFFIX = /#feedbackplay$/i;

/** Keys of the standard form that can name a stream, in the order in which they are tried: resource, user, Blackmagic's name. */
const NAME_KEYS = ["r", "u", "bmd_name"] as const;
/** Keys of other vendors that can name a stream. They are tried last. */
const VENDOR_NAME_KEY = /_name$/;

/** The address in front of a name. OvenMediaEngine requires the whole URL as stream ID, such as `srt://host:9999/app/cam`. */
const ADDRESS = /^[\s/]*srt:\/\/[^/?]*\//iu;

/** Matches a stream ID that is a whole URI; the group is the actual stream ID, from its query. */
const URI_STREAM_ID = /^srt:\/\/[^?]*\?(?:[^#]*&)?streamid=([^&]*)/isu;

/** How a byte that is not UTF-8 is written in a text. */
const ESCAPED_BYTE = "\\xfc";

/** White space, control and format characters (a byte order mark is one) at either end. */
const AROUND = /^[\s\p{Cc}\p{Cf}]+|[\s\p{Cc}\p{Cf}]+$/gu;

/**
 * Parses a stream ID. Text in no known form is percent-decoded and parsed again, because some callers send the stream ID as it is
 * written in a URI. If the decoded text has no known form either, it is a plain name.
 *
 * @param text As `decodeConclusion` returns it; null and the empty text mean none
 */
export function parseStreamId(text: string | null): StreamId {
  if (text === null) return EMPTY;
  // Cut first, to bound the work.
  const cut = text.slice(0, MAX_TEXT_BYTES * ESCAPED_BYTE.length + 1).toWellFormed();
  if (sentBytes(cut) <= MAX_TEXT_BYTES) return recognize(cut);
  const { masked } = recognize(cut.slice(0, MAX_TEXT_BYTES).toWellFormed());
  return malformed(masked, `stream ID longer than ${MAX_TEXT_BYTES} bytes`);
}

/** Returns the size of a text as it was sent, in bytes: an escape such as `\xfc` stands for one byte. */
function sentBytes(text: string): number {
  return new TextEncoder().encode(text.replaceAll(/\\x[0-9a-f]{2}/g, " ")).length;
}

function recognize(text: string): StreamId {
  const sent = withoutSuffix(text);
  const decoded = withoutSuffix(decodePercent(text));
  if (decoded === "") return EMPTY;
  const ofUri = URI_STREAM_ID.exec(sent) ?? URI_STREAM_ID.exec(decoded);
  if (ofUri !== null) return recognize(ofUri[1] ?? "");
  return parseStandard(sent, decodePercent) ?? parseAction(sent, decodePercent) ?? parseStandard(decoded) ??
    parseAction(decoded) ??
    plain(decoded, { masked: maskSecrets(decoded) });
}

/** @param decode Decodes a value. By default, it returns the value unchanged, for text that was decoded as a whole. */
function parseStandard(text: string, decode: (value: string) => string = (value) => value): StreamId | null {
  if (!text.startsWith("#!")) return null;
  const [prefix] = STANDARD_PREFIX.exec(text) ?? [];
  if (prefix === undefined) {
    // Nested text is not searched for secrets, so none of it is shown.
    if (text.startsWith("#!:{")) return malformed(`#!:{${MASK}`, "nested stream ID (#!:{) is not supported");
    return malformed(maskSecrets(text), "stream ID starts with #! but not with #!::");
  }
  const keys = new Map<string, string>();
  const shown: string[] = [];
  let afterSecret = false;
  for (const item of text.slice(prefix.length).split(",")) {
    const equals = item.indexOf("=");
    const hidden = maskSecrets(item);
    if (equals === -1) {
      // Not a pair: it may be the rest of a value with a comma.
      shown.push(afterSecret && item !== "" ? MASK : hidden);
      if (item !== "" && !afterSecret) keys.set(trim(item).toLowerCase(), "");
      afterSecret ||= hidden.endsWith(MASK);
      continue;
    }
    // Of a repeated key, the last value counts, as in libsrt's own example and in other servers.
    keys.set(trim(item.slice(0, equals)).toLowerCase(), trim(decode(item.slice(equals + 1))));
    afterSecret = hidden.endsWith(MASK);
    shown.push(hidden);
  }
  const masked = prefix + shown.join(",");
  if (text !== prefix && !text.includes("=")) {
    return { ...EMPTY, form: "malformed", keys, masked, text: "stream ID has no key=value after #!::" };
  }
  const mode = keys.get("m")?.toLowerCase() || null;
  if (mode !== null && !isMode(mode)) {
    return { ...EMPTY, form: "malformed", keys, masked, text: `stream ID mode "${maskSecrets(mode)}" is unknown` };
  }
  return {
    ...EMPTY,
    form: "standard",
    name: nameOf(keys),
    user: keys.get("u") || null,
    mode,
    type: keys.get("t")?.toLowerCase() || null,
    host: keys.get("h") || null,
    keys,
    masked,
  };
}

function nameOf(keys: ReadonlyMap<string, string>): string | null {
  const vendorKeys = [...keys.keys()].filter((key) => VENDOR_NAME_KEY.test(key) && !isSecretKey(key));
  for (const key of [...NAME_KEYS, ...vendorKeys]) {
    const name = canonicalName(keys.get(key) ?? "");
    if (name !== null) return name;
  }
  return null;
}

/** @param decode As in {@linkcode parseStandard}: it decodes each part */
function parseAction(text: string, decode: (part: string) => string = (part) => part): StreamId | null {
  if (/^publish\//i.test(text)) {
    const decoded = decode(text);
    return plain(decoded.slice("publish/".length), { mode: "publish", masked: maskSecrets(decoded) });
  }
  const [, sent, rest = ""] = ACTION.exec(text) ?? [];
  if (sent === undefined) return null;
  const action = sent.toLowerCase();
  // The forms of MediaMTX: name, name:query, name:user:password, name:user:password:query.
  const [name = "", ...more] = rest.split(":").map(decode);
  const shownName = maskSecrets(name);
  // A secret may contain colons: if there is one in the name, all text after the name may belong to the secret.
  const [user = "", password = ""] = more.length >= 2 && !shownName.endsWith(MASK) ? more : [];
  const shown = [shownName, ...(user === "" ? [] : [maskSecrets(user)]), ...(more.length > 0 ? [MASK] : [])];
  return {
    ...EMPTY,
    form: "plain",
    name: canonicalName(name),
    user: trim(user) || null,
    mode: action === "publish" ? "publish" : "request",
    keys: new Map(password === "" ? [] : [["s", password]]),
    masked: `${action}:${shown.join(":")}`,
  };
}

function plain(text: string, known: { readonly mode?: StreamMode; readonly masked: string }): StreamId {
  const mode = MODE_PARAMETER.exec(text)?.[1]?.toLowerCase();
  const name = canonicalName(text.replace(MODE_PARAMETER, ""));
  return { ...EMPTY, form: "plain", name, mode: mode === undefined ? null : isMode(mode) ? mode : "request", ...known };
}

/** Returns the canonical form of a name, as in {@linkcode StreamId.name}; null if nothing is left. */
export function canonicalName(text: string): string | null {
  const name = trim(cutSecrets(cutUserInfo(text))).normalize("NFC").replace(ADDRESS, "").replaceAll(/\/{2,}/g, "/");
  return trim(name).replaceAll(/^[\s/]+|[\s/]+$/gu, "") || null;
}

function withoutSuffix(text: string): string {
  return trim(trim(text).replace(FEEDBACK_SUFFIX, ""));
}

function trim(text: string): string {
  return text.replaceAll(AROUND, "");
}

function malformed(masked: string | null, text: string): StreamId {
  return { ...EMPTY, form: "malformed", masked, text };
}

function isMode(mode: string): mode is StreamMode {
  return mode === "publish" || mode === "request" || mode === "bidirectional";
}
