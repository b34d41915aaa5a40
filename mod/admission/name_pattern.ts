/**
 * Stream names that the operator writes, and patterns for them: `cam*`, `live/*`, `cam?`.
 *
 * `*` matches any text, including `/` and the empty text; `?` matches one character; a backslash escapes either. There are no
 * path rules: with them, a name such as `test/..` would not match a `deny` of `test*`.
 *
 * @module
 */

import wildcard from "wildcard-match";
import { canonicalName } from "../packet/stream_id.ts";
import { MAX_TEXT_BYTES } from "../packet/text_block.ts";

/** The package's type declarations are those of a CommonJS module, so they have one `default` too many. */
const wildcardMatch = wildcard as unknown as typeof wildcard.default;

/**
 * Maximum number of `*` besides one at the end. Our choice: with each further `*`, a check of a hostile name of 512 characters
 * takes more than 100 times as long: 0.6 ms with two, 70 ms with three, 9 s with four.
 */
const MAX_STARS = 2;

/** An escaped character of a pattern, or a run of stars. */
const TOKEN = /\\.|\*+/gsu;

/** An escaped character of an expression. */
const ESCAPED = /\\./gsu;

/** A parsed pattern. */
export interface NamePattern {
  /** As it was typed. */
  readonly text: string;
  /** Reports whether it matches a whole stream name; the empty name is that of a caller without one. */
  readonly matches: (name: string) => boolean;
}

/**
 * Parses a pattern.
 *
 * @throws {RangeError} With the cause and what to write instead.
 */
export function parseNamePattern(text: string): NamePattern {
  if (text === "") throw new RangeError("a pattern cannot be empty; write * for every name");
  if (text.length > MAX_TEXT_BYTES) {
    throw new RangeError(`a pattern has at most ${MAX_TEXT_BYTES} characters, this one has ${text.length}`);
  }
  const pattern = text.replaceAll(TOKEN, (token) => token.startsWith("*") ? "*" : token);
  const stars = (pattern.replace(/\*$/, "").match(TOKEN) ?? []).filter((token) => token === "*").length;
  if (stars > MAX_STARS) {
    throw new RangeError(`a pattern has at most ${MAX_STARS} "*" before its end; write several patterns instead`);
  }
  const expression = toExpression(pattern.normalize("NFC")); // as stream names are
  return { text, matches: (name) => expression.test(name) };
}

/** Makes the package's expression match by code points. The package escapes hyphens, which the flag `u` does not allow. */
function toExpression(pattern: string): RegExp {
  const { source } = wildcardMatch(pattern, { separator: false, flags: "s" }).regexp;
  return new RegExp(source.replaceAll(ESCAPED, (escaped) => escaped === "\\-" ? "-" : escaped), "su");
}

/**
 * Parses a stream name that the operator writes, and returns its canonical form.
 *
 * @throws {RangeError} With the cause and what to write instead.
 */
export function parseStreamName(text: string): string {
  const name = canonicalName(text);
  if (name === null) {
    throw new RangeError(
      "nothing is left of the name without spaces, slashes and secrets; write another, such as cam1",
    );
  }
  return name;
}
