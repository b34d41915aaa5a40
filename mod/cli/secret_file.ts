/**
 * Reads a secret from the first line of a file.
 *
 * @module
 */

import { readProblem } from "../report/problem.ts";
import { firstLineOf } from "./first_line.ts";
import { notRegular } from "./places.ts";
import { UsageError } from "./usage_error.ts";

/** Longest secret in bytes. Our choice. */
const MAX_SECRET_BYTES = 1024;

/**
 * Reads a secret: the first line of `path`.
 *
 * @param options `name`: what it is, such as `webhook secret`. `minBytes`: its shortest length, 1 or more.
 * @throws {UsageError}
 */
export function readSecret(
  path: string,
  { name, minBytes }: { readonly name: string; readonly minBytes: number },
): string {
  const subject = `the ${name} file ${JSON.stringify(path)}`;
  const secret = firstLineOf(readBytes(path, subject), { subject, secret: "secret" });
  const { length } = new TextEncoder().encode(secret);
  if (length >= minBytes && length <= MAX_SECRET_BYTES) return secret;
  const problem = length === 0 ? "is empty" : length < minBytes ? "is too short" : "is too long";
  throw new UsageError(`cannot use ${subject}: its first line ${problem}`, {
    hint: `put a secret of ${minBytes} to ${MAX_SECRET_BYTES} bytes into its first line`,
  });
}

function readBytes(path: string, subject: string): Uint8Array {
  let problem: string | null;
  let cause: unknown;
  try {
    problem = notRegular(path); // before it is opened: opening a pipe waits for a writer
    if (problem === null) return Deno.readFileSync(path);
  } catch (error) {
    problem = readProblem(error);
    cause = error;
  }
  throw new UsageError(`cannot read ${subject}: ${problem}`, {
    hint: "name a regular file with the secret in its first line, which only you can read",
    cause,
  });
}
