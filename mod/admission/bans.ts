/**
 * Addresses and stream names that an operator has banned while the listener runs.
 *
 * @module
 */

import { canonicalName } from "../packet/stream_id.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import { MAX_TEXT_BYTES } from "../packet/text_block.ts";
import { parseAddressRange } from "./address_range.ts";
import { type Reject, reject } from "./verdict.ts";

/** Maximum number of bans at the same time. Our choice: every caller is compared with each of them. */
export const MAX_BANS = 1000;

/** A caller, as far as bans are concerned. */
export interface BannedCaller {
  /** Numeric. */
  readonly address: string;
  /** The canonical stream name, or null. */
  readonly stream: string | null;
}

/** What is banned. */
export interface BanSubject {
  readonly kind: "address" | "stream";
  /** A range of addresses or a stream name, each in its canonical form. */
  readonly subject: string;
  readonly matches: (caller: BannedCaller) => boolean;
}

/** A ban that is in force. */
export interface ListedBan extends Pick<BanSubject, "kind" | "subject"> {
  /** How long it remains in force, in ms; null: until the run ends. */
  readonly remainingMs: number | null;
}

/** Maximum number of characters: a stream name is part of a stream ID. */
export const MAX_SUBJECT = MAX_TEXT_BYTES;

/**
 * Matches a text that is meant as an address: four numbers; or hexadecimal digits with `::`, with at least six colons, or with
 * two colons and a prefix or zone. `a:b:c` and a MAC address are stream names.
 */
const ADDRESS_LIKE =
  /^(\d+\.){3}\d+(\/.*)?$|^[\da-f:]*::[\da-f:.]*([/%].*)?$|^([\da-f]*:){6,}[\da-f.]*$|^([\da-f]*:){2,}[\da-f.]*[/%].*$/i;

/**
 * Parses what an operator bans: an address, a range such as `192.0.2.0/24`, or a stream name, which is not a pattern.
 *
 * @throws {RangeError} With the cause and what to write instead.
 */
export function parseBanSubject(text: string): BanSubject {
  if (text.length > MAX_SUBJECT) throw new RangeError(`it is too long; write at most ${MAX_SUBJECT} characters`);
  // half of a surrogate pair is in no stream name, and cannot be sent in a URL, so such a ban could not be lifted
  if (!text.isWellFormed()) throw new RangeError("it has half of a surrogate pair; write valid Unicode");
  const trimmed = text.trim();
  if (ADDRESS_LIKE.test(trimmed)) {
    const range = parseAddressRange(trimmed);
    return { kind: "address", subject: range.canonical, matches: ({ address }) => range.contains(address) };
  }
  const name = canonicalName(text);
  if (name === null) {
    throw new RangeError(`${JSON.stringify(text)} names no stream; write an address or a stream name`);
  }
  return { kind: "stream", subject: name, matches: ({ stream }) => stream === name };
}

interface Ban extends BanSubject {
  readonly untilMs: number;
}

/** The bans of a run. Times are arguments, in ms of a monotonic clock. */
export class Bans {
  #bans: readonly Ban[] = [];

  /**
   * Adds a ban. It replaces an earlier ban of the same subject.
   *
   * @param times `forMs`: null: until the run ends.
   * @returns False if {@linkcode MAX_BANS} others are in force.
   */
  add(subject: BanSubject, { forMs, nowMs }: { readonly forMs: number | null; readonly nowMs: number }): boolean {
    const others = this.#inForce(nowMs).filter((ban) => !isSame(ban, subject));
    if (others.length >= MAX_BANS) return false;
    this.#bans = [...others, { ...subject, untilMs: forMs === null ? Infinity : nowMs + forMs }];
    return true;
  }

  /** Lifts a ban. Returns false if there is none with this subject. */
  lift(subject: BanSubject, nowMs: number): boolean {
    const before = this.#inForce(nowMs);
    this.#bans = before.filter((ban) => !isSame(ban, subject));
    return this.#bans.length < before.length;
  }

  /**
   * Lifts bans by their subject as {@linkcode Bans.list} returns it. {@linkcode parseBanSubject} would turn some of these texts
   * into another subject: a stream name can have the form of an address. Returns false if there is none.
   */
  liftListed(listed: string, nowMs: number): boolean {
    const before = this.#inForce(nowMs);
    this.#bans = before.filter(({ subject }) => subject !== listed);
    return this.#bans.length < before.length;
  }

  /** Returns the rejection of a banned caller; null for any other caller. */
  judge(caller: BannedCaller, nowMs: number): Reject | null {
    const ban = this.#bans.find(({ untilMs, matches }) => nowMs < untilMs && matches(caller));
    if (ban === undefined) return null;
    const what = ban.kind === "address" ? "address" : "stream name";
    return reject(REJECTION.FORBIDDEN, {
      text: `its ${what} is banned by the command ban`,
      advice: "to admit it again: srt-splitter ban --lift, with the banned address or stream name",
      rule: `ban ${ban.subject}`,
    });
  }

  /** The bans that are in force, in the order in which they were added. */
  list(nowMs: number): readonly ListedBan[] {
    return this.#inForce(nowMs).map(({ kind, subject, untilMs }) => ({
      kind,
      subject,
      remainingMs: untilMs === Infinity ? null : Math.ceil(untilMs - nowMs),
    }));
  }

  #inForce(nowMs: number): readonly Ban[] {
    return this.#bans.filter(({ untilMs }) => nowMs < untilMs);
  }
}

function isSame(one: BanSubject, other: BanSubject): boolean {
  return one.kind === other.kind && one.subject === other.subject;
}
