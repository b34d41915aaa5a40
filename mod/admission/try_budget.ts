/**
 * How many passphrases may be tried: each try costs about 1 ms of a thread, and is a guess of somebody who may not know it.
 *
 * Two buckets of tokens: one for everybody, so that no flood takes the processor, and one for each address, so that one caller
 * that guesses does not take the tries of the others. And all of that twice: callers that have proven their return path have a
 * budget of their own, which no forged address can use up.
 *
 * @module
 */

/** A bucket: how many at once, and how many more each second. */
export interface TryRate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Bounds of {@linkcode TryBudget}. */
export interface TryLimits {
  readonly total: TryRate;
  readonly perAddress: TryRate;
  /** Addresses remembered at the same time. */
  readonly addresses: number;
}

/**
 * Our choice. In total about a fifth of one core for each of the two budgets; for an address 40 callers behind one router starting together, and afterwards
 * one guess a second for each of several passphrases.
 */
export const TRY_LIMITS: TryLimits = {
  total: { burst: 400, perSecond: 200 },
  perAddress: { burst: 120, perSecond: 8 },
  addresses: 4096,
};

/** The budgets of a listener. */
export interface TryBudgets {
  readonly strangers: TryBudget;
  /** Of callers that brought back a secret cookie. */
  readonly proven: TryBudget;
}

/** What is left of a bucket since when. */
interface Bucket {
  tokens: number;
  sinceMs: number;
}

/** Counts the tries. */
export class TryBudget {
  readonly #limits: TryLimits;
  readonly #total: Bucket;
  readonly #addresses = new Map<string, Bucket>();

  constructor(limits: TryLimits = TRY_LIMITS) {
    this.#limits = limits;
    this.#total = { tokens: limits.total.burst, sinceMs: 0 };
  }

  /** Takes `tries` for a caller. False, and nothing taken, where one of the buckets has not so many. */
  take(address: string, { tries, nowMs }: { readonly tries: number; readonly nowMs: number }): boolean {
    const bucket = this.#bucketOf(address, nowMs);
    refill(this.#total, this.#limits.total, nowMs);
    refill(bucket, this.#limits.perAddress, nowMs);
    if (this.#total.tokens < tries || bucket.tokens < tries) return false;
    this.#total.tokens -= tries;
    bucket.tokens -= tries;
    return true;
  }

  #bucketOf(address: string, nowMs: number): Bucket {
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size >= this.#limits.addresses && oldest !== undefined) this.#addresses.delete(oldest);
    const bucket = { tokens: this.#limits.perAddress.burst, sinceMs: nowMs };
    this.#addresses.set(address, bucket);
    return bucket;
  }
}

function refill(bucket: Bucket, { burst, perSecond }: TryRate, nowMs: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.sinceMs) / 1000 * perSecond);
  bucket.sinceMs = nowMs;
}
