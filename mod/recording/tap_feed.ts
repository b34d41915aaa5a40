/**
 * Passes what was written to the files on to the taps, such as the TS analysis. If a file did not accept a write completely, the
 * last bytes that it accepted are held back: they are a part of a TS packet, which may have to be moved to the next file.
 *
 * @module
 */

/** A function, such as the TS analysis, that gets what is in the files, in order. The array is valid during the call only. */
export type Tap = (payload: Uint8Array<ArrayBuffer>) => void;

/** The taps of one recording. */
export class TapFeed {
  readonly #taps: readonly Tap[];
  #held: Uint8Array<ArrayBuffer> | null = null;

  constructor(taps: readonly Tap[]) {
    this.#taps = taps;
  }

  /** What is held back, or null. */
  get held(): Uint8Array<ArrayBuffer> | null {
    return this.#held;
  }

  /** Passes `written` on, except its last `heldBytes`, which are copied and held back. */
  push(written: Uint8Array<ArrayBuffer>, heldBytes = 0): void {
    this.release();
    const passedBytes = Math.max(0, written.length - heldBytes);
    if (passedBytes > 0) this.#passOn(written.subarray(0, passedBytes));
    if (heldBytes > 0) this.#held = written.slice(passedBytes);
  }

  /** Passes on what is held back: it stays in its file. */
  release(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#passOn(held);
  }

  /** Forgets what is held back: it is no longer in its file. */
  forget(): void {
    this.#held = null;
  }

  #passOn(payload: Uint8Array<ArrayBuffer>): void {
    for (const tap of this.#taps) tap(payload);
  }
}
