/**
 * What is thrown when a person asked for something that cannot be done as it was asked.
 *
 * @module
 */

/** A command line, or a file it names, that cannot be used. Its message never holds a secret. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /** What to do instead: one line or more, with an example where that helps. */
  readonly advice: string;

  /**
   * @param message What failed, with the offending value quoted; no final period
   * @param options `advice`: what to do instead; `cause`: the error behind it, where there is one
   */
  constructor(message: string, options: { readonly advice: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.advice = options.advice;
  }

  /** What happened and what to do, as printed after `srt-splitter: `. */
  get text(): string {
    return `${this.message}\n${this.advice}`;
  }
}
