/**
 * What admission says of a caller.
 *
 * Called by: everything in mod/admission; the listener acts on it.
 * Fails: never, types only.
 *
 * @module
 */

/** The caller gets a process of its own. */
export interface Admit {
  readonly kind: "admit";
  /** The passphrase that fits this caller, or null where it does not encrypt. Secret. */
  readonly passphrase: string | null;
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
}

/** The caller gets no answer, because SRT has none for it. The operator is told all the same. */
export interface Ignore {
  readonly kind: "ignore";
  readonly text: string;
  readonly advice: string;
}

/** What admission says of a caller. */
export type Verdict = Admit | Reject | Ignore;
