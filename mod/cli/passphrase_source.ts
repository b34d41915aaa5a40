/**
 * Where the passphrase of a run comes from.
 *
 * Called by: mod/cli/listen_settings_of.ts, config_tables.ts and send_command.ts make it, mod/cli/passphrase.ts reads it.
 * Fails: never, types only.
 *
 * @module
 */

/** One of the two ways a passphrase is given; never argv, which every user of a machine can read. */
export type PassphraseSource =
  /** `--passphrase-file`: the path as it was typed. */
  | { readonly kind: "file"; readonly file: string }
  /** `SRT_SPLITTER_PASSPHRASE`: its value, unchecked. A secret. */
  | { readonly kind: "environment"; readonly value: string };
