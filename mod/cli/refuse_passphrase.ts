/**
 * The one answer to a passphrase in argv.
 *
 * @module
 */

import { UsageError } from "./usage_error.ts";

/**
 * Says why a passphrase is not taken from argv and names the two ways that are.
 *
 * @param place Where it stood, such as `as an option`
 * @throws {UsageError} Always
 */
export function refusePassphrase(place: string): never {
  throw new UsageError(`a passphrase ${place} is not accepted: every user of this machine can read it there`, {
    hint: "Use --passphrase-file FILE (the first line of FILE), or the variable SRT_SPLITTER_PASSPHRASE. " +
      "If the one just typed is in use, change it.",
  });
}
