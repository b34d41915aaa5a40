/**
 * `--checksum`: which checksum each recording's sidecar holds.
 *
 * Called by: mod/cli/listen_command.ts.
 * Fails: {@linkcode UsageError} for an unknown algorithm, and where there is no sidecar to hold it.
 *
 * @module
 */

import { UsageError } from "./usage_error.ts";

/** The options that bear on it, as they were typed. */
export interface ChecksumOptions {
  readonly checksum?: string;
  readonly sidecar: boolean;
  readonly out?: string;
}

/** Reads the option; null where it was not given. */
export function checksumOf({ checksum, sidecar, out }: ChecksumOptions): "sha256" | null {
  if (checksum === undefined) return null;
  if (checksum !== "sha256") {
    throw new UsageError(`cannot compute the checksum ${JSON.stringify(checksum)}`, {
      advice: "The one there is: --checksum sha256",
    });
  }
  if (!sidecar) {
    throw new UsageError("cannot have --checksum with --no-sidecar: the sidecar holds the checksum", {
      advice: "Leave one of the two out.",
    });
  }
  if (out === undefined) {
    throw new UsageError("cannot have --checksum without --out: nothing is recorded", {
      advice: "Add --out DIR, or leave --checksum out.",
    });
  }
  return checksum;
}
