/**
 * The answer of every decoder to bytes that no SRT caller would send.
 *
 * Called by all decoders of this folder, and by whoever reads their results.
 *
 * @module
 */

/** A refusal to decode. */
export interface Malformed {
  readonly kind: "malformed";
  /** What is wrong, for a log line: one line, no bytes of the packet in it other than numbers. */
  readonly text: string;
}

/**
 * Makes a refusal.
 *
 * @param text what is wrong, with the value found and the value expected
 */
export function malformed(text: string): Malformed {
  return { kind: "malformed", text };
}

/** Tells a refusal from a decoded value of any type. */
export function isMalformed(result: unknown): result is Malformed {
  return typeof result === "object" && result !== null && "kind" in result && result.kind === "malformed";
}
