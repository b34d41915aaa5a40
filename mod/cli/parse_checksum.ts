/**
 * `--checksum`: which checksum each recording's sidecar holds.
 *
 * @module
 */

import type { ListenSettings } from "./listen_settings.ts";
import type { TypedOptions } from "./typed_options.ts";
import { UsageError } from "./usage_error.ts";

/** Reads the name of the algorithm; null where none was asked for. @throws {UsageError} */
export function parseChecksum({ checksum, sidecar }: Pick<TypedOptions, "checksum" | "sidecar">): "sha256" | null {
  if (checksum === undefined) return null;
  if (checksum !== "sha256") {
    throw new UsageError(`cannot compute the checksum ${JSON.stringify(checksum)}`, {
      hint: "The one there is: --checksum sha256",
    });
  }
  if (sidecar !== false) return checksum;
  throw new UsageError("cannot have --checksum with --no-sidecar: the sidecar holds the checksum", {
    hint: "Leave one of the two out.",
  });
}

/** Once all that was typed is known: a checksum that nobody would see is a mistake. @throws {UsageError} */
export function refuseUselessChecksum({ checksum, out }: ListenSettings): void {
  if (checksum === null || out !== null) return;
  throw new UsageError("cannot have --checksum without --out: nothing is recorded", {
    hint: "Add --out DIR, or leave --checksum out.",
  });
}
