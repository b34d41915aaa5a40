/**
 * The verdicts of admission on a caller.
 *
 * @module
 */

import type { SessionOptions } from "../srt/session_option.ts";

/** The caller gets a process of its own. */
export interface Admit {
  readonly kind: "admit";
  /** Latency to ask for in ms, or null for libsrt's default. */
  readonly latencyMs: number | null;
  /** The session ends if its caller sends no payload for this long, in ms; 0: never. */
  readonly idleMs: number;
  /** Options of libsrt for the session. */
  readonly srt: SessionOptions;
  /** Sessions of the same address and port, which end now. */
  readonly replaces: readonly string[];
  /**
   * Sessions of other callers that it replaces. They end once this caller is proven to be real, because a handshake can be
   * forged.
   */
  readonly takesOver: readonly string[];
  /** The operator's rules that admitted it, as text. */
  readonly rule: string;
}

/** The caller is rejected with an SRT rejection reason. */
export interface Reject {
  readonly kind: "reject";
  /** API value (1403), not the wire value (2403). */
  readonly reason: number;
  /** Why the caller is rejected, for the operator. */
  readonly text: string;
  /** What the operator can do. */
  readonly advice: string;
  /** The operator's rule that decided, or null. */
  readonly rule: string | null;
  /** By this text, repeats of the rejection are recognized. Absent if `text` is the same in all of them. */
  readonly cause?: string;
}

/**
 * The caller must return a secret cookie before it is judged again, because its return path is not proven. The cause is that too
 * many other callers without a proven return path have sent no payload in time (`sessions`), or that such callers have used up
 * the tries of passphrases (`tries`).
 */
export interface Challenge {
  readonly kind: "challenge";
  readonly cause: "sessions" | "tries";
}

/** Makes a rejection. `rule`: the operator's rule that decided, if any. */
export function reject(
  reason: number,
  { text, advice, rule = null }: { readonly text: string; readonly advice: string; readonly rule?: string | null },
): Reject {
  return { kind: "reject", reason, text, advice, rule };
}
