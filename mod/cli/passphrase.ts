/**
 * Passphrases: where they come from, and how they are read.
 *
 * @module
 */

import { readProblem } from "../report/problem.ts";
import { firstLineOf } from "./first_line.ts";
import { notRegular } from "./places.ts";
import { atPlace, type EntryPlace, type Place, UsageError } from "./usage_error.ts";
import { parsePath } from "./values.ts";

/** Minimum and maximum length of a passphrase (libsrt `docs/API/API-socket-options.md`, SRTO_PASSPHRASE). */
const MIN_BYTES = 10;
const MAX_BYTES = 79;

/** Bytes that are read from a file. Our choice: enough to detect that a first line is too long, and little of a huge file. */
const READ_BYTES = 4096;

/** Permission bit: others may read. */
const OTHERS_READ = 0o004;

/** Pipes that a shell passes at the start, as for `--passphrase-file <(pass show srt)`. zsh passes `/proc/self/fd/N`. */
const HANDED_OVER = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/\d+)$/;

/**
 * Maximum number of passphrases that are valid at once. Our choice: each try costs 1 ms, and a change of passphrases needs two.
 */
export const MAX_PASSPHRASES = 8;

/** Environment variables that stand for an option. The option itself takes precedence. */
export interface Environment {
  readonly SRT_SPLITTER_PASSPHRASE?: string | undefined;
  readonly SRT_SPLITTER_LIBSRT?: string | undefined;
}

/** `--passphrase-file`, or the key of that name. */
export interface PassphraseFile {
  readonly kind: "file";
  readonly file: string;
  /** Its place in a configuration file; null: on the command line. */
  readonly place: EntryPlace | null;
}

/** One of the two ways to give a passphrase. Never argv, which other users of the machine can read. */
export type PassphraseSource =
  | PassphraseFile
  /** `SRT_SPLITTER_PASSPHRASE`: its value, unchecked. A secret. */
  | { readonly kind: "environment"; readonly value: string };

/** A checked passphrase, and warnings about its source. */
export interface Passphrase {
  /** 10..79 bytes of UTF-8. A secret. */
  readonly value: string;
  /** One sentence each, and a second line with what to do. */
  readonly warnings: readonly string[];
}

/** Reads the path of a passphrase file. @throws {ValueError} */
export function parsePassphraseFile(text: string, place: Place): PassphraseFile {
  return { kind: "file", file: parsePath(text, place), place: place.kind === "entry" ? place : null };
}

/** The variable, or null if it is not set. @throws {UsageError} */
export function passphraseVariable(env: Environment): PassphraseSource | null {
  const value = env.SRT_SPLITTER_PASSPHRASE;
  if (value === undefined) return null;
  if (value !== "") return { kind: "environment", value };
  // a script whose lookup failed sets an empty text, which must not admit callers without a passphrase
  throw new UsageError("cannot use SRT_SPLITTER_PASSPHRASE: it is set, but empty", {
    hint: "put the passphrase into it, or unset it for no passphrase: unset SRT_SPLITTER_PASSPHRASE",
  });
}

/**
 * Reads the passphrase of `source`: the first line of the file, or the variable; without the end of line and, in a file, the byte
 * order mark that Windows writes. Spaces are kept.
 *
 * @param options `again`: whether it was read before. A pipe, which a shell may hand over at the start, is empty then.
 * @throws {UsageError}
 */
export function readPassphrase(
  source: PassphraseSource,
  { again = false }: { readonly again?: boolean } = {},
): Passphrase {
  switch (source.kind) {
    case "environment":
      // $(cat FILE) in a shell removes the end of line (\n), but not the \r of Windows before it
      return { value: checked(source.value.replace(/\r?\n?$/, ""), "SRT_SPLITTER_PASSPHRASE"), warnings: [] };
    case "file":
      return readFile(source.file, again);
  }
}

/** Reads a passphrase. If a configuration file names its source, errors name the line. @throws {UsageError} */
export function readPlacedPassphrase(
  source: PassphraseSource,
  options: { readonly again?: boolean },
): Passphrase {
  const read = () => readPassphrase(source, options);
  return source.kind === "file" && source.place !== null ? atPlace(source.place, read) : read();
}

function readFile(path: string, again: boolean): Passphrase {
  const subject = `the passphrase file ${JSON.stringify(path)}`;
  const { bytes, mode } = readStart(path, { subject, again });
  const line = firstLineOf(bytes, { subject, secret: "passphrase" });
  const isPublic = mode !== null && (mode & OTHERS_READ) !== 0;
  const warnings = isPublic
    ? [`other users of this machine can read ${subject}\nto change that: chmod 600 ${path}`]
    : [];
  return { value: checked(line, subject), warnings };
}

function readStart(
  path: string,
  { subject, again }: { readonly subject: string; readonly again: boolean },
): { readonly bytes: Uint8Array; readonly mode: number | null } {
  try {
    // before it is opened: opening a pipe waits for a writer, and blocks this process until then
    const problem = notRegular(path);
    if (problem !== null && (again || !HANDED_OVER.test(path))) {
      throw new UsageError(`cannot read ${subject}${again ? " again" : ""}: ${problem}`, {
        hint: "name a regular file with the passphrase in its first line",
      });
    }
    using file = Deno.openSync(path);
    const { isFile, mode } = file.statSync();
    const buffer = new Uint8Array(READ_BYTES);
    let length = 0;
    // a pipe returns what it holds, so it is read until its end or until the buffer is full
    for (let count: number | null = 0; count !== null && length < READ_BYTES;) {
      count = file.readSync(buffer.subarray(length));
      length += count ?? 0;
    }
    // the mode of a pipe does not show who can read the secret later
    return { bytes: buffer.subarray(0, length), mode: isFile ? mode : null };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${subject}: ${readProblem(error)}`, {
      hint:
        `put the passphrase into the first line of a file that only you can read (install -m 600 /dev/null ${path}, ` +
        "then edit it)",
      cause: error,
    });
  }
}

function checked(value: string, subject: string): string {
  const problem = problemOf(value);
  if (problem === null) return value;
  throw new UsageError(`cannot use ${subject}: ${problem}`, {
    hint: `a passphrase has ${MIN_BYTES} to ${MAX_BYTES} bytes, and is the same on both sides`,
  });
}

function problemOf(value: string): string | null {
  const { length } = new TextEncoder().encode(value);
  if (length === 0) return "its first line is empty";
  if (length < MIN_BYTES) return `its passphrase is too short (${length} bytes)`;
  if (length > MAX_BYTES) return `its passphrase is too long (more than ${MAX_BYTES} bytes)`;
  // libsrt's own tools take C strings: no caller could give this one
  return value.includes("\0") ? "its passphrase contains a NUL character" : null;
}
