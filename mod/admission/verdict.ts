/**
 * What admission says of a caller.
 *
 * @module
 */

/** The caller gets a process of its own. */
export interface Admit {
  readonly kind: "admit";
  /** The passphrase that fits this caller, or null where it does not encrypt. Secret. */
  readonly passphrase: string | null;
  /** Latency to ask for in ms, or null for libsrt's default. */
  readonly latencyMs: number | null;
  /** It is let go when it sends nothing for so long, in ms; 0: never. */
  readonly idleMs: number;
  /** Sessions of this very caller, which end now. */
  readonly replaces: readonly string[];
  /** Sessions of others whose place it takes, which end once it is proven: anybody can forge a handshake. */
  readonly takesOver: readonly string[];
  /** What let it in, for those who ask. */
  readonly rule: string;
}

/** The caller is told no, with the SRT rejection reason. */
export interface Reject {
  readonly kind: "reject";
  /** API value (1403), not the wire value (2403). */
  readonly reason: number;
  /** Why, in words for the operator. */
  readonly text: string;
  /** What to do about it. */
  readonly advice: string;
  /** The rule of the operator that decided, or null where none of them did. */
  readonly rule: string | null;
}

/**
 * Too many callers came whose return path is not proven, or too many passphrases were tried by such: this one has to bring back a
 * secret cookie first, then it is judged again.
 */
export interface Challenge {
  readonly kind: "challenge";
}
