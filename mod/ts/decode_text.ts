/**
 * Decodes text of service information, such as names of services and providers (ETSI EN 300 468, annex A).
 *
 * @module
 */

/** Our choice: a name must fit a line or a table cell. */
const MAX_CHARACTERS = 64;

/** Selectors 0x01 to 0x0B stand for ISO 8859-5 to 8859-15: the part is the selector plus this number. */
const SHORT_SELECTOR_OFFSET = 4;
const LAST_SHORT_SELECTOR = 0x0b;
/** The next two bytes are the part of ISO 8859. */
const LONG_SELECTOR = 0x10;
const FIRST_CHARACTER = 0x20;

/** Other selectors. */
const ENCODINGS: Readonly<Record<number, string>> = {
  0x11: "utf-16be",
  0x12: "euc-kr",
  0x13: "gbk",
  0x14: "big5",
  0x15: "utf-8",
};

/**
 * Decodes a text, removes control characters, and cuts the result to {@linkcode MAX_CHARACTERS}.
 *
 * Text without a selector is ISO 6937 by the standard, but most senders write UTF-8 or Latin-1. Our choice: valid UTF-8 is
 * decoded as UTF-8, everything else as Latin-1. Both agree with ISO 6937 in ASCII.
 */
export function decodeText(bytes: Uint8Array): string {
  const text = decode(bytes).replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, "").trim();
  return Array.from(text).slice(0, MAX_CHARACTERS).join("");
}

function decode(bytes: Uint8Array): string {
  const [selector = FIRST_CHARACTER] = bytes;
  if (selector >= FIRST_CHARACTER) return decodeUnmarked(bytes);
  if (selector === LONG_SELECTOR) return decodeAs(`iso-8859-${bytes[2] ?? 0}`, bytes.subarray(3));
  if (selector <= LAST_SHORT_SELECTOR) {
    return decodeAs(`iso-8859-${selector + SHORT_SELECTOR_OFFSET}`, bytes.subarray(1));
  }
  return decodeAs(ENCODINGS[selector] ?? "", bytes.subarray(1));
}

function decodeUnmarked(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return decodeAs("latin1", bytes);
  }
}

/** Decodes bytes; as Latin-1 if the encoding does not exist (ISO 8859-12, most reserved selectors). */
function decodeAs(encoding: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}
