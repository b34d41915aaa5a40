/**
 * Deletes recordings one by one, and reports each.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../report/format.ts";
import { systemProblem } from "../report/problem.ts";
import type { Reporter } from "../report/reporter.ts";
import type { Deletion, RetentionRules } from "./plan.ts";
import type { RecordingsFolder } from "./recordings_folder.ts";

/** Time until a failed deletion of a recording is tried again. Our choice: by then a read-only disk may be writable again. */
const RETRY_MS = 600_000;

/** Deletes recordings of one folder. */
export class Deletions {
  readonly #folder: RecordingsFolder;
  readonly #reporter: Pick<Reporter, "report" | "warn">;
  readonly #now: () => number;
  /** Recordings that could not be deleted, and when that was tried. */
  readonly #failed = new Map<string, number>();
  #isClosed = false;

  /** @param options `now`: a monotonic clock, in ms. */
  constructor(
    folder: RecordingsFolder,
    { reporter, now }: { readonly reporter: Pick<Reporter, "report" | "warn">; readonly now: () => number },
  ) {
    this.#folder = folder;
    this.#reporter = reporter;
    this.#now = now;
  }

  /** Returns whether the deletion of this recording failed less than 10 min ago. */
  hasFailed(path: string): boolean {
    return this.#now() - (this.#failed.get(path) ?? -Infinity) < RETRY_MS;
  }

  /**
   * Deletes a recording if it has not changed since it was found. A failure is reported once. Never rejects.
   *
   * @param options `rules`: the rules that the plan follows; `nowMs`: the wall clock
   * @returns Whether it was deleted
   */
  async delete(
    deletion: Deletion,
    { rules, nowMs }: { readonly rules: RetentionRules; readonly nowMs: number },
  ): Promise<boolean> {
    const { path: file, bytes, endMs, reason } = deletion;
    try {
      if (!await this.#folder.delete(deletion)) return false;
    } catch (error) {
      const isNew = !this.#failed.has(file);
      this.#failed.set(file, this.#now());
      if (isNew && !this.#isClosed) {
        this.#reporter.warn(`cannot delete ${file}: ${systemProblem(error)}\ndelete or move it by hand`);
      }
      return false;
    }
    this.#failed.delete(file);
    if (this.#isClosed) return true;
    const end = new Date(endMs).toISOString();
    const text = reasonText(deletion, { rules, nowMs });
    this.#reporter.report({ event: "deleted", time: new Date().toISOString(), file, bytes, end, reason, text });
    return true;
  }

  /** Reports nothing from now on. */
  close(): void {
    this.#isClosed = true;
  }
}

function reasonText(
  { reason, endMs }: Deletion,
  { rules, nowMs }: { readonly rules: RetentionRules; readonly nowMs: number },
): string {
  const { keepMs, keepBytes, minFreeBytes } = rules;
  switch (reason) {
    case "keep":
      return `it ended ${formatDuration(nowMs - endMs)} ago, and recordings are kept for ${
        formatDuration(keepMs ?? 0)
      } (--keep)`;
    case "keep-size":
      return `the recordings took more than ${formatBytes(keepBytes ?? 0)} (--keep-size)`;
    case "min-free":
      return `less than ${formatBytes(minFreeBytes ?? 0)} were free (--min-free)`;
    default:
      return reason satisfies never;
  }
}
