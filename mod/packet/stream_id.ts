/**
 * Parses a stream ID: the name, user and mode of a caller, in all forms that are in use.
 *
 * @module
 */

import { cutSecrets, decodePercent, MASK, maskSecrets } from "./secret_text.ts";
import { MAX_TEXT_BYTES } from "./text_block.ts";

/** Modes of the standard form (libsrt docs/features/access-control.md). */
export type StreamMode = "publish" | "request" | "bidirectional";

/** A parsed stream ID. All texts but `masked` and `text` are the caller's and may contain anything. */
export interface StreamId {
  /** "standard" is `#!::k=v,...`; "plain" is any other text. */
  readonly form: "none" | "standard" | "plain" | "malformed";
  /** The stream's name without secret parameters; null if there is none or it is empty. May contain slashes. */
  readonly name: string | null;
  readonly user: string | null;
  /** Null if the stream ID has none. */
  readonly mode: StreamMode | null;
  /** Key `t` as sent: "stream", "file", "auth", or another. */
  readonly type: string | null;
  readonly host: string | null;
  /**
   * All keys as sent, unknown ones included, secrets not masked. The password of the form `publish:name:user:pass` is under
   * `s`, as in the standard form.
   */
  readonly keys: ReadonlyMap<string, string>;
  /** The whole text on one line, safe to show; null if there is no stream ID. */
  readonly masked: string | null;
  /** Why it is malformed, safe to show; null otherwise. */
  readonly text: string | null;
}

const EMPTY: StreamId = {
  form: "none",
  name: null,
  user: null,
  mode: null,
  type: null,
  host: null,
  keys: new Map(),
  masked: null,
  text: null,
};

const STANDARD_PREFIX = "#!::";

/** `publish:name`, and `read:`, `play:` and `request:` of callers that want to receive, as media servers accept them. */
const ACTION = /^(publish|request|play|read):(.*)$/su;

/** Some broadcast encoders add this suffix to a stream ID that they only play back. */
const FEEDBACK_SUFFIX = /#feedbackplay$/;

/**
 * Parses a stream ID. Text that is not recognized is parsed once more percent-decoded, because some callers send it as it is in
 * a URI. Any other text is a plain name.
 *
 * @param text As `decodeConclusion` returns it; null and the empty text mean none
 */
export function parseStreamId(text: string | null): StreamId {
  if (text === null || text === "") return EMPTY;
  // Cut first, so that all that follows is bounded.
  const [source, streamId] = recognize(text.slice(0, MAX_TEXT_BYTES));
  if (text.length > MAX_TEXT_BYTES || new TextEncoder().encode(text).length > MAX_TEXT_BYTES) {
    return malformed(streamId.masked, `stream ID longer than ${MAX_TEXT_BYTES} bytes`);
  }
  return isUnicode(source) ? streamId : malformed(streamId.masked, "stream ID is not valid UTF-8");
}

/** Returns the text that was recognized, as sent or decoded, and the parsed stream ID. */
function recognize(text: string): readonly [string, StreamId] {
  for (const candidate of new Set([text, decodePercent(text)])) {
    const parsed = parseStandard(candidate) ?? parseAction(candidate);
    if (parsed !== null) return [candidate, parsed];
  }
  return [text, { ...EMPTY, form: "plain", name: cutSecrets(text) || null, masked: maskSecrets(text) }];
}

function parseStandard(text: string): StreamId | null {
  if (!text.startsWith("#!")) return null;
  if (!text.startsWith(STANDARD_PREFIX)) {
    // The secrets of nested text are not parsed: show nothing of it.
    if (text.startsWith("#!:{")) return malformed(`#!:{${MASK}`, "nested stream ID (#!:{) is not supported");
    return malformed(maskSecrets(text), "stream ID starts with #! but not with #!::");
  }
  const keys = new Map<string, string>();
  const shown: string[] = [];
  let afterSecret = false;
  for (const item of text.slice(STANDARD_PREFIX.length).split(",")) {
    const equals = item.indexOf("=");
    const hidden = maskSecrets(item);
    if (equals === -1) {
      // Not a pair: it may be the rest of a value with a comma.
      shown.push(afterSecret && item !== "" ? MASK : hidden);
      if (item !== "" && !afterSecret) keys.set(item, "");
      afterSecret ||= hidden.endsWith(MASK);
      continue;
    }
    // The last of a repeated key is valid, as in libsrt's own example and in other servers.
    keys.set(item.slice(0, equals), item.slice(equals + 1));
    afterSecret = hidden.endsWith(MASK);
    shown.push(hidden);
  }
  const masked = STANDARD_PREFIX + shown.join(",");
  if (text !== STANDARD_PREFIX && !text.includes("=")) {
    return { ...EMPTY, form: "malformed", keys, masked, text: "stream ID has no key=value after #!::" };
  }
  const mode = keys.get("m") || null;
  if (mode !== null && !isMode(mode)) {
    return { ...EMPTY, form: "malformed", keys, masked, text: `stream ID mode "${maskSecrets(mode)}" is unknown` };
  }
  return {
    ...EMPTY,
    form: "standard",
    name: cutSecrets(keys.get("r") ?? "") || null,
    user: keys.get("u") || null,
    mode,
    type: keys.get("t") || null,
    host: keys.get("h") || null,
    keys,
    masked,
  };
}

function parseAction(text: string): StreamId | null {
  if (text.startsWith("publish/")) {
    const name = cutSecrets(text.slice("publish/".length)) || null;
    return { ...EMPTY, form: "plain", name, mode: "publish", masked: maskSecrets(text) };
  }
  const [, action, rest = ""] = ACTION.exec(text) ?? [];
  if (action === undefined) return null;
  // The forms of MediaMTX: name, name:query, name:user:password, name:user:password:query.
  const [name = "", ...more] = rest.replace(FEEDBACK_SUFFIX, "").split(":");
  const shownName = maskSecrets(name);
  // A secret in the name may contain colons, so everything after it belongs to it.
  const [user = "", password = ""] = more.length >= 2 && !shownName.endsWith(MASK) ? more : [];
  const shown = [shownName, ...(user === "" ? [] : [maskSecrets(user)]), ...(more.length > 0 ? [MASK] : [])];
  return {
    ...EMPTY,
    form: "plain",
    name: cutSecrets(name) || null,
    user: user || null,
    mode: action === "publish" ? "publish" : "request",
    keys: new Map(password === "" ? [] : [["s", password]]),
    masked: `${action}:${shown.join(":")}`,
  };
}

function malformed(masked: string | null, text: string): StreamId {
  return { ...EMPTY, form: "malformed", masked, text };
}

function isMode(mode: string): mode is StreamMode {
  return mode === "publish" || mode === "request" || mode === "bidirectional";
}

/** Decoding replaces bytes that are not UTF-8 by U+FFFD. */
function isUnicode(text: string): boolean {
  return text.isWellFormed() && !text.includes("\uFFFD");
}
