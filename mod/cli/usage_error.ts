/**
 * Errors in the input of a user, with the value and its place.
 *
 * @module
 */

import { ProblemError } from "../report/problem.ts";
import { quotedValue } from "./quoted_address.ts";

/** A command line, or a file that it names, cannot be used. */
export class UsageError extends ProblemError {
  override readonly name = "UsageError";

  /** What to do instead. */
  declare readonly hint: string;

  /**
   * @param message What failed: lower case, the offending value quoted, no final period
   * @param options `hint`: what to do instead; `cause`: the error that caused it, if there is one
   */
  constructor(message: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, options);
  }
}

/** A value cannot be used. Code that knows the place of the value converts it into a {@linkcode UsageError}. */
export class ValueError extends Error {
  override readonly name = "ValueError";
  readonly hint: string;

  /** @param problem Continues `cannot use --latency "5 days":`, such as `it is not a time` */
  constructor(problem: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(problem, { cause: options.cause });
    this.hint = options.hint;
  }
}

/** A place on the command line: `--out`, or the name of an operand. */
export interface ArgumentPlace {
  readonly kind: "argument";
  readonly name: string;
}

/** A place in a configuration file. */
export interface EntryPlace {
  readonly kind: "entry";
  /** The file as it was given. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly key: string;
}

/** The place of a value. */
export type Place = ArgumentPlace | EntryPlace;

/** Formats a place in a configuration file for messages: `on line 3 of splitter.toml`. */
export function lineOf({ line, path }: Pick<EntryPlace, "line" | "path">): string {
  return `on line ${line} of ${path}`;
}

/** An error that names its place in a file. */
class PlacedError extends UsageError {}

/** Returns the error for a value that cannot be used. `value`: the text to quote, as far as it cannot be a secret, or null. */
export function placedProblem(
  place: Place,
  { value = null, problem, hint, cause }: {
    readonly value?: string | null;
    readonly problem: string;
    readonly hint: string;
    readonly cause?: unknown;
  },
): UsageError {
  return placedError(place, `cannot use ${subjectOf(place, value)}: ${problem}`, { hint, cause });
}

/**
 * Returns the error for a value that cannot be used together with other settings, or without them.
 *
 * @param options `value`: as for {@linkcode placedProblem}. `conflict`: continues `cannot use --rejoin`, such as `without --out`.
 */
export function placedConflict(
  place: Place,
  { value = null, conflict, hint }: {
    readonly value?: string | null;
    readonly conflict: string;
    readonly hint: string;
  },
): UsageError {
  return placedError(place, `cannot use ${subjectOf(place, value)} ${conflict}`, { hint });
}

function placedError(
  { kind }: Place,
  message: string,
  options: ConstructorParameters<typeof UsageError>[1],
): UsageError {
  return kind === "entry" ? new PlacedError(message, options) : new UsageError(message, options);
}

/** `--idle "5"`, or `idle = "5" on line 3 of "splitter.toml"`. */
function subjectOf(place: Place, value: string | null): string {
  if (place.kind === "argument") return value === null ? place.name : `${place.name} ${quotedValue(value)}`;
  const entry = value === null ? JSON.stringify(place.key) : `${place.key} = ${quotedValue(value)}`;
  return `${entry} on line ${place.line} of ${JSON.stringify(place.path)}`;
}

/** Calls `use`. Its errors get the place, as {@linkcode placed} adds it. */
export function atPlace<Result>(place: Place, use: () => Result): Result {
  try {
    return use();
  } catch (thrown) {
    throw placed(thrown, place);
  }
}

/**
 * Adds a place to an error: to a ValueError always, to a UsageError if the place is in a file and the error names no place in a
 * file yet. Returns any other error unchanged.
 */
export function placed(thrown: unknown, place: Place, value: string | null = null): unknown {
  if (thrown instanceof ValueError) {
    return placedProblem(place, { value, problem: thrown.message, hint: thrown.hint, cause: thrown });
  }
  if (!(thrown instanceof UsageError) || thrown instanceof PlacedError || place.kind === "argument") return thrown;
  return placedProblem(place, { problem: thrown.message, hint: thrown.hint, cause: thrown });
}
