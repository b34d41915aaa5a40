/**
 * Whether `listen` could use the places that its settings name, as far as looking tells: nothing is made, changed or opened.
 *
 * @module
 */

import { dirname, isAbsolute, resolve } from "node:path";

import type { ListenSettings } from "./listen_settings.ts";
import { lookForOutputFolder } from "./output_folder.ts";
import { notRegular } from "./regular_file.ts";
import { UsageError } from "./usage_error.ts";

/** What {@linkcode checkPlaces} leaves open, in words. */
export function notChecked({ libsrt }: Pick<ListenSettings, "libsrt">): string {
  const command = `srt-splitter --version${libsrt === null ? "" : ` --libsrt ${libsrt}`}`;
  return "whether this user may write to what it names, whether its address and port can be listened on, and whether " +
    `libsrt can be loaded (${command} tells)`;
}

/** Looks at the folder of recordings, the reports and libsrt. @throws {UsageError} */
export function checkPlaces({ out, scripting, libsrt }: Pick<ListenSettings, "out" | "scripting" | "libsrt">): void {
  if (out !== null) lookForOutputFolder(out);
  for (const report of [scripting.junit, scripting.summary, scripting.readyFile]) {
    if (report !== null) lookForReport(report, out);
  }
  // a bare name is for the dynamic linker to find
  if (libsrt !== null && isAbsolute(libsrt)) lookForLibrary(libsrt);
}

/** A report may be new, and may be a pipe or a device; its folder has to be there. */
function lookForReport(path: string, out: string | null): void {
  const folder = dirname(resolve(path));
  const isThere = isFolder(folder) || isMadeFor(out, folder);
  const problem = isFolder(path) ? "it is a folder" : isThere ? null : "its folder does not exist";
  if (problem === null) return;
  throw new UsageError(`cannot write ${JSON.stringify(path)}: ${problem}`, {
    hint: "Name a file in a folder that exists and that this user may write to.",
  });
}

/** Whether `listen` makes the folder, as that of recordings or on the way to it, before it looks at reports. */
function isMadeFor(out: string | null, folder: string): boolean {
  return out !== null && `${resolve(out)}/`.startsWith(`${folder}/`);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw new UsageError(`cannot look at ${JSON.stringify(path)}: ${error instanceof Error ? error.message : error}`, {
      hint: "Name a place that this user may read and write.",
      cause: error,
    });
  }
}

function lookForLibrary(path: string): void {
  const problem = problemOfLibrary(path);
  if (problem === null) return;
  throw new UsageError(`cannot use the libsrt ${JSON.stringify(path)}: ${problem}`, {
    hint: "Name another file, or leave libsrt out.",
  });
}

function problemOfLibrary(path: string): string | null {
  try {
    return notRegular(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no such file";
    return error instanceof Error ? error.message : String(error);
  }
}
