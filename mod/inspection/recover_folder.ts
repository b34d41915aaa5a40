/**
 * Finishes the sidecars of recordings whose process died: size, TS health, checksum where one was wanted, and `interrupted`.
 *
 * The recordings themselves are only read. A recording that still runs is locked by its process and left alone.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { finishSidecar, SIDECAR_ENDING } from "../recording/sidecar_file.ts";
import type { FinalSidecar, RunningSidecar, SidecarEnd } from "../vocabulary/sidecar.ts";
import { inspectFile } from "./inspect_file.ts";

/** What became of one recording. */
export interface Recovery {
  /** Absolute path, or as the folder was given. */
  readonly file: string;
  /** `recovered`: its sidecar is final now; `recording`: it still runs; `failed`: see `text`. */
  readonly outcome: "recovered" | "recording" | "failed";
  /** In words, and what to do about it where something can be done. */
  readonly text: string;
  /** The new sidecar where there is one. */
  readonly sidecar: FinalSidecar | null;
}

/** What {@linkcode recoverFolder} needs. */
export interface RecoverOptions {
  /** Whether another process has locked the file; throws where that cannot be known. */
  readonly isLocked: (path: string) => boolean;
  /** Told of each recording that needed finishing or could not be finished, as soon as it was looked at. */
  readonly onRecovery: (recovery: Recovery) => void;
}

/** Looks at every sidecar of a folder; those that are final already are not spoken of. */
export function recoverFolder(folder: string, { isLocked, onRecovery }: RecoverOptions): void {
  const names = [...Deno.readDirSync(folder)].filter(({ isFile, name }) => isFile && name.endsWith(SIDECAR_ENDING));
  for (const { name } of names.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const file = join(folder, name.slice(0, -SIDECAR_ENDING.length));
    try {
      const recovery = recoverOne(file, isLocked);
      if (recovery !== null) onRecovery(recovery);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      onRecovery({ file, outcome: "failed", text, sidecar: null });
    }
  }
}

function recoverOne(file: string, isLocked: (path: string) => boolean): Recovery | null {
  const running = readRunning(file);
  if (running === null) return null;
  if (running === "broken") {
    const text = `${file}${SIDECAR_ENDING} is cut off, and says nothing about its recording; ` +
      "the recording is there: look at it with inspect, then remove the sidecar";
    return { file, outcome: "failed", text, sidecar: null };
  }
  if (!exists(file)) {
    const text = "the recording is gone; remove its sidecar if that was meant";
    return { file, outcome: "failed", text, sidecar: null };
  }
  if (stillRuns(file, isLocked)) return { file, outcome: "recording", text: "is still being recorded", sidecar: null };
  const sidecar = { ...running, ...endOf(file, running) };
  // its process may have ended well meanwhile and known more
  if (readRunning(file) === null) return null;
  finishSidecar(file, sidecar);
  return { file, outcome: "recovered", text: "its process died; the sidecar is final now", sidecar };
}

function stillRuns(file: string, isLocked: (path: string) => boolean): boolean {
  try {
    return isLocked(file);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `cannot know whether it is still being recorded (${words}); it is left alone: copy the folder to a local disk when ` +
        "nothing records into it, and recover that",
      { cause },
    );
  }
}

/** The sidecar where it still says `recording`; null where it does not, or where the file is none of ours. */
function readRunning(file: string): RunningSidecar | "broken" | null {
  const text = Deno.readTextFileSync(`${file}${SIDECAR_ENDING}`);
  try {
    const value: unknown = JSON.parse(text);
    return isRunning(value) ? value : null;
  } catch {
    // cut off by a power cut, or no sidecar at all: then there is no recording of that name
    return exists(file) ? "broken" : null;
  }
}

function isRunning(value: unknown): value is RunningSidecar {
  if (typeof value !== "object" || value === null) return false;
  const { state, schema, session, start } = value as Partial<Record<keyof RunningSidecar, unknown>>;
  const hasForm = typeof schema === "number" && typeof session === "string" && typeof start === "string";
  return state === "recording" && hasForm;
}

function endOf(file: string, { start, checksum }: RunningSidecar): SidecarEnd & Pick<FinalSidecar, "state"> {
  const hash = checksum === null ? null : createHash(checksum.algorithm);
  const ts = inspectFile(file, (chunk) => hash?.update(chunk));
  const end = Deno.statSync(file).mtime ?? new Date(start);
  return {
    state: "final",
    end: end.toISOString(),
    reason: "interrupted",
    text: "its process died before it could say more; size, TS health and checksum are those of the file",
    durationMs: Math.max(0, end.getTime() - Date.parse(start)),
    bytes: ts.bytes,
    statistics: null,
    losses: null,
    ts,
    checksum: checksum === null || hash === null ? null : { ...checksum, value: hash.digest("hex") },
  };
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
