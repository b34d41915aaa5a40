/**
 * Decodes bytes from callers to text, even if they are not valid UTF-8.
 *
 * @module
 */

/** A character of UTF-8 has at most this many bytes. */
const MAX_BYTES = 4;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8. A byte that is not valid UTF-8 is written as its number, such as `\xfc`: some encoders send Latin-1 or GBK.
 */
export function decodeLossless(bytes: Uint8Array): string {
  const whole = decodeOrNull(bytes);
  if (whole !== null) return whole;
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const [character, length] = characterAt(bytes, at);
    text += character;
    at += length;
  }
  return text;
}

function characterAt(bytes: Uint8Array, at: number): readonly [character: string, length: number] {
  for (let length = 1; length <= MAX_BYTES && at + length <= bytes.length; length += 1) {
    const character = decodeOrNull(bytes.subarray(at, at + length));
    if (character !== null) return [character, length];
  }
  return [`\\x${(bytes[at] ?? 0).toString(16).padStart(2, "0")}`, 1];
}

function decodeOrNull(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
