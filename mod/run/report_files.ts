/**
 * The files that a run writes for other programs, each as a whole or not at all: `--ready-file`, `--junit` and `--summary`.
 *
 * @module
 */

import { absolutePath, folderOf, nameOf } from "../os/path.ts";
import { ProblemError, systemProblem } from "../report/problem.ts";
import type { ListeningEvent } from "../vocabulary/events.ts";
import { type FinalReport, summaryJson } from "./summary_json.ts";

/** Maximum number of names tried for a temporary file. Our choice: only a killed run with the same process ID leaves one. */
const MAX_NAMES = 100;

/** The paths of the files as they were typed; null if the option is not set. */
export interface ReportPaths {
  readonly junit: string | null;
  readonly summary: string | null;
  readonly readyFile: string | null;
}

/** A file of {@linkcode ReportPaths} cannot be written. */
export class ReportFileError extends ProblemError {
  override readonly name = "ReportFileError";

  constructor(path: string, cause: unknown) {
    super(`cannot write ${JSON.stringify(path)}: ${systemProblem(cause)}`, {
      hint: "name a file in a folder that exists and that this user may write to",
      cause,
    });
  }
}

/** The files of one run. */
export class ReportFiles {
  readonly #junit: ReportFile | null;
  readonly #summary: ReportFile | null;
  readonly #ready: ReportFile | null;
  readonly #warn: (text: string) => void;
  #failed = false;

  private constructor({ junit, summary, readyFile }: ReportPaths, warn: (text: string) => void) {
    const prepare = (path: string | null) => path === null ? null : ReportFile.prepare(path);
    this.#junit = prepare(junit);
    this.#summary = prepare(summary);
    this.#ready = prepare(readyFile);
    for (const file of [this.#junit, this.#summary, this.#ready]) file?.removeEarlier();
    this.#warn = warn;
  }

  /**
   * Checks that the files can be written, and removes those of an earlier run.
   *
   * @param warn Receives a text if writing a file fails later. Must not throw.
   * @throws {ReportFileError}
   */
  static prepare(paths: ReportPaths, warn: (text: string) => void): ReportFiles {
    return new ReportFiles(paths, warn);
  }

  /** Whether one of the files could not be written. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Writes the file of `--ready-file`, once callers can connect. */
  writeReady(listening: ListeningEvent): void {
    this.#write(this.#ready, () => `${JSON.stringify(listening, null, 2)}\n`);
  }

  /** Writes the files of `--summary` and `--junit`, once the run has ended. */
  async writeFinal(report: FinalReport): Promise<void> {
    this.#write(this.#summary, () => summaryJson(report));
    if (this.#junit === null) return;
    const { junitXml } = await import("./junit_xml.ts");
    this.#write(this.#junit, () => junitXml(report));
  }

  #write(file: ReportFile | null, text: () => string): void {
    try {
      file?.write(text());
    } catch (error) {
      if (!(error instanceof ReportFileError)) throw error;
      this.#failed = true;
      this.#warn(error.text);
    }
  }
}

/** One of the files: checked before the run, written later. */
class ReportFile {
  readonly #path: string;
  /** The path as it was typed, for messages at the start. */
  readonly #typed: string;

  private constructor(typed: string) {
    this.#path = absolutePath(typed);
    this.#typed = typed;
  }

  /**
   * Checks that the file can be written.
   *
   * @param path As it was typed. A file that is not a regular file, such as a named pipe, is written to directly.
   * @throws {ReportFileError}
   */
  static prepare(path: string): ReportFile {
    const file = new ReportFile(path);
    try {
      if (file.#isSpecial()) return file;
      Deno.removeSync(Deno.makeTempFileSync({ dir: `${folderOf(file.#path)}/`, prefix: ".srt-splitter-" }));
    } catch (cause) {
      throw new ReportFileError(path, cause);
    }
    return file;
  }

  /** Removes the file of an earlier run, so that it is not mistaken for this run's. @throws {ReportFileError} */
  removeEarlier(): void {
    try {
      if (!this.#isSpecial()) Deno.removeSync(this.#path);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw new ReportFileError(this.#typed, cause);
    }
  }

  /**
   * Writes `text`. A reader finds all of it or no file, unless the path is that of a pipe or another special file.
   *
   * @throws {ReportFileError}
   */
  write(text: string): void {
    try {
      if (this.#isSpecial()) return Deno.writeTextFileSync(this.#path, text);
      const { temporary, file } = this.#createTemporary();
      try {
        using _closed = file;
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

  /** Creates a file in the folder of the path, under a name that is not in use: a file of another program may have any name. */
  #createTemporary(): { readonly temporary: string; readonly file: Deno.FsFile } {
    const base = `${folderOf(this.#path)}/.${nameOf(this.#path)}.${Deno.pid}`;
    for (let number = 1;; number += 1) {
      const temporary = number === 1 ? base : `${base}-${number}`;
      try {
        return { temporary, file: Deno.openSync(temporary, { write: true, createNew: true }) };
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists && number < MAX_NAMES)) throw error;
      }
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
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // the first error is reported
  }
}
