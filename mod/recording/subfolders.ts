/**
 * Makes the folders of a recording's files, and removes those that are empty at its end.
 *
 * @module
 */

import { SinkError } from "./sink_error.ts";

/** A folder cannot be made. The cause is the system's error. */
export class FolderError extends Error {
  override readonly name = "FolderError";
  /** What cannot be created, such as `the folder /rec/cam1`. */
  readonly what: string;

  constructor(path: string, cause: unknown) {
    super("cannot create a folder", { cause });
    this.what = `the folder ${path}`;
  }
}

/** The folders of one session's recording. */
export class Subfolders {
  readonly #made = new Set<string>();

  /**
   * Makes the folders of a path below a folder, on another thread. A symbolic link is not used as a folder: it may lead to
   * another disk, which is not checked.
   *
   * @param directory Absolute path of an existing folder.
   * @param path Path of a file relative to it.
   * @throws {FolderError}
   * @throws {SinkError} Something else has the name of a folder.
   */
  async make(directory: string, path: string): Promise<void> {
    let folder = directory;
    for (const name of path.split("/").slice(0, -1)) {
      folder = `${folder}/${name}`;
      try {
        if (await isFolder(folder)) continue;
        await Deno.mkdir(folder);
        this.#made.add(folder);
      } catch (error) {
        if (error instanceof SinkError) throw error;
        // another session may have made it meanwhile
        if (!(error instanceof Deno.errors.AlreadyExists)) throw new FolderError(folder, error);
      }
    }
  }

  /** Removes the folders that {@linkcode make} has made, if they are empty. Never throws. */
  async removeEmpty(): Promise<void> {
    for (const folder of [...this.#made].reverse()) {
      try {
        await Deno.remove(folder);
        this.#made.delete(folder);
      } catch {
        // it is not empty, or does not exist
      }
    }
  }
}

/** Reports whether there is a folder; false if nothing has its name. @throws {SinkError} Something else has its name. */
async function isFolder(path: string): Promise<boolean> {
  let found: Deno.FileInfo;
  try {
    found = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  if (found.isDirectory) return true;
  const what = found.isSymlink ? "a symbolic link" : "a file";
  throw new SinkError(`cannot create the folder ${path}: ${what} has its name`, {
    reason: "write-failed",
    hint: "move it to another folder, or record with another --name",
  });
}
