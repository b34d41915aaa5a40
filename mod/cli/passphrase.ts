/**
 * Reads and checks the passphrase of a run.
 *
 * @module
 */

import type { PassphraseSource } from "./passphrase_source.ts";
import { notRegular } from "./regular_file.ts";
import { UsageError } from "./usage_error.ts";

/** Fewest and most bytes of a passphrase (libsrt `docs/API/API-socket-options.md`, SRTO_PASSPHRASE). */
const MIN_BYTES = 10;
const MAX_BYTES = 79;

/** How much of a file is looked at. Our choice: enough to see that a first line is too long, and a huge file costs nothing. */
const READ_BYTES = 4096;

/** Permission bit: others may read. */
const OTHERS_READ = 0o004;

const NEWLINE = 0x0a;

/** What a shell hands over at the start, as `--passphrase-file <(pass show srt)` does it. */
const HANDED_OVER = /^\/(?:dev\/stdin|(?:dev|proc\/self)\/fd\/\d+)$/; // zsh names the second form

/** A checked passphrase, and what the operator should know of where it came from. */
export interface Passphrase {
  /** 10..79 bytes of UTF-8. A secret. */
  readonly value: string;
  /** One sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads the passphrase that `source` names: the first line of the file without its end of line, or the variable as it is.
 *
 * @param options `again`: whether it was read before; a pipe, which a shell may hand over at the start, is spent then.
 * @throws {UsageError} Where there is no usable passphrase
 */
export function readPassphrase(
  source: PassphraseSource,
  { again = false }: { readonly again?: boolean } = {},
): Passphrase {
  switch (source.kind) {
    case "environment":
      return { value: checked(source.value, "SRT_SPLITTER_PASSPHRASE"), warnings: [] };
    case "file":
      return readFile(source.file, again);
  }
}

function readFile(path: string, again: boolean): Passphrase {
  const place = `the passphrase file ${JSON.stringify(path)}`;
  const { bytes, mode } = readStart(path, { place, again });
  const end = bytes.indexOf(NEWLINE);
  const line = decode(end === -1 ? bytes : bytes.subarray(0, end), place).replace(/\r$/, "");
  const warnings = mode !== null && (mode & OTHERS_READ) !== 0
    ? [`every user of this machine can read ${place}; "chmod 600 ${path}" ends that`]
    : [];
  return { value: checked(line, place), warnings };
}

function readStart(
  path: string,
  { place, again }: { readonly place: string; readonly again: boolean },
): { readonly bytes: Uint8Array; readonly mode: number | null } {
  try {
    // before it is opened: opening a pipe waits for a writer, and nothing else happens in this process meanwhile
    const problem = notRegular(path);
    if (problem !== null && (again || !HANDED_OVER.test(path))) {
      throw new UsageError(`cannot read ${place}${again ? " again" : ""}: ${problem}`, { hint: REGULAR_ADVICE });
    }
    using file = Deno.openSync(path);
    const { isFile, mode } = file.statSync();
    const buffer = new Uint8Array(READ_BYTES);
    let length = 0;
    // A pipe gives what it has, so read until it is at its end or the buffer is full.
    for (let count: number | null = 0; count !== null && length < READ_BYTES;) {
      count = file.readSync(buffer.subarray(length));
      length += count ?? 0;
    }
    // Only a regular file's bits say who can read the secret later.
    return { bytes: buffer.subarray(0, length), mode: isFile ? mode : null };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${place}: ${reasonOf(error)}`, { hint: adviceFor(path), cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "this user may not read it";
  if (error instanceof Deno.errors.NotCapable) return "this program was started without the permission to read it";
  return error instanceof Error ? error.message : String(error);
}

const REGULAR_ADVICE = "Name a regular file with the passphrase in its first line, or set SRT_SPLITTER_PASSPHRASE.";

function adviceFor(path: string): string {
  return `Put the passphrase into the first line of a file that only you can read: install -m 600 /dev/null ${path}; then ` +
    "edit it. Or set SRT_SPLITTER_PASSPHRASE.";
}

function decode(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`cannot use ${place}: its first line is not UTF-8 text`, {
      hint: "Save it as plain text with the passphrase in its first line.",
      cause: error,
    });
  }
}

function checked(value: string, place: string): string {
  const { length } = new TextEncoder().encode(value);
  const hint = `A passphrase has ${MIN_BYTES} to ${MAX_BYTES} characters, the same on both sides.`;
  if (length === 0) {
    throw new UsageError(`cannot use ${place}: its first line is empty`, { hint });
  }
  if (length < MIN_BYTES) {
    throw new UsageError(`cannot use ${place}: its passphrase is too short (${length} bytes)`, { hint });
  }
  if (length > MAX_BYTES) {
    throw new UsageError(`cannot use ${place}: its passphrase is too long (more than ${MAX_BYTES} bytes)`, { hint });
  }
  // libsrt's own tools take C strings: a caller could never give this one.
  if (value.includes("\0")) {
    throw new UsageError(`cannot use ${place}: its passphrase holds a NUL character`, { hint });
  }
  return value;
}
