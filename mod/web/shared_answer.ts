/**
 * An answer that takes work, for many requests: it is shared while it is being read, and for a short time afterwards.
 *
 * @module
 */

/** What the answer needs. */
export interface SharedAnswerOptions<Answer> {
  readonly read: () => Promise<Answer>;
  /** How long an answer is used, in ms. */
  readonly freshMs: number;
  /** A monotonic clock in ms. */
  readonly now: () => number;
}

/** The answer of the last time, or the one that is being read. */
export class SharedAnswer<Answer> {
  readonly #options: SharedAnswerOptions<Answer>;
  #last: { readonly answer: Promise<Answer>; untilMs: number } | null = null;

  constructor(options: SharedAnswerOptions<Answer>) {
    this.#options = options;
  }

  /** Returns the answer. Rejects if reading it does. */
  get(): Promise<Answer> {
    const { read, freshMs, now } = this.#options;
    if (this.#last !== null && now() < this.#last.untilMs) return this.#last.answer;
    const last = this.#last = { answer: read(), untilMs: Infinity };
    const end = () => {
      last.untilMs = now() + freshMs;
    };
    last.answer.then(end, end);
    return last.answer;
  }

  /** Reads the answer again at the next request. */
  forget(): void {
    this.#last = null;
  }
}
