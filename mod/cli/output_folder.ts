/**
 * Makes sure that recordings can be written to the folder of `--out`.
 *
 * @module
 */

import { dirname, resolve } from "node:path";

import { UsageError } from "./usage_error.ts";

/**
 * Makes the folder where it is missing and returns its absolute path, symbolic links resolved.
 *
 * @param path As it was typed; relative to the working folder.
 */
export function prepareOutputFolder(path: string): string {
  const quoted = JSON.stringify(path);
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw cannotMake(path, cause);
  }
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: path, prefix: ".srt-splitter-" }));
  } catch (cause) {
    throw new UsageError(`cannot record into ${quoted}: ${describe(cause)}`, {
      hint: "Name a folder that this user may write to, or change its permissions (chmod u+rwx).",
      cause,
    });
  }
  return Deno.realPathSync(path);
}

/**
 * Looks whether the folder is there or could be made, and makes nothing. Whether this user may write to it is not known then.
 *
 * @throws {UsageError}
 */
export function lookForOutputFolder(path: string): void {
  try {
    if (!nearestExisting(resolve(path)).isDirectory) throw new Deno.errors.NotADirectory();
  } catch (cause) {
    throw cannotMake(path, cause);
  }
}

/** What stands at `path`, or where that is missing at the nearest folder above it. */
function nearestExisting(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (isBrokenLink(path)) throw new Deno.errors.AlreadyExists();
    return nearestExisting(dirname(path));
  }
}

/** A link whose target is missing: no folder can be made in its place. */
function isBrokenLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function cannotMake(path: string, cause: unknown): UsageError {
  const quoted = JSON.stringify(path);
  if (cause instanceof Deno.errors.AlreadyExists || cause instanceof Deno.errors.NotADirectory) {
    return new UsageError(`cannot record into ${quoted}: it is not a folder`, {
      hint: "Name a folder after --out; it is made where it is missing.",
      cause,
    });
  }
  return new UsageError(`cannot make the folder ${quoted}: ${describe(cause)}`, {
    hint: "Name a folder that this user may write to.",
    cause,
  });
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
