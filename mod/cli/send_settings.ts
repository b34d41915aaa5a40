/**
 * The settings of one `send` run, as the command line and the environment gave them.
 *
 * @module
 */

import type { CallerAddress } from "./parse_caller_address.ts";
import type { PassphraseSource } from "./passphrase_source.ts";

/** Everything that a `send` run was asked for. */
export interface SendSettings {
  /** As it was typed. */
  readonly file: string;
  /** Whom to call, and how. */
  readonly address: CallerAddress;
  /** In bit/s; null: by the stream's own clock. */
  readonly bitsPerSecond: number | null;
  /** How often the file is sent; `Infinity` until it is stopped. */
  readonly rounds: number;
  /** Where the passphrase comes from; null: unencrypted. */
  readonly passphrase: PassphraseSource | null;
  /** Says only what failed. */
  readonly quiet: boolean;
  /** libsrt to load, as it was typed; null: search for it. */
  readonly libsrt: string | null;
  /** What the operator should know, one sentence each. */
  readonly warnings: readonly string[];
}
