/**
 * The result of a decoder for bytes that no SRT caller sends.
 *
 * @module
 */

/** A decoding failure. */
export interface Malformed {
  readonly kind: "malformed";
  /** What is wrong, as one line. It contains no text from the packet, only numbers. */
  readonly text: string;
}

/**
 * Creates a decoding failure.
 *
 * @param text What is wrong, with the value found and the value expected
 */
export function malformed(text: string): Malformed {
  return { kind: "malformed", text };
}

/** Reports whether a result of any decoder is a failure. */
export function isMalformed(result: unknown): result is Malformed {
  return typeof result === "object" && result !== null && "kind" in result && result.kind === "malformed";
}
