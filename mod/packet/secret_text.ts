/**
 * Secrets in the text of strangers: where they start, and how to show the rest safely.
 *
 * Called by stream_id.ts only; what it masks may stand in logs and events.
 *
 * @module
 */

/** What stands in place of a secret. */
export const MASK = "***";

/** Our choice: "pass", "secret", "token" and "key" as people name them, and their usual relatives. */
const SECRET_WORD = /pass|pwd|secret|token|key|auth|sign|cred/i;

/** A parameter name and its "=", or ":" as in JSON. Runs once over the text: a name starts behind a separator only. */
const PARAMETER = /(?<=^|[=?&,;:/#\s{}"'])([^=?&,;:/#\s{}"']+)["']?\s*([=:])/gu;

/** Control and format characters (these turn text around), line separators, and halves of characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Tells whether the value behind a name must not be shown.
 *
 * `s` is the session ID of the stream ID's standard form, which some servers use as a password.
 */
export function isSecretName(name: string): boolean {
  const decoded = decodePercent(name);
  return decoded === "s" || SECRET_WORD.test(decoded);
}

/**
 * Masks all from the first secret's value to the end: what follows could still belong to it, as nobody says which
 * separators a password may hold. Text with a secret in it is shown percent-decoded, so that an encoded one that
 * stands before a plain one is found first.
 *
 * @returns one line without control characters
 */
export function maskSecrets(text: string): string {
  for (const candidate of new Set([decodePercent(text), text])) {
    for (const match of candidate.matchAll(PARAMETER)) {
      const [whole, name = ""] = match;
      if (isSecretName(name)) return escapeUnsafe(candidate.slice(0, match.index + whole.length)) + MASK;
    }
  }
  return escapeUnsafe(text);
}

/**
 * Cuts a name before its first secret parameter, since names end up in file names: `live?secret=x` is `live`.
 *
 * @returns the name itself when it holds none
 */
export function cutSecrets(name: string): string {
  for (const candidate of new Set([decodePercent(name), name])) {
    for (const match of candidate.matchAll(PARAMETER)) {
      const [, parameter = "", sign] = match;
      if (sign === "=" && isSecretName(parameter)) return candidate.slice(0, Math.max(0, match.index - 1));
    }
  }
  return name;
}

/** Writes out what could disturb a terminal or a log: `\x1b`, `\u{202e}`. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** Decodes every valid percent escape and leaves the rest; bytes that are no UTF-8 become U+FFFD. */
export function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = Uint8Array.from(run.slice(1).split("%"), (digits) => parseInt(digits, 16));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  });
}
