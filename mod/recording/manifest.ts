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

/** A line of `sha256sum`: a backslash if the name has escapes, checksum, space, space or `*`, name. */
const LINE = /^(\\?)([0-9a-f]{64}) [ *](.+)$/s;
/** Characters that `sha256sum` escapes in names, and the escapes. */
const ESCAPES: readonly (readonly [character: string, escape: string])[] = [["\\", "\\\\"], ["\n", "\\n"], [
  "\r",
  "\\r",
]];
const NEWLINE = 0x0a;
/** Only permissions, without the type of the file. */
const PERMISSIONS = 0o777;

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
  await explained(folder, () =>
    change(folder, async (lines) => {
      const values = new Map<string, string>();
      for (const { name, value } of entries) {
        if (await isFile(`${folder}/${name}`)) values.set(name, value);
      }
      const kept = lines.filter((line) => {
        const entry = entryIn(line);
        if (entry === null || !values.has(entry.name)) return true;
        const isCurrent = entry.value === values.get(entry.name);
        if (isCurrent) values.delete(entry.name);
        return isCurrent;
      });
      return [...kept, ...Array.from(values, ([name, value]) => formatLine({ name, value }))];
    }));
}

/** Removes the line of a deleted recording. Removes the manifest if no line is left. @throws {ManifestError} */
export async function removeFromManifest(folder: string, name: string): Promise<void> {
  await explained(folder, async () => {
    if (!await isFile(manifestPath(folder))) return;
    await change(folder, (lines) => Promise.resolve(lines.filter((line) => entryIn(line)?.name !== name)));
  });
}

/** A line without its newline, as bytes: a line that another program has written may not be UTF-8. */
type Line = Uint8Array<ArrayBuffer>;

async function change(folder: string, changed: (lines: readonly Line[]) => Promise<readonly Line[]>): Promise<void> {
  const path = manifestPath(folder);
  await withFolderLock(folder, async () => {
    const before = await readLines(path);
    const after = await changed(before);
    if (after.length === before.length && after.every((line, index) => line === before[index])) return;
    if (after.length === 0) await Deno.remove(path);
    else await replace(path, after);
  });
}

/** Runs work on the manifest of a folder, and explains its error. @throws {ManifestError} */
async function explained(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new ManifestError(`cannot change ${manifestPath(folder)}: ${systemProblem(cause)}`, { cause });
  }
}

async function readLines(path: string): Promise<readonly Line[]> {
  try {
    if (!(await Deno.lstat(path)).isFile) {
      throw new Deno.errors.AlreadyExists("its name is used by something that is not a manifest file");
    }
    return splitLines(await Deno.readFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function splitLines(bytes: Line): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

async function replace(path: string, lines: readonly Line[]): Promise<void> {
  const part = `${path}${PART_ENDING}`;
  await Deno.remove(part).catch(ignoreMissing); // left by a process that was killed
  await using file = await createNewFile(part);
  try {
    const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0)).fill(NEWLINE);
    let offset = 0;
    for (const line of lines) {
      bytes.set(line, offset);
      offset += line.length + 1;
    }
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    await keepPermissions(path, part);
    await file.syncData(); // before the rename, all of it must be on the disk
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {}); // the first failure is reported
    throw error;
  }
}

/** Gives `part` the permissions of the file that it replaces, if there is one. */
async function keepPermissions(path: string, part: string): Promise<void> {
  try {
    const { mode } = await Deno.lstat(path);
    if (mode !== null) await Deno.chmod(part, mode & PERMISSIONS);
  } catch {
    // it is new, or the file system has no permissions
  }
}

function formatLine({ name, value }: ManifestEntry): Line {
  const escapes = new Map(ESCAPES);
  const escaped = name.replace(/[\\\n\r]/g, (character) => escapes.get(character) ?? character);
  return new TextEncoder().encode(`${escaped === name ? "" : "\\"}${value}  ${escaped}`);
}

/** Returns the content of a line, or null if it is not one of `sha256sum`. */
function entryIn(line: Line): ManifestEntry | null {
  const [, backslash, value, name] = LINE.exec(new TextDecoder("utf-8", { ignoreBOM: true }).decode(line)) ?? [];
  if (value === undefined || name === undefined) return null;
  if (backslash === "") return { name, value };
  const characters = new Map(ESCAPES.map(([character, escape]) => [escape, character]));
  return { name: name.replace(/\\[\\nr]/g, (escape) => characters.get(escape) ?? escape), value };
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
