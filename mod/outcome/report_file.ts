/**
 * A file that a run writes for others: whole or not at all.
 *
 * @module
 */

import { basename, dirname, join, resolve } from "node:path";

import { ProblemError } from "../report/problem.ts";

/** The file cannot be written. */
export class ReportFileError extends ProblemError {
  override readonly name = "ReportFileError";

  constructor(path: string, cause: unknown) {
    super(`cannot write ${JSON.stringify(path)}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: "name a file in a folder that exists and that this user may write to",
      cause,
    });
  }
}

/** One file. */
export class ReportFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Tries whether the file can be written, and takes one of an earlier run away, so that nobody takes it for this run's.
   *
   * @param path As it was typed. What is no regular file, such as a named pipe, is written to as it is.
   * @throws {ReportFileError}
   */
  static prepare(path: string): ReportFile {
    const file = new ReportFile(resolve(path));
    try {
      if (file.#isSpecial()) return file;
      Deno.removeSync(Deno.makeTempFileSync({ dir: dirname(file.#path), prefix: ".srt-splitter-" }));
      Deno.removeSync(file.#path);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound && file.#folderExists())) throw new ReportFileError(path, cause);
    }
    return file;
  }

  /**
   * Writes `text`: a reader sees all of it or no file.
   *
   * @throws {ReportFileError}
   */
  write(text: string): void {
    try {
      if (this.#isSpecial()) return Deno.writeTextFileSync(this.#path, text);
      const temporary = join(dirname(this.#path), `.${basename(this.#path)}.${Deno.pid}`);
      try {
        using file = Deno.openSync(temporary, { write: true, create: true, truncate: true });
        const bytes = new TextEncoder().encode(text);
        for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
        file.syncSync();
        Deno.renameSync(temporary, this.#path);
      } catch (cause) {
        removeIfThere(temporary);
        throw cause;
      }
    } catch (cause) {
      throw new ReportFileError(this.#path, cause);
    }
  }

  #isSpecial(): boolean {
    try {
      const { isFile, isDirectory } = Deno.statSync(this.#path);
      if (isDirectory) throw new Error("it is a folder");
      return !isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  #folderExists(): boolean {
    try {
      return Deno.statSync(dirname(this.#path)).isDirectory;
    } catch {
      return false; // then the first error says why
    }
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // it was never made, which is the error that counts
  }
}
