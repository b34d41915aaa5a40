/**
 * Creates the folder of recordings. Checks the files and folders that settings name, without a change to the disk.
 *
 * @module
 */

import { absolutePath, folderOf } from "../os/path.ts";
import { readProblem, systemProblem } from "../report/problem.ts";
import { UsageError } from "./usage_error.ts";

/** The places that settings of `listen` name, as they were given; null: none. */
export interface Places {
  readonly out: string | null;
  readonly libsrt: string | null;
  readonly scripting: {
    readonly junit: string | null;
    readonly summary: string | null;
    readonly readyFile: string | null;
  };
}

/**
 * Returns why the path, symbolic links followed, is not a regular file; null if it is one. Opens nothing, and so never waits.
 */
export function notRegular(path: string): string | null {
  const { isFile, isDirectory, isFifo } = Deno.statSync(path);
  if (isFile) return null;
  if (isDirectory) return "it is a folder";
  return isFifo ? "it is a pipe, not a regular file" : "it is not a regular file";
}

/**
 * Creates the folder of recordings if it is missing, and returns its absolute path, symbolic links resolved.
 *
 * @param path As it was given; relative to the working folder.
 * @throws {UsageError}
 */
export function prepareOutputFolder(path: string): string {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw cannotCreate(path, cause);
  }
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: path, prefix: ".srt-splitter-" }));
  } catch (cause) {
    throw new UsageError(`cannot record into ${JSON.stringify(path)}: ${systemProblem(cause)}`, {
      hint: "name a folder that this user may write to, or change its permissions (chmod u+rwx)",
      cause,
    });
  }
  return Deno.realPathSync(path);
}

/**
 * Checks the places that `listen` would use, as far as that is possible without creating, changing or opening anything.
 *
 * @throws {UsageError}
 */
export function checkPlaces({ out, scripting, libsrt }: Places): void {
  if (out !== null) checkOutputFolder(out);
  for (const report of [scripting.junit, scripting.summary, scripting.readyFile]) {
    if (report !== null) checkReport(report, out);
  }
  // a bare name is found by the dynamic linker
  if (libsrt?.startsWith("/")) checkLibrary(libsrt);
}

/** Lists what only `listen` can check. `stdout`: whether payload goes to stdout. */
export function notChecked({ libsrt, stdout }: Pick<Places, "libsrt"> & { readonly stdout: boolean }): string {
  const command = `srt-splitter version${libsrt === null ? "" : ` --libsrt ${libsrt}`}`;
  return `whether this user may write to the files and folders that it names, ${
    stdout ? "whether stdout is connected to a program or a file, " : ""
  }whether its addresses and ports can be bound, and whether libsrt can be loaded (${command} shows that)`;
}

function checkOutputFolder(path: string): void {
  try {
    if (!nearestExisting(absolutePath(path)).isDirectory) throw new Deno.errors.NotADirectory();
  } catch (cause) {
    throw cannotCreate(path, cause);
  }
}

/** Returns what is at `path`, or the nearest folder above it if nothing is there. @throws {Error} There is a broken link. */
function nearestExisting(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (isBrokenLink(path)) throw new Deno.errors.AlreadyExists();
    return nearestExisting(folderOf(path) || "/");
  }
}

/** Reports whether the path is a symbolic link whose target is missing: no folder can be created in its place. */
function isBrokenLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function cannotCreate(path: string, cause: unknown): UsageError {
  if (cause instanceof Deno.errors.AlreadyExists || cause instanceof Deno.errors.NotADirectory) {
    return new UsageError(`cannot record into ${JSON.stringify(path)}: it is not a folder`, {
      hint: "give --out a folder, which is created if it is missing",
      cause,
    });
  }
  return new UsageError(`cannot create the folder ${JSON.stringify(path)}: ${systemProblem(cause)}`, {
    hint: "name a folder that this user may write to",
    cause,
  });
}

/**
 * Checks the path of a report. The file need not exist, and may be a pipe or a device. Its folder must exist, unless it is
 * created together with the folder of recordings.
 */
function checkReport(path: string, out: string | null): void {
  const folder = `${folderOf(absolutePath(path))}/`;
  const isCreated = out !== null && `${absolutePath(out)}/`.startsWith(folder);
  const problem = isFolder(path)
    ? "it is a folder"
    : isCreated || isFolder(folder)
    ? null
    : "its folder does not exist";
  if (problem === null) return;
  throw new UsageError(`cannot write ${JSON.stringify(path)}: ${problem}`, {
    hint: "name a file in a folder that exists and that this user may write to",
  });
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw new UsageError(`cannot access ${JSON.stringify(path)}: ${systemProblem(error)}`, {
      hint: "name a place that this user may read and write",
      cause: error,
    });
  }
}

function checkLibrary(path: string): void {
  const problem = problemOfLibrary(path);
  if (problem === null) return;
  throw new UsageError(`cannot use the libsrt ${JSON.stringify(path)}: ${problem}`, {
    hint:
      "name another file, or omit --libsrt and SRT_SPLITTER_LIBSRT to use the libsrt in the executable or the system's",
  });
}

function problemOfLibrary(path: string): string | null {
  try {
    return notRegular(path);
  } catch (error) {
    return readProblem(error);
  }
}
