/**
 * The settings of a run -> what admission decides by, with every passphrase read.
 *
 * @module
 */

import type { AdmissionPolicy, Passphrase } from "../admission/policy.ts";
import type { ListenSettings } from "./listen_settings.ts";
import { placed } from "./config_problem.ts";
import { readPassphrase } from "./passphrase.ts";
import type { PassphraseSource } from "./passphrase_source.ts";

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

/**
 * Reads the passphrases and puts the policy together.
 *
 * @param options `again`: whether this run read its passphrases before, so that what can be read only once is spent.
 * @throws {UsageError}
 */
export function makePolicy(settings: PolicySettings, options: { readonly again?: boolean } = {}): MadePolicy {
  const warnings = new Set<string>();
  const read = (sources: readonly PassphraseSource[]): readonly Passphrase[] | null => {
    if (sources.length === 0) return null;
    return sources.map((source) => {
      const passphrase = readPlaced(source, options);
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
    terms: { passphrases: read(settings.passphrases), latencyMs, maxPerStream, idleMs, onReturn },
    streams: settings.streams.map(({ name, from, source, passphrases, ...terms }) => ({
      name,
      from,
      source,
      terms: { ...terms, passphrases: passphrases === null ? null : read(passphrases) },
    })),
    users: settings.users.map(({ name, source, passphrases }) => ({
      name,
      source,
      passphrases: read(passphrases) ?? [],
    })),
  };
  return { policy, warnings: [...warnings] };
}

/** Says in which line of a configuration file a passphrase was wanted. */
function readPlaced(
  source: PassphraseSource,
  options: { readonly again?: boolean },
): ReturnType<typeof readPassphrase> {
  try {
    return readPassphrase(source, options);
  } catch (cause) {
    throw source.kind === "file" && source.place !== undefined ? placed(cause, source.place) : cause;
  }
}
