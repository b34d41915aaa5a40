/**
 * The manifest of a folder, `recordings.sha256`: the checksum of each complete recording in it, for `sha256sum -c`.
 *
 * A change replaces the file atomically, under a lock of the folder, so that no process overwrites the line of another. No call
 * follows a symbolic link.
 *
 * @module
 */

import { withFolderLock } from "../os/folder_lock.ts";
import { createNewFile } from "../os/new_file.ts";
import { systemProblem } from "../report/problem.ts";
import { MANIFEST_NAME } from "./file_name.ts";
import { PART_ENDING } from "./sidecar_file.ts";

/** A line of `sha256sum`: checksum, space, space or `*`, name. */
const LINE = /^[0-9a-f]{64} [ *](.+)$/;

/** The manifest cannot be changed; its content is unchanged. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

/** The checksum of a recording. */
export interface ManifestEntry {
  /** Name of the recording, without folder. */
  readonly name: string;
  /** SHA-256 in lower-case hexadecimal digits. */
  readonly value: string;
}

/** Returns the path of the manifest of a folder. */
export function manifestPath(folder: string): string {
  return `${folder}/${MANIFEST_NAME}`;
}

/**
 * Adds recordings of the folder, or replaces their lines. Skips recordings that do not exist any more. @throws {ManifestError}
 */
export async function addToManifest(folder: string, entries: readonly ManifestEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await change(folder, async (lines) => {
    const values = new Map<string, string>();
    for (const { name, value } of entries) {
      if (await isFile(`${folder}/${name}`)) values.set(name, value);
    }
    const lineOf = (name: string) => `${values.get(name)}  ${name}`;
    const kept = lines.filter((line) => {
      const name = nameIn(line);
      if (name === null || !values.has(name)) return true;
      const isCurrent = line.startsWith(values.get(name) ?? "");
      if (isCurrent) values.delete(name);
      return isCurrent;
    });
    return [...kept, ...[...values.keys()].map(lineOf)];
  });
}

/** Removes the line of a deleted recording. Removes the manifest if no line is left. @throws {ManifestError} */
export async function removeFromManifest(folder: string, name: string): Promise<void> {
  if (!await isFile(manifestPath(folder))) return;
  await change(folder, (lines) => Promise.resolve(lines.filter((line) => nameIn(line) !== name)));
}

async function change(
  folder: string,
  changed: (lines: readonly string[]) => Promise<readonly string[]>,
): Promise<void> {
  const path = manifestPath(folder);
  try {
    await withFolderLock(folder, async () => {
      const before = await readLines(path);
      const after = await changed(before);
      if (after.length === before.length && after.every((line, index) => line === before[index])) return;
      if (after.length === 0) await Deno.remove(path);
      else await replace(path, after);
    });
  } catch (cause) {
    throw new ManifestError(`cannot change ${path}: ${systemProblem(cause)}`, { cause });
  }
}

async function readLines(path: string): Promise<readonly string[]> {
  try {
    if (!(await Deno.lstat(path)).isFile) throw new Deno.errors.AlreadyExists("something else has its name");
    return (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function replace(path: string, lines: readonly string[]): Promise<void> {
  const part = `${path}${PART_ENDING}`;
  await Deno.remove(part).catch(ignoreMissing); // left by a process that was killed
  using file = await createNewFile(part);
  try {
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    await file.syncData(); // before the rename, all of it must be on the disk
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {}); // the first failure is reported
    throw error;
  }
}

function nameIn(line: string): string | null {
  return LINE.exec(line)?.[1] ?? null;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
