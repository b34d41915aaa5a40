/**
 * What was asked of `listen`, as text: the one form that the command line and the configuration file share.
 *
 * @module
 */

import type { PassphraseFile } from "./passphrase_source.ts";
import type { TypedScripting } from "./scripting_options.ts";

/** One `--allow`, `--deny`, `--allow-from` or `--deny-from`. */
export interface TypedRule {
  /** The pattern or the range. */
  readonly text: string;
  /** Where it stands and how, for people. */
  readonly source: string;
  /** What of `source` an error has to say: of a configuration file the text alone, as line and key are told for every entry. */
  readonly shown: string;
  /** Its place among all rules of its origin. */
  readonly order: number;
}

/** Names are commander's: `--max-sessions` is `maxSessions`. */
export interface TypedOptions extends TypedScripting {
  readonly address?: string;
  readonly config?: string;
  readonly out?: string;
  readonly latency?: string;
  readonly passphraseFile?: readonly PassphraseFile[];
  readonly stats?: string;
  readonly maxSessions?: string;
  readonly maxPerAddress?: string;
  readonly maxPerStream?: string;
  readonly idle?: string;
  readonly onReturn?: string;
  readonly allow?: readonly TypedRule[];
  readonly deny?: readonly TypedRule[];
  readonly allowFrom?: readonly TypedRule[];
  readonly denyFrom?: readonly TypedRule[];
  readonly analyze?: boolean;
  readonly sidecar?: boolean;
  readonly checksum?: string;
  readonly utc?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly libsrt?: string;
}
