/**
 * Bounds how many passphrases are tried: a try costs about 1 ms of a thread, and may be a guess.
 *
 * There are two token buckets: one in total, so that a flood cannot use up the processor, and one for each address, so that a
 * caller that guesses cannot use up the tries of others. Callers that have proven their return path have a budget of their own,
 * which forged addresses cannot use up.
 *
 * @module
 */

/** Size of a bucket, and the rate at which it is filled. */
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
 * Our choice. In total, about a fifth of one core for each of the two budgets. For an address, 40 callers behind one router that
 * start together with three passphrases, and then one guess a second for each of several passphrases.
 */
export const TRY_LIMITS: TryLimits = {
  total: { burst: 400, perSecond: 200 },
  perAddress: { burst: 120, perSecond: 8 },
  addresses: 4096,
};

/** The budgets of a listener. */
export interface TryBudgets {
  readonly unproven: TryBudget;
  /** Of callers that returned a secret cookie. */
  readonly proven: TryBudget;
}

/** The tokens of a bucket at the time `sinceMs`. */
interface Bucket {
  tokens: number;
  sinceMs: number;
}

/** Counts the tries. Takes its clock as an argument: ms that never go back. */
export class TryBudget {
  readonly #limits: TryLimits;
  readonly #total: Bucket;
  readonly #addresses = new Map<string, Bucket>();

  constructor(limits: TryLimits = TRY_LIMITS) {
    this.#limits = limits;
    this.#total = { tokens: limits.total.burst, sinceMs: 0 };
  }

  /** Uses up `tries` for a caller. Returns false, and uses none, if a bucket has fewer. */
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
