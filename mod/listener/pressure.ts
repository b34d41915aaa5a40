/**
 * Says once that callers have to prove themselves, and once when that is over.
 *
 * @module
 */

/** Our choice: so long without a caller that had to prove itself, and it is over. */
const CALM_MS = 5000;

/** Knows when the last caller had to prove itself. */
export class Pressure {
  readonly #tell: (text: string) => void;
  #lastMs: number | null = null;
  #callers = 0;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /** A caller had to prove itself. */
  note(nowMs: number): void {
    if (this.#lastMs === null) {
      this.#tell(
        "more callers at once than can be known to be real: each has to prove now that it hears our answers, which " +
          "callers with libsrt and gosrt do (a flood of forged handshakes looks like this)",
      );
    }
    this.#lastMs = nowMs;
    this.#callers += 1;
  }

  /** To be called now and then; true once, when it is over. */
  look(nowMs: number): boolean {
    if (this.#lastMs === null || nowMs - this.#lastMs < CALM_MS) return false;
    this.#tell(`callers come as usual again; ${this.#callers} handshakes had to be proven meanwhile`);
    this.#lastMs = null;
    this.#callers = 0;
    return true;
  }
}
