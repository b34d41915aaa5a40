/**
 * The settings of a run -> what admission decides by, with every passphrase read.
 *
 * Called by: workers/listen at the start, workers/reload_config each time the configuration file is read again; workers/check.
 * Fails: {@linkcode UsageError} where a passphrase cannot be read. No message holds any part of one.
 *
 * @module
 */

import type { AdmissionPolicy, Passphrase } from "../admission/policy.ts";
import type { ListenSettings } from "./listen_settings.ts";
import { readPassphrase } from "./passphrase.ts";
import type { PassphraseSource } from "./passphrase_source.ts";
import { UsageError } from "./usage_error.ts";

/** Our choice: each try costs 1 ms, and a rotation needs two. */
const MAX_PASSPHRASES = 8;

/** The settings that admission decides by. They can change while the listener runs. */
export type PolicySettings = Pick<
  ListenSettings,
  | "names"
  | "addresses"
  | "maxSessions"
  | "maxPerAddress"
  | "maxPerStream"
  | "latencyMs"
  | "idleMs"
  | "onReturn"
  | "passphrases"
  | "streams"
  | "users"
>;

/** The policy, and what the operator should know. */
export interface MadePolicy {
  readonly policy: AdmissionPolicy;
  /** One sentence each, each once. */
  readonly warnings: readonly string[];
}

/** Reads the passphrases and puts the policy together. @throws {UsageError} */
export function makePolicy(settings: PolicySettings): MadePolicy {
  const warnings = new Set<string>();
  const read = (sources: readonly PassphraseSource[], place: string | null): readonly Passphrase[] | null => {
    if (sources.length === 0) return null;
    if (sources.length > MAX_PASSPHRASES) {
      warnings.add(`${sources.length} passphrases are valid at once; only the first ${MAX_PASSPHRASES} are tried`);
    }
    return sources.slice(0, MAX_PASSPHRASES).map((source) => {
      const passphrase = readFor(source, place);
      for (const warning of passphrase.warnings) warnings.add(warning);
      return { value: passphrase.value };
    });
  };
  const { names, addresses, maxSessions, maxPerAddress, maxPerStream, latencyMs, idleMs, onReturn } = settings;
  const policy: AdmissionPolicy = {
    names,
    addresses,
    maxSessions,
    maxPerAddress,
    terms: { passphrases: read(settings.passphrases, null), latencyMs, maxPerStream, idleMs, onReturn },
    streams: settings.streams.map(({ name, from, source, passphrases, ...terms }) => ({
      name,
      from,
      source,
      terms: { ...terms, passphrases: passphrases === null ? null : read(passphrases, source) },
    })),
    users: settings.users.map(({ name, source, passphrases }) => ({
      name,
      source,
      passphrases: read(passphrases, source) ?? [],
    })),
  };
  return { policy, warnings: [...warnings] };
}

/** Says for which table a passphrase was wanted. */
function readFor(source: PassphraseSource, place: string | null): ReturnType<typeof readPassphrase> {
  try {
    return readPassphrase(source);
  } catch (cause) {
    if (!(cause instanceof UsageError) || place === null) throw cause;
    throw new UsageError(`${cause.message}; it is the "passphrase-file" of ${place}`, { advice: cause.advice, cause });
  }
}
