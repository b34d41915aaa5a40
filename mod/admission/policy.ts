/**
 * What the operator wants of callers: who may come, under which terms, and how many.
 *
 * @module
 */

import type { StreamId } from "../packet/stream_id.ts";
import type { AddressRange } from "./address_range.ts";
import type { NamePattern } from "./name_pattern.ts";

/** One `allow` or `deny`. */
export interface Rule<Test> {
  readonly allow: boolean;
  readonly test: Test;
  /** Where it stands and how, such as `--deny "test*"` or `deny "test*" (splitter.toml, line 3)`. */
  readonly source: string;
}

/** A passphrase that is valid. */
export interface Passphrase {
  /** 10..79 bytes of UTF-8. Secret. */
  readonly value: string;
}

/** What happens to a caller whose stream name is in use by a running session. */
export type OnReturn =
  /** Both run, each with its own file. */
  | "new-file"
  /** The running session ends cleanly. */
  | "take-over"
  /** It is refused (1409). */
  | "refuse";

/** What a caller that gets in is given; null where nothing was said. */
export interface Terms {
  /** Every passphrase that is valid, or null where callers come unencrypted. */
  readonly passphrases: readonly Passphrase[] | null;
  /** Latency to ask for in ms. */
  readonly latencyMs: number | null;
  /** Sessions with one stream name at the same time. */
  readonly maxPerStream: number | null;
  /** A caller that sends nothing for so long is let go, in ms; 0: never. */
  readonly idleMs: number | null;
  readonly onReturn: OnReturn | null;
}

/** A `[[stream]]` table: terms for the stream names that it matches. */
export interface StreamTable {
  readonly name: NamePattern;
  /** Addresses that may use these names, or null for every one. */
  readonly from: readonly AddressRange[] | null;
  readonly terms: Terms;
  readonly source: string;
}

/** A `[[user]]` table: the passphrases of who calls with this `u=`. */
export interface UserTable {
  readonly name: string;
  readonly passphrases: readonly Passphrase[];
  readonly source: string;
}

/** All that admission decides by. */
export interface AdmissionPolicy {
  /** Rules on stream names; the first match decides. */
  readonly names: readonly Rule<NamePattern>[];
  /** Rules on addresses; the first match decides. */
  readonly addresses: readonly Rule<AddressRange>[];
  /** The first table that matches counts. */
  readonly streams: readonly StreamTable[];
  readonly users: readonly UserTable[];
  /** For what neither a stream's table nor a user's says. */
  readonly terms: Terms;
  /** Sessions at the same time, or null for no limit. */
  readonly maxSessions: number | null;
  /** Sessions of one address at the same time, or null for no limit. */
  readonly maxPerAddress: number | null;
}

/** Terms with nothing left open, and where they come from. */
export interface TermsInForce {
  readonly passphrases: readonly Passphrase[] | null;
  readonly latencyMs: number | null;
  readonly maxPerStream: number | null;
  readonly idleMs: number;
  readonly onReturn: OnReturn;
  /** The table that matches the stream name, or null. */
  readonly table: StreamTable | null;
  /** The table of the user, or null. */
  readonly user: UserTable | null;
  /** What the caller calls itself, where there are tables of users and none of that name; otherwise null. */
  readonly unknownUser: string | null;
}

/** Our choice: a caller that holds a process and sends nothing for a minute is not going to. */
export const DEFAULT_IDLE_MS = 60_000;

/** Terms for a caller: its stream's table first, then what holds for everybody; a passphrase of its user wins over both. */
export function termsFor(policy: AdmissionPolicy, { name, user }: Pick<StreamId, "name" | "user">): TermsInForce {
  const table = policy.streams.find((stream) => stream.name.matches(name ?? "")) ?? null;
  const userTable = user === null ? null : policy.users.find((entry) => entry.name === user) ?? null;
  const general = policy.terms;
  return {
    passphrases: userTable?.passphrases ?? table?.terms.passphrases ?? general.passphrases,
    latencyMs: table?.terms.latencyMs ?? general.latencyMs,
    maxPerStream: table?.terms.maxPerStream ?? general.maxPerStream,
    idleMs: table?.terms.idleMs ?? general.idleMs ?? DEFAULT_IDLE_MS,
    onReturn: table?.terms.onReturn ?? general.onReturn ?? "new-file",
    table,
    user: userTable,
    unknownUser: userTable === null && policy.users.length > 0 ? user : null,
  };
}
