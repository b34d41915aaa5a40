/**
 * Finds secrets in text from callers, and masks or removes them.
 *
 * @module
 */

import { decodeLossless } from "./lossless_text.ts";

/** The text that replaces a secret. */
export const MASK = "***";

/** Our choice: usual parts of the names of passwords, keys and signatures. */
const SECRET_WORD = /pass|pwd|secret|token|key|auth|sign|cred|bearer|jwt|hmac|psk/i;
/** Names that are too short to search for inside other names. `s` is the session ID of the standard form. */
const SHORT_SECRET_NAME = /^(?:s|pw|sig|otp|pin)$/i;
/** Before a colon, only the end of a longer name is checked, because text such as `Keynote: Hall 1` may be prose. */
const SECRET_ENDING =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|token|key|auth|signature|cred(?:ential)?s?|bearer|jwt|hmac|psk)$/i;

/** A parameter's name, an index such as `[0]`, quotes and blanks as in JSON, and the `=` or `:` after them. */
const PARAMETER = /(?<![\p{L}\p{M}\p{N}_.%-])([\p{L}\p{M}\p{N}_.%-]+)(?:\[[^\][]{0,40}\])?(["'\s]*)([=:])/gu;

/** `srt://user:password@host/`: what precedes the password, and the password. A port is not a password: `srt://host:9000/a@b`. */
const USER_INFO = /(:\/\/[^/?@:]{0,256}:)(?!\d{0,5}(?:[/?]|$))[^@]{0,256}@/u;

/** Characters that may separate a name from the first secret after it. */
const SEPARATORS = new Set("=?&,;:/#|{([<\"' \t\r\n");

/**
 * Characters that must not be printed: control characters (C0, DEL, C1), invisible ones and direction marks (the attack known as
 * Trojan Source), line separators, and halves of surrogate pairs.
 */
export const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Our choice: text that is percent-encoded more than this many times is masked as a whole. */
const MAX_ENCODINGS = 4;

/**
 * Masks everything from the first secret value to the end, because a secret may contain any separator.
 * Text with a secret is returned percent-decoded, so that an encoded secret in front of a plain one is found first.
 *
 * @returns One line without control characters
 */
export function maskSecrets(text: string): string {
  const found = findSecret(text, isSecret);
  if (found === null) return escapeUnsafe(text);
  return escapeUnsafe(found.text.slice(0, found.valueAt)) + MASK;
}

/**
 * Cuts a name before its first secret parameter, because names are part of file names: `live?secret=x` becomes `live`.
 *
 * @returns The name itself if it has no secret
 */
export function cutSecrets(name: string): string {
  const found = findSecret(name, isCertainlySecret);
  if (found === null) return name;
  let end = found.nameAt;
  while (end > 0 && SEPARATORS.has(found.text.charAt(end - 1))) end -= 1;
  return found.text.slice(0, end);
}

/** A parameter as {@linkcode PARAMETER} finds it: its decoded name, the sign (`=` or `:`), and what is between them. */
interface Parameter {
  readonly name: string;
  readonly gap: string;
  readonly sign: string;
}

function isSecret({ name }: Parameter): boolean {
  return SHORT_SECRET_NAME.test(name) || SECRET_WORD.test(name);
}

/** Reports whether the value of a key is a secret. */
export function isSecretKey(key: string): boolean {
  return isSecret({ name: decodePercent(key), gap: "", sign: "=" });
}

/** Removes user and password from the address in a text: `srt://user:password@host/cam` becomes `srt://host/cam`. */
export function cutUserInfo(text: string): string {
  return text.replace(USER_INFO, "://");
}

/**
 * Like {@linkcode isSecret}, but stricter if a colon follows and the name is not quoted as in JSON: then the name must be one of
 * the short names of secrets, or end like the name of a secret.
 */
function isCertainlySecret(parameter: Parameter): boolean {
  const { name, gap, sign } = parameter;
  if (sign === "=" || /["']/.test(gap)) return isSecret(parameter);
  return SHORT_SECRET_NAME.test(name) || SECRET_ENDING.test(name);
}

/** The place of a secret: the text, decoded as often as needed, and where in it the secret's name and value start. */
interface FoundSecret {
  readonly text: string;
  readonly nameAt: number;
  readonly valueAt: number;
}

/**
 * Finds the first secret. Each stage of percent-decoding is searched, because decoding can reveal a secret or hide one; the most
 * decoded text is searched first. The text before a secret, or all text if none is found, is also searched without invisible
 * characters and in normal width: input methods for Chinese and Japanese may write the name or the sign in full width.
 */
function findSecret(text: string, isFound: (parameter: Parameter) => boolean): FoundSecret | null {
  const decodings = [text];
  for (let decoded = decodePercent(text); decoded !== decodings[0]; decoded = decodePercent(decoded)) {
    if (decodings.length > MAX_ENCODINGS) return { text: "", nameAt: 0, valueAt: 0 };
    decodings.unshift(decoded);
  }
  for (const candidate of decodings) {
    const found = findIn(candidate, isFound);
    if (found === null) continue;
    const earlier = fold(candidate.slice(0, found.nameAt));
    return (earlier === null ? null : findIn(earlier, isFound)) ?? found;
  }
  for (const candidate of decodings) {
    const folded = fold(candidate);
    const found = folded === null ? null : findIn(folded, isFound);
    if (found !== null) return found;
  }
  return null;
}

/** Returns the text in characters of normal width and without invisible ones; null if that changes nothing. */
function fold(text: string): string | null {
  const folded = text.normalize("NFKC").replace(UNSAFE, "");
  return folded === text ? null : folded;
}

function findIn(text: string, isFound: (parameter: Parameter) => boolean): FoundSecret | null {
  const userInfo = USER_INFO.exec(text);
  const userInfoAt = userInfo?.index ?? Infinity;
  for (const match of text.matchAll(PARAMETER)) {
    const [whole, name = "", gap = "", sign = ""] = match;
    if (match.index > userInfoAt) break;
    if (!isFound({ name: decodePercent(name), gap, sign })) continue;
    return { text, nameAt: match.index, valueAt: match.index + whole.length };
  }
  return userInfo === null ? null : { text, nameAt: userInfoAt, valueAt: userInfoAt + (userInfo[1]?.length ?? 0) };
}

/** Escapes the characters that could disturb a terminal or a log: `\x1b`, `\u{202e}`. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** Decodes every valid percent escape and keeps the rest. A byte that is not UTF-8 becomes an escape such as `\xfc`. */
export function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = Uint8Array.from(run.slice(1).split("%"), (digits) => parseInt(digits, 16));
    return decodeLossless(bytes);
  });
}
