/**
 * The first line of a file with a secret.
 *
 * @module
 */

import { UsageError } from "./usage_error.ts";

const NEWLINE = 0x0a;

/**
 * Returns the first line without its end, and without the byte order mark that Windows writes. Spaces are kept.
 *
 * @param bytes The file, or its first bytes.
 * @param options `subject`: the file, for errors. `secret`: what the line contains, such as `passphrase`.
 * @throws {UsageError} The line is not UTF-8.
 */
export function firstLineOf(
  bytes: Uint8Array,
  { subject, secret }: { readonly subject: string; readonly secret: string },
): string {
  const end = bytes.indexOf(NEWLINE);
  try {
    const line = new TextDecoder("utf-8", { fatal: true }).decode(end === -1 ? bytes : bytes.subarray(0, end));
    return line.replace(/\r$/, "");
  } catch (error) {
    throw new UsageError(`cannot use ${subject}: its first line is not UTF-8 text`, {
      hint: `save it as plain text in UTF-8, with the ${secret} in its first line`,
      cause: error,
    });
  }
}
