/**
 * The operator's policy: which callers are admitted, under which terms, and how many.
 *
 * @module
 */

import type { SessionOptions } from "../srt/session_option.ts";
import type { StreamId } from "../packet/stream_id.ts";
import type { AddressRange } from "./address_range.ts";
import type { NamePattern } from "./name_pattern.ts";

/** One `allow` or `deny`. */
export interface Rule<Test> {
  readonly allow: boolean;
  readonly test: Test;
  /** The rule and its place: `--deny "test*"`, or `deny "test*" on line 3 of splitter.toml`. */
  readonly source: string;
  /** The option or the key alone, and its place: `--deny`, or `deny on line 3 of splitter.toml`. */
  readonly option: string;
}

/** A valid passphrase. */
export interface Passphrase {
  /** 10..79 bytes of UTF-8. Secret. */
  readonly value: string;
}

/** What happens if a caller has the stream name of a running session. */
export type OnReturn =
  /** Both run, each with its own file. */
  | "new-file"
  /** The running session ends cleanly. */
  | "take-over"
  /** The caller is refused (1409). */
  | "refuse";

/** Terms for admitted callers; null if not set. */
export interface Terms {
  /** The valid passphrases. A caller for which none are set must not encrypt. */
  readonly passphrases: readonly Passphrase[] | null;
  /** Latency to ask for in ms. */
  readonly latencyMs: number | null;
  /** Maximum number of sessions with one stream name at the same time. */
  readonly maxPerStream: number | null;
  /** A session ends if its caller sends no payload for this long, in ms; 0: never. */
  readonly idleMs: number | null;
  readonly onReturn: OnReturn | null;
  /** Options of libsrt; empty if none is set. */
  readonly srt: SessionOptions;
}

/** A `[[stream]]` table: terms for the stream names that it matches. */
export interface StreamTable {
  readonly name: NamePattern;
  /** The canonical name of these streams if the names that callers send are stream keys, which are secret; otherwise null. */
  readonly as: string | null;
  /** Addresses that may use these names, or null for every one. */
  readonly from: readonly AddressRange[] | null;
  readonly terms: Terms;
  readonly source: string;
}

/** A `[[user]]` table: the passphrases of callers with this user in their stream ID. */
export interface UserTable {
  readonly name: string;
  readonly passphrases: readonly Passphrase[];
  readonly source: string;
}

/** The limits as rejections name them: `--max-sessions 8`, or `max-sessions = 8 on line 3 of splitter.toml`. */
export type LimitSources = Readonly<Record<"maxSessions" | "maxPerAddress" | "maxPerStream" | "onReturn", string>>;

/** Everything that admission decides by. */
export interface AdmissionPolicy {
  /** Rules on stream names; the first match decides. */
  readonly names: readonly Rule<NamePattern>[];
  /** Rules on addresses; the first match decides. */
  readonly addresses: readonly Rule<AddressRange>[];
  /** The first table that matches a stream name applies to it. */
  readonly streams: readonly StreamTable[];
  readonly users: readonly UserTable[];
  /** The terms for everything that the tables do not set. */
  readonly terms: Terms;
  /** Maximum number of sessions at the same time, or null for no limit. */
  readonly maxSessions: number | null;
  /** Maximum number of sessions of one address at the same time, or null for no limit. */
  readonly maxPerAddress: number | null;
  /** Addresses of relays: limits for each address do not apply to them. */
  readonly relays: readonly AddressRange[];
  /** The sources of the limits above and of those in {@linkcode AdmissionPolicy.terms}. */
  readonly sources: LimitSources;
}

/** Complete terms for one caller, and their sources. */
export interface TermsInForce {
  /** The valid passphrases; null: the caller must not encrypt. */
  readonly passphrases: readonly Passphrase[] | null;
  readonly latencyMs: number | null;
  readonly maxPerStream: number | null;
  readonly idleMs: number;
  readonly onReturn: OnReturn;
  readonly srt: SessionOptions;
  readonly sources: Pick<LimitSources, "maxPerStream" | "onReturn">;
  /** The table that matches the stream name, or null. */
  readonly table: StreamTable | null;
  /** The table of the user, or null. */
  readonly user: UserTable | null;
  /** The caller's user, if there are `[[user]]` tables but none of that name; otherwise null. */
  readonly unknownUser: string | null;
}

/** Reports whether this is the address of a relay, to which limits for each address do not apply. */
export function isRelay({ relays }: Pick<AdmissionPolicy, "relays">, address: string): boolean {
  return relays.some((range) => range.contains(address));
}

/** Our choice: a caller that has sent no payload for a minute is not expected to send any more. */
export const DEFAULT_IDLE_MS = 60_000;

/** Returns the first table that matches a stream name as it was sent, or null. */
export function tableFor(streams: readonly StreamTable[], sentName: string | null): StreamTable | null {
  return streams.find(({ name }) => name.matches(sentName ?? "")) ?? null;
}

/** Combines the terms for a caller: its stream's table before the general terms; the passphrases of its user before both. */
export function termsFor(
  policy: AdmissionPolicy,
  { name, streamKey, user }: Pick<StreamId, "name" | "streamKey" | "user">,
): TermsInForce {
  const table = tableFor(policy.streams, streamKey ?? name);
  const userTable = user === null ? null : policy.users.find((entry) => entry.name === user) ?? null;
  const general = policy.terms;
  return {
    passphrases: userTable?.passphrases ?? table?.terms.passphrases ?? general.passphrases,
    latencyMs: table?.terms.latencyMs ?? general.latencyMs,
    maxPerStream: table?.terms.maxPerStream ?? general.maxPerStream,
    idleMs: table?.terms.idleMs ?? general.idleMs ?? DEFAULT_IDLE_MS,
    onReturn: table?.terms.onReturn ?? general.onReturn ?? "new-file",
    srt: { ...general.srt, ...table?.terms.srt },
    sources: { ...policy.sources, ...sourcesOf(table) },
    table,
    user: userTable,
    unknownUser: userTable === null && policy.users.length > 0 ? user : null,
  };
}

/** Returns the sources of the limits that a table sets. */
function sourcesOf(table: StreamTable | null): Partial<LimitSources> {
  if (table === null) return {};
  const { terms: { maxPerStream, onReturn }, source } = table;
  return {
    ...(maxPerStream === null ? {} : { maxPerStream: `max-sessions = ${maxPerStream} of ${source}` }),
    ...(onReturn === null ? {} : { onReturn: `on-return = "${onReturn}" of ${source}` }),
  };
}
