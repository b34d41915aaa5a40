/**
 * Remembers callers with a wrong passphrase: which KMREQs no passphrase fits, and which callers keep sending wrong
 * passphrases.
 *
 * A KMREQ is not tried again with the same passphrases. A caller that keeps calling with a wrong passphrase gets its answers
 * late. This slows down no other caller: the answer to a right passphrase never waits.
 *
 * @module
 */

import type { KeyMaterial } from "../packet/kmreq.ts";
import { BoundedMap } from "./bounded_map.ts";
import type { Passphrase } from "./policy.ts";
import { TryBudget, type TryLimits, type TrySubject } from "./try_budget.ts";

/** Our choice: wrong passphrases that are answered at once. An operator who types one notices no delay. */
const AT_ONCE: TryLimits = {
  total: { burst: 400, perSecond: 200 },
  reserve: Infinity, // so the limits of an address and a stream name always apply
  perAddress: { burst: 40, perSecond: 4 },
  perStream: { burst: 10, perSecond: 0.2 },
  remembered: 4096,
};

/** Our choice: how late all other wrong passphrases are answered. libsrt waits for 3 s. */
export const WRONG_ANSWER_DELAY_MS = 1000;

/** KMREQs that are remembered. Our choice: about 200 KB. */
const REMEMBERED_KEYS = 1024;
const ADDRESSES = 1024;

/** A caller with a wrong passphrase. */
export interface WrongCaller extends TrySubject {
  readonly port: number;
}

/** Remembers wrong passphrases. Times are arguments, in ms of a monotonic clock. */
export class WrongPassphrases {
  /** The passphrases that were tried, by the KMREQ. */
  readonly #tried = new BoundedMap<string, readonly Passphrase[]>(REMEMBERED_KEYS);
  readonly #atOnce = new TryBudget(AT_ONCE);
  /** The last caller with a wrong passphrase, by its address. */
  readonly #last = new BoundedMap<string, WrongCaller>(ADDRESSES);

  /** Reports whether this KMREQ is known to fit none of these passphrases. */
  isKnown(keyMaterial: KeyMaterial, passphrases: readonly Passphrase[]): boolean {
    return this.#tried.get(keyOf(keyMaterial)) === passphrases;
  }

  /** Remembers that none of the passphrases fits. */
  remember(keyMaterial: KeyMaterial, passphrases: readonly Passphrase[]): void {
    this.#tried.put(keyOf(keyMaterial), passphrases);
  }

  /** Counts a call with a wrong passphrase. Returns how long its answer must wait, in ms. */
  add(caller: WrongCaller, nowMs: number): number {
    this.#last.put(caller.address, caller);
    return this.#atOnce.take(caller, { tries: 1, nowMs }) ? 0 : WRONG_ANSWER_DELAY_MS;
  }

  /** Returns the last caller of an address that had a wrong passphrase, or null if none is remembered. */
  lastOf(address: string): WrongCaller | null {
    return this.#last.get(address) ?? null;
  }
}

function keyOf({ keyLength, salt, wrappedKey }: KeyMaterial): string {
  return `${keyLength} ${salt.toHex()} ${wrappedKey.toHex()}`;
}
