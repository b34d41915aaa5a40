/**
 * The problem of a command line, or of a file that it names.
 *
 * @module
 */

import { ProblemError } from "../report/problem.ts";

/** A command line, or a file that it names, cannot be used. */
export class UsageError extends ProblemError {
  override readonly name = "UsageError";

  /** What to do instead. */
  declare readonly hint: string;

  /**
   * @param message What failed: lower case, the offending value quoted, no final period
   * @param options `hint`: what to do instead; `cause`: the error behind it, if there is one
   */
  constructor(message: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, options);
  }
}
