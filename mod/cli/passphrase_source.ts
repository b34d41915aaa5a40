/**
 * Where the passphrase of a run comes from.
 *
 * @module
 */

import type { ConfigPlace } from "./config_problem.ts";
import type { ListenEnvironment } from "./listen_environment.ts";
import { UsageError } from "./usage_error.ts";

/** Our choice: each try costs 1 ms, and a rotation needs two. */
const MAX_PASSPHRASES = 8;

/** `--passphrase-file`, and the key of that name. */
export interface PassphraseFile {
  readonly kind: "file";
  /** The path as it was typed; one of a configuration file counts from the folder of that. */
  readonly file: string;
  /** Where it stands in a configuration file, if it does. */
  readonly place?: ConfigPlace;
}

/** One of the two ways a passphrase is given; never argv, which every user of a machine can read. */
export type PassphraseSource =
  | PassphraseFile
  /** `SRT_SPLITTER_PASSPHRASE`: its value, unchecked. A secret. */
  | { readonly kind: "environment"; readonly value: string };

/** Files whose passphrases are valid at once, as they were given. @throws {UsageError} */
export function checkedFiles(files: readonly PassphraseFile[]): readonly PassphraseFile[] {
  if (files.some(({ file }) => file === "")) {
    throw new UsageError("cannot use an empty --passphrase-file", {
      hint: "Give --passphrase-file a path, or leave it out.",
    });
  }
  if (files.length <= MAX_PASSPHRASES) return files;
  throw new UsageError(`cannot use ${files.length} passphrase files at once`, {
    hint: `${MAX_PASSPHRASES} at most are valid at once. Leave out those that no caller has any more.`,
  });
}

/** The variable; null where it is not set. @throws {UsageError} */
export function passphraseVariable(env: ListenEnvironment): PassphraseSource | null {
  const value = env.SRT_SPLITTER_PASSPHRASE;
  if (value === undefined) return null;
  if (value !== "") return { kind: "environment", value };
  // what a script's failed look-up leaves: taken for "none", it would open the listener to everybody
  throw new UsageError("cannot use SRT_SPLITTER_PASSPHRASE: it is set, but empty", {
    hint: "Put the passphrase into it, or unset it where there is to be none: unset SRT_SPLITTER_PASSPHRASE",
  });
}
