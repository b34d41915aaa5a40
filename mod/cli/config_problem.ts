/**
 * The one form of "this entry of the configuration file cannot be used".
 *
 * @module
 */

import { nearestKey } from "./nearest_key.ts";
import { UsageError } from "./usage_error.ts";

/** Where an entry stands. */
export interface ConfigPlace {
  readonly path: string;
  readonly line: number;
  readonly key: string;
}

/** It says line and key already. */
class PlacedUsageError extends UsageError {}

/** An entry whose value cannot be used. */
export function configProblem(
  { path, line, key }: ConfigPlace,
  { problem, hint, cause }: { readonly problem: string; readonly hint: string; readonly cause?: unknown },
): UsageError {
  const message = `cannot use ${JSON.stringify(key)} in line ${line} of ${JSON.stringify(path)}: ${problem}`;
  return new PlacedUsageError(message, { hint, cause });
}

/** What a reader of one entry threw, with line and key where it is a {@linkcode UsageError} without them. */
export function placed(thrown: unknown, place: ConfigPlace): unknown {
  if (!(thrown instanceof UsageError) || thrown instanceof PlacedUsageError) return thrown;
  return configProblem(place, { problem: thrown.message, hint: thrown.hint, cause: thrown });
}

/** An entry whose key nobody knows. */
export function unknownKey(place: ConfigPlace, keys: readonly string[]): UsageError {
  const near = nearestKey(place.key, keys);
  const all = `Keys here: ${keys.join(", ")}.`;
  return configProblem(place, {
    problem: "there is no such key",
    hint: near === null ? all : `Did you mean ${near}? ${all}`,
  });
}
