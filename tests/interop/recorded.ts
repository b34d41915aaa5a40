/**
 * Compares what was received with what was sent.
 *
 * @module
 */

/** One cell of the table. */
export interface Cell {
  readonly text: string;
  /** Whether the result is the expected one. */
  readonly right: boolean;
  /** What the program printed; null if that does not matter. */
  readonly printed: string | null;
  /** The SRT version in the caller's handshake, if it was read. */
  readonly srtVersion?: string | null;
}

/**
 * Describes received bytes: `exact`, or what is wrong. Either side may be shorter than the other: a program that is stopped may
 * not have sent or written everything.
 */
export function describeReceived(received: Uint8Array, sent: Uint8Array): Omit<Cell, "printed"> {
  const shorter = Math.min(received.length, sent.length);
  let offset = 0;
  while (offset < shorter && received[offset] === sent[offset]) offset += 1;
  if (shorter === 0) return { text: "nothing", right: false };
  if (offset < shorter) return { text: `differs from byte ${offset}`, right: false };
  const missing = sent.length - received.length;
  return { text: missing > 0 ? `exact, but ${missing} bytes at the end are missing` : "exact", right: true };
}
