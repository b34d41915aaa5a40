/**
 * The one form of "this entry of the configuration file cannot be used".
 *
 * Called by: mod/cli/apply_config.ts and mod/cli/config_tables.ts.
 * Fails: never; it makes the {@linkcode UsageError} that they throw.
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

/** An entry whose value cannot be used. */
export function configProblem(
  { path, line, key }: ConfigPlace,
  { problem, advice, cause }: { readonly problem: string; readonly advice: string; readonly cause?: unknown },
): UsageError {
  const message = `cannot use ${JSON.stringify(key)} in line ${line} of ${JSON.stringify(path)}: ${problem}`;
  return new UsageError(message, { advice, cause });
}

/** An entry whose key nobody knows. */
export function unknownKey(place: ConfigPlace, keys: readonly string[]): UsageError {
  const near = nearestKey(place.key, keys);
  const all = `Keys here: ${keys.join(", ")}.`;
  return configProblem(place, {
    problem: "there is no such key",
    advice: near === null ? all : `Did you mean ${near}? ${all}`,
  });
}
