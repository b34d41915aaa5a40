/**
 * The stream ID: which name, user and mode a caller gives itself, in all forms that are in use.
 *
 * Called by admission, and by the reporters for the form that is safe to show.
 *
 * @module
 */

import { cutSecrets, decodePercent, escapeUnsafe, isSecretName, MASK, maskSecrets } from "./secret_text.ts";
import { MAX_TEXT_BYTES } from "./text_block.ts";

/** Modes of the standard form (libsrt docs/features/access-control.md). */
export type StreamMode = "publish" | "request" | "bidirectional";

/** A stream ID, understood as far as it can be. All texts but `masked` are the caller's and may hold anything. */
export interface StreamId {
  /** "standard" is `#!::k=v,...`; "plain" all other text. */
  readonly form: "none" | "standard" | "plain" | "malformed";
  /** The stream's name, without secret parameters; null when there is none or it is empty. May hold slashes. */
  readonly name: string | null;
  readonly user: string | null;
  /** Null when not said. */
  readonly mode: StreamMode | null;
  /** Key `t` as sent: "stream", "file", "auth", or another. */
  readonly type: string | null;
  readonly host: string | null;
  /**
   * All keys as sent, unknown ones too, secrets not masked. In the form `publish:name:user:pass` the password stands
   * under `s`, where the standard form has it.
   */
  readonly keys: ReadonlyMap<string, string>;
  /** The whole text on one line, safe to show; null when there is no stream ID. */
  readonly masked: string | null;
  /** Why it is malformed; null otherwise. Safe to show. */
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

/** `publish:name`, and for those who read `read:`, `play:` and `request:`, as media servers take them. */
const ACTION = /^(publish|request|play|read):(.*)$/su;

/** Some broadcast encoders add this to a stream ID that they only play back. */
const FEEDBACK_SUFFIX = /#feedbackplay$/;

/**
 * Parses a stream ID. Text that is not recognised is tried once more percent-decoded: some callers send it the way it
 * stood in a URI. What is still not recognised is a plain name.
 *
 * @param text as decodeConclusion gives it; null and empty mean none
 */
export function parseStreamId(text: string | null): StreamId {
  if (text === null || text === "") return EMPTY;
  // Cut first: what follows runs over text of bounded length only.
  const [source, streamId] = recognise(text.slice(0, MAX_TEXT_BYTES));
  if (text.length > MAX_TEXT_BYTES || new TextEncoder().encode(text).length > MAX_TEXT_BYTES) {
    return refuse(streamId.masked, `stream ID longer than ${MAX_TEXT_BYTES} bytes`);
  }
  return isUnicode(source) ? streamId : refuse(streamId.masked, "stream ID is not valid UTF-8");
}

/** Returns the text that was recognised, as sent or decoded, and what it says. */
function recognise(text: string): readonly [string, StreamId] {
  for (const candidate of new Set([text, decodePercent(text)])) {
    const parsed = parseStandard(candidate) ?? parseAction(candidate);
    if (parsed !== null) return [candidate, parsed];
  }
  return [text, { ...EMPTY, form: "plain", name: cutSecrets(text) || null, masked: maskSecrets(text) }];
}

function parseStandard(text: string): StreamId | null {
  if (!text.startsWith("#!")) return null;
  if (!text.startsWith(STANDARD_PREFIX)) {
    // Secrets hide well in nested text: show nothing of it.
    if (text.startsWith("#!:{")) return refuse(`#!:{${MASK}`, "nested stream ID (#!:{) is not supported");
    return refuse(maskSecrets(text), "stream ID starts with #! but not with #!::");
  }
  const keys = new Map<string, string>();
  const shown: string[] = [];
  let afterSecret = false;
  for (const item of text.slice(STANDARD_PREFIX.length).split(",")) {
    const equals = item.indexOf("=");
    if (equals === -1) {
      // Not a pair, so perhaps the rest of a value that held a comma.
      shown.push(afterSecret && item !== "" ? MASK : maskSecrets(item));
      if (item !== "" && !afterSecret) keys.set(item, "");
      continue;
    }
    const key = item.slice(0, equals);
    const value = item.slice(equals + 1);
    // The last of a repeated key counts, as in libsrt's own example and in other servers.
    keys.set(key, value);
    afterSecret = isSecretName(key);
    shown.push(`${escapeUnsafe(key)}=${afterSecret ? MASK : maskSecrets(value)}`);
  }
  const masked = STANDARD_PREFIX + shown.join(",");
  if (text !== STANDARD_PREFIX && !text.includes("=")) {
    return { ...EMPTY, form: "malformed", keys, masked, text: "stream ID has no key=value behind #!::" };
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
  // As MediaMTX has it: name, name:query, name:user:password, name:user:password:query.
  const [name = "", ...more] = rest.replace(FEEDBACK_SUFFIX, "").split(":");
  const [user = "", password = ""] = more.length >= 2 ? more : [];
  const shown = [maskSecrets(name), ...(user === "" ? [] : [maskSecrets(user)]), ...(more.length > 0 ? [MASK] : [])];
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

function refuse(masked: string | null, why: string): StreamId {
  return { ...EMPTY, form: "malformed", masked, text: why };
}

function isMode(mode: string): mode is StreamMode {
  return mode === "publish" || mode === "request" || mode === "bidirectional";
}

/** U+FFFD is what decoding leaves of bytes that are no UTF-8. */
function isUnicode(text: string): boolean {
  return text.isWellFormed() && !text.includes("\uFFFD");
}
