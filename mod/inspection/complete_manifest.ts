/**
 * Completes the manifest of a folder, which is its list of checksums: adds those that sessions could not add before they ended, and
 * replaces those that differ from the sidecar.
 *
 * @module
 */

import { join } from "node:path";
import { addToManifest, type ManifestEntry } from "../recording/manifest.ts";
import { SIDECAR_ENDING } from "../recording/sidecar_file.ts";
import type { FinalSidecar } from "../vocabulary/sidecar.ts";

/** SHA-256 in hexadecimal digits. */
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Adds the checksums of recordings, as their final sidecars have them, to the manifest of the folder. Does not write the manifest
 * if it has them all.
 *
 * @param sidecars Names of the sidecars in the folder. Those that cannot be read are skipped.
 * @throws {ManifestError}
 */
export async function completeManifest(folder: string, sidecars: readonly string[]): Promise<void> {
  const entries: ManifestEntry[] = [];
  for (const sidecar of sidecars) {
    const value = await checksumIn(join(folder, sidecar));
    if (value !== null) entries.push({ name: sidecar.slice(0, -SIDECAR_ENDING.length), value });
  }
  await addToManifest(folder, entries);
}

async function checksumIn(sidecar: string): Promise<string | null> {
  try {
    const content: Partial<FinalSidecar> | null = JSON.parse(await Deno.readTextFile(sidecar));
    const value = content?.state === "final" && typeof content.session === "string" ? content.checksum?.value : null;
    return typeof value === "string" && SHA256.test(value) ? value : null;
  } catch {
    return null; // the problem was reported before, or the file was removed meanwhile or is not a sidecar
  }
}
