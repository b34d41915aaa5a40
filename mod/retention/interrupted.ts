/**
 * Completes the sidecars of recordings whose processes were killed.
 *
 * @module
 */

import { mayBeLocked } from "../os/file_lock.ts";
import { systemProblem } from "../report/problem.ts";
import type { Reporter } from "../report/reporter.ts";

/** The interrupted recordings of one folder. */
export class InterruptedRecordings {
  readonly #out: string;
  readonly #reporter: Pick<Reporter, "warn" | "debug">;
  /** Absolute paths of the recordings whose completion was tried. */
  readonly #tried = new Set<string>();
  #isRunning = false;

  /** @param out Absolute path of the folder of recordings. */
  constructor(out: string, reporter: Pick<Reporter, "warn" | "debug">) {
    this.#out = out;
    this.#reporter = reporter;
  }

  /**
   * Completes those recordings of `paths` that are not locked, each once. May take a long time, because it reads the files.
   * Never rejects.
   *
   * @returns Whether anything was tried; false at once if nothing is left to try, or an earlier call still runs.
   */
  async complete(paths: readonly string[]): Promise<boolean> {
    const due = new Set(paths.filter((path) => !this.#tried.has(path)));
    if (due.size === 0 || this.#isRunning) return false;
    this.#isRunning = true;
    let isAnyTried = false;
    try {
      const { recoverFolder } = await import("../inspection/recover_folder.ts");
      await recoverFolder(this.#out, {
        isLocked: async (path) => !due.has(path) || await mayBeLocked(path),
        onRecovery: ({ file, outcome, text }) => {
          if (outcome === "recording") return; // another listener, or a session that outlived its listener, still records it
          isAnyTried = true;
          this.#tried.add(file);
          if (outcome === "recovered") this.#reporter.debug(`${file}: ${text}`);
          else if (due.has(file)) this.#reporter.warn(`${file}: ${text}`);
        },
      });
    } catch (error) {
      this.#reporter.debug(`cannot complete recordings: ${systemProblem(error)}`);
    } finally {
      this.#isRunning = false;
    }
    return isAnyTried;
  }
}
