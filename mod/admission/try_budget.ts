/**
 * Bounds how many passphrases are tried: a try costs about 1 ms of a thread, and may be a guess.
 *
 * There are three kinds of token buckets: one in total, so that a flood cannot use up the processor, one for each address, so that
 * a caller that guesses cannot use up the tries of others, and one for each stream name of an address, so that a caller with a
 * wrong passphrase cannot use up the tries of its neighbors behind one router. Callers that have proven their return path have a
 * budget of their own, which forged addresses cannot use up.
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
  readonly perStream: TryRate;
  /** Addresses remembered at the same time, and stream names of addresses. */
  readonly remembered: number;
}

/**
 * Our choice. In total, about a fifth of one core for each of the two budgets. For an address, 40 callers behind one router that
 * start together with three passphrases, and then one guess a second for each of several passphrases. Half of that for a stream
 * name.
 */
export const TRY_LIMITS: TryLimits = {
  total: { burst: 400, perSecond: 200 },
  perAddress: { burst: 120, perSecond: 8 },
  perStream: { burst: 60, perSecond: 4 },
  remembered: 4096,
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

/** Whose tries are counted. */
export interface TrySubject {
  readonly address: string;
  /** Name of the stream; null if the caller gave none. */
  readonly stream: string | null;
}

/** Counts the tries. Takes its clock as an argument: ms that never go back. */
export class TryBudget {
  readonly #limits: TryLimits;
  readonly #total: Bucket;
  readonly #addresses = new Map<string, Bucket>();
  readonly #streams = new Map<string, Bucket>();

  constructor(limits: TryLimits = TRY_LIMITS) {
    this.#limits = limits;
    this.#total = { tokens: limits.total.burst, sinceMs: 0 };
  }

  /** Uses up `tries` for a caller. Returns false, and uses none, if a bucket has fewer. */
  take(
    { address, stream }: TrySubject,
    { tries, nowMs }: { readonly tries: number; readonly nowMs: number },
  ): boolean {
    const { total, perAddress, perStream, remembered } = this.#limits;
    const ofAddress = bucketOf(this.#addresses, address, { rate: perAddress, remembered, nowMs });
    const ofStream = bucketOf(this.#streams, JSON.stringify([address, stream]), { rate: perStream, remembered, nowMs });
    refill(this.#total, total, nowMs);
    refill(ofAddress, perAddress, nowMs);
    refill(ofStream, perStream, nowMs);
    const buckets = [this.#total, ofAddress, ofStream];
    if (buckets.some(({ tokens }) => tokens < tries)) return false;
    for (const bucket of buckets) bucket.tokens -= tries;
    return true;
  }
}

function bucketOf(
  buckets: Map<string, Bucket>,
  key: string,
  { rate, remembered, nowMs }: { readonly rate: TryRate; readonly remembered: number; readonly nowMs: number },
): Bucket {
  const known = buckets.get(key);
  if (known !== undefined) return known;
  const [oldest] = buckets.keys();
  if (buckets.size >= remembered && oldest !== undefined) buckets.delete(oldest);
  const bucket = { tokens: rate.burst, sinceMs: nowMs };
  buckets.set(key, bucket);
  return bucket;
}

function refill(bucket: Bucket, { burst, perSecond }: TryRate, nowMs: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.sinceMs) / 1000 * perSecond);
  bucket.sinceMs = nowMs;
}
