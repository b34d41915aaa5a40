/**
 * `--checksum`: which checksum each recording's sidecar holds.
 *
 * Called by: mod/cli/listen_settings_of.ts, mod/cli/listen_command.ts.
 * Fails: {@linkcode UsageError} for an unknown algorithm, and where there is no sidecar to hold it.
 *
 * @module
 */

import type { ListenSettings } from "./listen_settings.ts";
import { UsageError } from "./usage_error.ts";

/** Reads the name of the algorithm. @throws {UsageError} */
export function parseChecksum(text: string): "sha256" {
  if (text === "sha256") return text;
  throw new UsageError(`cannot compute the checksum ${JSON.stringify(text)}`, {
    advice: "The one there is: --checksum sha256",
  });
}

/** Once all that was typed is known: a checksum that nobody would see is a mistake. @throws {UsageError} */
export function refuseUselessChecksum({ checksum, sidecar, out }: ListenSettings): void {
  if (checksum === null) return;
  if (!sidecar) {
    throw new UsageError("cannot have --checksum with --no-sidecar: the sidecar holds the checksum", {
      advice: "Leave one of the two out.",
    });
  }
  if (out === null) {
    throw new UsageError("cannot have --checksum without --out: nothing is recorded", {
      advice: "Add --out DIR, or leave --checksum out.",
    });
  }
}
