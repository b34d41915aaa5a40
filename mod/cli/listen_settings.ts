/**
 * The settings of one `listen` run, as the command line and the environment gave them.
 *
 * @module
 */

import type { AddressRange } from "../admission/address_range.ts";
import type { NamePattern } from "../admission/name_pattern.ts";
import type { OnReturn, Rule } from "../admission/policy.ts";
import type { ListenAddress } from "./listen_address.ts";
import type { PassphraseSource } from "./passphrase_source.ts";
import type { ScriptingSettings } from "./scripting_options.ts";

/** A `[[stream]]` table; null where it says nothing. */
export interface StreamSettings {
  readonly name: NamePattern;
  readonly from: readonly AddressRange[] | null;
  readonly passphrases: readonly PassphraseSource[] | null;
  readonly latencyMs: number | null;
  readonly maxPerStream: number | null;
  readonly idleMs: number | null;
  readonly onReturn: OnReturn | null;
  /** Where it stands, for people. */
  readonly source: string;
}

/** A `[[user]]` table. */
export interface UserSettings {
  readonly name: string;
  readonly passphrases: readonly PassphraseSource[];
  readonly source: string;
}

/** Everything that a `listen` run was asked for, checked for range but not against the machine. */
export interface ListenSettings extends ListenAddress {
  /** Folder of recordings as it was typed (may be relative), or null: nothing is recorded. */
  readonly out: string | null;
  /** Receiver latency to ask for in ms, 0..65535; null: libsrt's default (120). */
  readonly latencyMs: number | null;
  /** Configuration file as it was typed; null: none. */
  readonly config: string | null;
  /** Where the passphrases come from, all of them valid; none: callers come unencrypted. */
  readonly passphrases: readonly PassphraseSource[];
  /** A `stats` event each so many ms, 100 or more; null: none. */
  readonly statsIntervalMs: number | null;
  /** Lines for people, or one JSON object a line. */
  readonly format: "text" | "json";
  /** How much is said. */
  readonly verbosity: "quiet" | "normal" | "verbose";
  /** libsrt to load: an absolute path, or a name that the dynamic linker looks for; null: search for it. */
  readonly libsrt: string | null;
  /** Time stamps in file names and lines are UTC rather than local time. */
  readonly utc: boolean;
  /** Most sessions at one time, 1..65535; null: no limit. */
  readonly maxSessions: number | null;
  /** Most sessions of one address at one time; null: no limit. */
  readonly maxPerAddress: number | null;
  /** Most sessions with one stream name at one time; null: no limit. */
  readonly maxPerStream: number | null;
  /** A caller that sends nothing for so many ms is let go, 0: never; null: the default. */
  readonly idleMs: number | null;
  /** What happens to a caller whose stream name is in use; null: the default. */
  readonly onReturn: OnReturn | null;
  /** Rules on stream names, the first match decides. */
  readonly names: readonly Rule<NamePattern>[];
  /** Rules on addresses, the first match decides. */
  readonly addresses: readonly Rule<AddressRange>[];
  readonly streams: readonly StreamSettings[];
  readonly users: readonly UserSettings[];
  /** Whether payload is analysed as a transport stream (TS health). */
  readonly analyze: boolean;
  /** Whether each recording gets a sidecar, `FILE.json`. */
  readonly sidecar: boolean;
  /** Checksum of each recording for its sidecar, or null. */
  readonly checksum: "sha256" | null;
  /** What the operator should know before it starts, one sentence each; to be given to `Reporter.warn`. */
  readonly warnings: readonly string[];
  /** When to stop, what to expect, what to write. */
  readonly scripting: ScriptingSettings;
}
