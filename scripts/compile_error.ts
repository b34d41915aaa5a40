/**
 * Why the executable could not be built, in words for the person who builds it.
 *
 * @module
 */

/** The message says what failed, what was tried, and what to do. */
export class CompileError extends Error {
  /** Name of the class. */
  override readonly name = "CompileError";
}
