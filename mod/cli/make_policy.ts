/**
 * Builds the admission policy from the settings of a run, and reads every passphrase.
 *
 * @module
 */

import type { AdmissionPolicy, Passphrase } from "../admission/policy.ts";
import type { ListenSettings } from "./listen_settings.ts";
import { type PassphraseSource, readPlacedPassphrase } from "./passphrase.ts";
import { sessionOptions } from "./srt_option.ts";

/** The settings that the policy depends on. They can change while the listener runs. */
export type PolicySettings = Pick<
  ListenSettings,
  | "names"
  | "addresses"
  | "maxSessions"
  | "maxPerAddress"
  | "relays"
  | "maxPerStream"
  | "latencyMs"
  | "idleMs"
  | "onReturn"
  | "srt"
  | "passphrases"
  | "streams"
  | "users"
  | "sources"
>;

/** The policy, and warnings. */
export interface MadePolicy {
  readonly policy: AdmissionPolicy;
  /** Without repeats. */
  readonly warnings: readonly string[];
}

/**
 * Reads the passphrases and builds the policy.
 *
 * @param options `again`: whether this run has read its passphrases before; a pipe is empty then.
 * @throws {UsageError}
 */
export function makePolicy(settings: PolicySettings, options: { readonly again?: boolean } = {}): MadePolicy {
  const warnings = new Set<string>();
  const read = (sources: readonly PassphraseSource[]): readonly Passphrase[] | null => {
    if (sources.length === 0) return null;
    return sources.map((source) => {
      const passphrase = readPlacedPassphrase(source, options);
      for (const warning of passphrase.warnings) warnings.add(warning);
      return { value: passphrase.value };
    });
  };
  const { names, addresses, maxSessions, maxPerAddress, maxPerStream, latencyMs, idleMs, onReturn, srt, sources } =
    settings;
  const policy: AdmissionPolicy = {
    names,
    addresses,
    maxSessions,
    maxPerAddress,
    relays: settings.relays,
    sources,
    terms: {
      passphrases: read(settings.passphrases),
      latencyMs,
      maxPerStream,
      idleMs,
      onReturn,
      srt: sessionOptions(srt),
    },
    streams: settings.streams.map(({ name, as, from, source, passphrases, ...terms }) => ({
      name,
      as,
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
