/** A policy that admits every caller, with changes. */
import type { AdmissionPolicy, LimitSources, Terms } from "../../mod/admission/policy.ts";

/** A text for the source of each limit. */
export const SOURCES: LimitSources = {
  maxSessions: "the limit of sessions",
  maxPerAddress: "the limit of an address",
  maxPerStream: "the limit of a name",
  onReturn: "the action for a name in use",
};

/** Empty terms, with changes. */
export function termsOf(changes: Partial<Terms> = {}): Terms {
  return { passphrases: null, latencyMs: null, maxPerStream: null, idleMs: null, onReturn: null, srt: {}, ...changes };
}

/** A policy that admits every caller, with changes. */
export function policyOf(changes: Partial<AdmissionPolicy> = {}): AdmissionPolicy {
  return {
    names: [],
    addresses: [],
    streams: [],
    users: [],
    terms: termsOf(),
    maxSessions: null,
    maxPerAddress: null,
    relays: [],
    sources: SOURCES,
    ...changes,
  };
}

/** A policy with passphrases. */
export function secretPolicy(...values: readonly string[]): AdmissionPolicy {
  return policyOf({ terms: termsOf({ passphrases: values.map((value) => ({ value })) }) });
}
