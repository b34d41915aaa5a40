/**
 * The recordings in a folder and the folders below it, as their sidecars describe them. Symbolic links are not followed.
 *
 * Every operation runs on another thread, so that a disk that does not answer delays nothing else.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";
import { folderOf, nameOf } from "../os/path.ts";
import { ManifestError, removeFromManifest } from "../recording/manifest.ts";
import { PART_ENDING, SIDECAR_ENDING, sidecarPath } from "../recording/sidecar_file.ts";
import type { FinalSidecar } from "../vocabulary/sidecar.ts";
import type { FinishedRecording } from "./plan.ts";

/** How long a deletion waits for the change of the manifest. */
const MANIFEST_MS = 2000;

/** A recording whose sidecar is not final: it runs, or was interrupted. */
export interface UnfinishedRecording {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  /** When it was last written to, in ms since the epoch. */
  readonly writtenMs: number;
}

/** What is in the folder. */
export interface FoundRecordings {
  readonly finished: readonly FinishedRecording[];
  readonly unfinished: readonly UnfinishedRecording[];
}

/** One folder. A final sidecar is read once, unless it may have changed: a later session may continue its recording (`--rejoin`). */
export class RecordingsFolder {
  readonly #path: string;
  #known = new Map<string, FinishedRecording>();

  /** @param path Absolute path without symbolic links in it. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads the folder. Files that have neither a sidecar of this program nor the `.part` file of one are not in the result. Rejects
   * if the folder cannot be read.
   *
   * @param mayHaveChanged Whether the sidecar of this recording must be read again.
   */
  async read(mayHaveChanged: (path: string) => boolean): Promise<FoundRecordings> {
    const finished = new Map<string, FinishedRecording>();
    const unfinished: UnfinishedRecording[] = [];
    const device = await deviceOf(this.#path);
    for await (const { path, hasSidecar, device: own } of described(this.#path)) {
      const known = mayHaveChanged(path) ? undefined : this.#known.get(path);
      const found = known ?? await (hasSidecar ? readRecording(path, own === device) : readUnfinished(path));
      if (found === null) continue;
      if ("endMs" in found) finished.set(path, found);
      else unfinished.push(found);
    }
    this.#known = finished;
    return { finished: [...finished.values()], unfinished };
  }

  /**
   * Deletes a recording, then its sidecar and its line in the manifest, if neither file has changed since it was found. Rejects if
   * the deletion fails.
   *
   * @returns Whether it was deleted
   */
  async delete({ path, bytes, endMs, isOnDisk }: FinishedRecording): Promise<boolean> {
    const found = await readRecording(path, isOnDisk);
    const isSame = found !== null && "endMs" in found && found.bytes === bytes && found.endMs === endMs;
    const folder = folderOf(path);
    // a folder in the path may have been replaced by a link since it was read
    if (!isSame || await Deno.realPath(folder) !== folder) {
      this.#known.delete(path);
      return false;
    }
    try {
      await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return false; // another listener with this folder was faster
    }
    await Deno.remove(sidecarPath(path));
    // a line that stays in the manifest is a smaller problem than a disk that becomes full
    await withDeadline(removeFromManifest(folder, nameOf(path)).catch(ignoreManifestError), MANIFEST_MS);
    return true;
  }
}

function ignoreManifestError(error: unknown): void {
  if (!(error instanceof ManifestError)) throw error;
}

/** Returns the device number of a folder's file system. Rejects if the folder cannot be read. */
export async function deviceOf(folder: string): Promise<number> {
  return (await Deno.lstat(folder)).dev;
}

/** A recording with a sidecar, or only with the `.part` file that becomes the sidecar. */
interface Described {
  readonly path: string;
  /** False if there is only the `.part` file: the process of the recording was killed before it could rename that file. */
  readonly hasSidecar: boolean;
  /** Device number of its folder's file system. That of the file may differ (overlay file systems). */
  readonly device: number;
}

/** Lists every regular file beside which there is a sidecar or the `.part` file of one, in a folder and its subfolders. */
async function* described(folder: string): AsyncGenerator<Described> {
  const files = new Set<string>();
  const folders: string[] = [];
  const device = await deviceOf(folder);
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    if (isFile) files.add(name);
    else if (isDirectory) folders.push(name);
  }
  for (const name of files) {
    const hasSidecar = files.has(`${name}${SIDECAR_ENDING}`);
    if (hasSidecar || files.has(`${name}${SIDECAR_ENDING}${PART_ENDING}`)) {
      yield { path: `${folder}/${name}`, hasSidecar, device };
    }
  }
  for (const name of folders) {
    try {
      yield* described(`${folder}/${name}`);
    } catch (error) {
      const isLeftOut = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied;
      if (!isLeftOut) throw error;
    }
  }
}

/** Reads a recording by its sidecar. Returns null if this program did not write the sidecar, or it describes another file. */
async function readRecording(
  path: string,
  isOnDisk: boolean,
): Promise<FinishedRecording | UnfinishedRecording | null> {
  let sidecar: unknown;
  let file: Deno.FileInfo;
  try {
    if (!(await Deno.lstat(sidecarPath(path))).isFile) return null;
    sidecar = JSON.parse(await Deno.readTextFile(sidecarPath(path)));
    file = await Deno.lstat(path);
  } catch {
    return null; // gone meanwhile, unreadable, or not JSON: not a recording that may be deleted
  }
  if (!file.isFile || !hasForm(sidecar)) return null;
  if (sidecar.state === "recording") return unfinishedOf(path, file);
  // a recording that was renamed or changed by hand is kept
  if (sidecar.state !== "final" || nameOf(sidecar.file) !== nameOf(path) || sidecar.bytes !== file.size) return null;
  const endMs = Date.parse(sidecar.end);
  return Number.isNaN(endMs) ? null : { path, bytes: file.size, endMs, isOnDisk };
}

async function readUnfinished(path: string): Promise<UnfinishedRecording | null> {
  try {
    return unfinishedOf(path, await Deno.lstat(path));
  } catch {
    return null; // gone meanwhile
  }
}

function unfinishedOf(path: string, { isFile, size, mtime }: Deno.FileInfo): UnfinishedRecording | null {
  return isFile ? { path, bytes: size, writtenMs: mtime?.getTime() ?? Infinity } : null;
}

function hasForm(value: unknown): value is Pick<FinalSidecar, "file" | "bytes" | "end"> & { readonly state: string } {
  if (typeof value !== "object" || value === null) return false;
  const { state, schema, session, start, file } = value as Partial<Record<keyof FinalSidecar, unknown>>;
  return typeof schema === "number" && [state, session, start, file].every((field) => typeof field === "string");
}
