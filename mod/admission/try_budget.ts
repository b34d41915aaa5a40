/**
 * Bounds how many passphrases are tried: a try costs about 1 ms of a thread, and may be a guess.
 *
 * There are three kinds of token buckets. The one for all callers keeps a flood from using up the processor. While it has more
 * than a reserve, the others limit nothing. Below that, the buckets of each address and of each stream name of an address keep
 * callers with a wrong passphrase from using up the tries of others. Callers that have proven their return path share a second
 * {@linkcode TryBudget}, which forged addresses cannot use up.
 *
 * @module
 */

import { BoundedMap } from "./bounded_map.ts";

/** Size of a bucket, and the rate at which it is filled. */
export interface TryRate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Bounds of {@linkcode TryBudget}. */
export interface TryLimits {
  readonly total: TryRate;
  /** Tries of the total that are kept for addresses and stream names that have not used up their own. */
  readonly reserve: number;
  readonly perAddress: TryRate;
  readonly perStream: TryRate;
  /** Maximum number of addresses that are remembered, and of pairs of an address and a stream name. */
  readonly remembered: number;
}

/**
 * Our choice. The total is about a fifth of one core for each of the two budgets. The burst of an address is enough for 40
 * callers behind one router that start together, if there are three passphrases to try. Its rate is enough to try several
 * passphrases for one call a second. A stream name has half of both.
 */
export const TRY_LIMITS: TryLimits = {
  total: { burst: 400, perSecond: 200 },
  reserve: 200,
  perAddress: { burst: 120, perSecond: 8 },
  perStream: { burst: 60, perSecond: 4 },
  remembered: 4096,
};

/** The tokens of a bucket at the time `sinceMs`. */
interface Bucket {
  tokens: number;
  sinceMs: number;
}

/** A caller whose tries are counted. */
export interface TrySubject {
  readonly address: string;
  /** Stream name, or null. */
  readonly stream: string | null;
  /** The address is that of a relay, which forwards many callers: its own bucket does not count. */
  readonly isRelay?: boolean;
}

/** Counts the tries. Times are arguments, in ms of a monotonic clock. */
export class TryBudget {
  readonly #limits: TryLimits;
  readonly #total: Bucket;
  readonly #addresses: BoundedMap<string, Bucket>;
  readonly #streams: BoundedMap<string, Bucket>;

  constructor(limits: TryLimits = TRY_LIMITS) {
    this.#limits = limits;
    this.#addresses = new BoundedMap(limits.remembered);
    this.#streams = new BoundedMap(limits.remembered);
    this.#total = { tokens: limits.total.burst, sinceMs: 0 };
  }

  /**
   * Takes `tries` for a caller. Returns false, and takes none, if fewer are left in total, or if the total is down to its reserve
   * and fewer are left for its address or its stream name.
   */
  take(
    { address, stream, isRelay = false }: TrySubject,
    { tries, nowMs }: { readonly tries: number; readonly nowMs: number },
  ): boolean {
    const { total, reserve, perAddress, perStream } = this.#limits;
    const ofAddress = bucketOf(this.#addresses, address, { rate: perAddress, nowMs });
    const ofStream = bucketOf(this.#streams, JSON.stringify([address, stream]), { rate: perStream, nowMs });
    refill(this.#total, total, nowMs);
    refill(ofAddress, perAddress, nowMs);
    refill(ofStream, perStream, nowMs);
    const left = this.#total.tokens - tries;
    if (left < 0) return false;
    const isScarce = left < reserve;
    const counted = isRelay ? [ofStream] : [ofAddress, ofStream];
    if (isScarce && counted.some(({ tokens }) => tokens < tries)) return false;
    this.#total.tokens = left;
    for (const bucket of [ofAddress, ofStream]) bucket.tokens = Math.max(0, bucket.tokens - tries);
    return true;
  }
}

function bucketOf(
  buckets: BoundedMap<string, Bucket>,
  key: string,
  { rate, nowMs }: { readonly rate: TryRate; readonly nowMs: number },
): Bucket {
  const known = buckets.get(key);
  if (known !== undefined) return known;
  const bucket = { tokens: rate.burst, sinceMs: nowMs };
  buckets.put(key, bucket);
  return bucket;
}

function refill(bucket: Bucket, { burst, perSecond }: TryRate, nowMs: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.sinceMs) / 1000 * perSecond);
  bucket.sinceMs = nowMs;
}
