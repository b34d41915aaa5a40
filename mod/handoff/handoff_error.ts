/**
 * What is thrown where no child can be started, or the probe cannot run.
 *
 * @module
 */

/** A child could not be started, or the probe did not answer. The message says in words why. */
export class HandoffError extends Error {
  constructor(message: string, options: ErrorOptions) {
    super(message, options);
    this.name = "HandoffError";
  }
}
