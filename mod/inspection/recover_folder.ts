/**
 * Completes the sidecars of interrupted recordings: size, TS health, the checksum if they should have one, and the reason
 * `interrupted`.
 *
 * The recordings themselves are only read. A recording that still runs is locked by its process, and its sidecar is not changed.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { manifestPath } from "../recording/manifest.ts";
import { PART_ENDING, SIDECAR_ENDING, writeFinalSidecar } from "../recording/sidecar_file.ts";
import { systemProblem } from "../report/problem.ts";
import type { FinalSidecar, RunningSidecar, SidecarEnd } from "../vocabulary/sidecar.ts";
import { completeManifest } from "./complete_manifest.ts";
import { inspectFileInTurns } from "./inspect_file.ts";

/** The outcome for one recording. */
export interface Recovery {
  /**
   * Its path: the folder that was given, and the path below it. If a subfolder cannot be read, or a manifest cannot be
   * completed, the path of the subfolder or manifest.
   */
  readonly file: string;
  /** `recovered`: its sidecar is complete now; `recording`: it still runs; `failed`: see `text`. */
  readonly outcome: "recovered" | "recording" | "failed";
  /** The outcome as text, with what to do about it if something can be done. */
  readonly text: string;
  /** The new sidecar, or null if there is none. */
  readonly sidecar: FinalSidecar | null;
}

/** What {@linkcode recoverFolder} needs. */
export interface RecoverOptions {
  /** Reports whether another process has locked the file. Throws if that cannot be known. */
  readonly isLocked: (path: string) => boolean | Promise<boolean>;
  /** Receives the outcome of each recording whose sidecar was not final, and other failures, one by one. */
  readonly onRecovery: (recovery: Recovery) => void;
}

/**
 * Completes every sidecar of a folder and its subfolders that is not final, and their manifests; final sidecars are not reported.
 * Does not follow symbolic links. A subfolder that cannot be read, or a manifest that cannot be changed, is reported as failed.
 *
 * @throws {Error} The folder itself cannot be read.
 */
export async function recoverFolder(folder: string, options: RecoverOptions): Promise<void> {
  const { isLocked, onRecovery } = options;
  const { sidecars, folders } = await contentOf(folder);
  for (const name of sidecars) {
    const sidecar = join(folder, name);
    const file = sidecar.slice(0, sidecar.lastIndexOf(SIDECAR_ENDING));
    try {
      const recovery = await recoverOne({ file, sidecar }, isLocked);
      if (recovery !== null) onRecovery(recovery);
    } catch (error) {
      onRecovery({ file, outcome: "failed", text: systemProblem(error), sidecar: null });
    }
  }
  try {
    await completeManifest(folder, sidecars.filter((name) => name.endsWith(SIDECAR_ENDING)));
  } catch (error) {
    onRecovery({ file: manifestPath(folder), outcome: "failed", text: systemProblem(error), sidecar: null });
  }
  for (const name of folders) {
    const subfolder = join(folder, name);
    try {
      await recoverFolder(subfolder, options);
    } catch (error) {
      const text = `cannot read the folder: ${systemProblem(error)}`;
      onRecovery({ file: subfolder, outcome: "failed", text, sidecar: null });
    }
  }
}

/** Lists subfolders and sidecars, and temporary files of sidecars whose process was killed before it could rename them. */
async function contentOf(
  folder: string,
): Promise<{ readonly sidecars: readonly string[]; readonly folders: readonly string[] }> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const taken = new Set(entries.map(({ name }) => name));
  const isSidecar = (name: string) =>
    name.endsWith(SIDECAR_ENDING) ||
    (name.endsWith(`${SIDECAR_ENDING}${PART_ENDING}`) && !taken.has(name.slice(0, -PART_ENDING.length)));
  return {
    sidecars: entries.filter(({ isFile, name }) => isFile && isSidecar(name)).map(({ name }) => name).sort(),
    folders: entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort(),
  };
}

/** A recording and its sidecar. */
interface Described {
  readonly file: string;
  readonly sidecar: string;
}

async function recoverOne(described: Described, isLocked: RecoverOptions["isLocked"]): Promise<Recovery | null> {
  const { file } = described;
  const running = await readRunning(described);
  if (running === null) return null;
  if (running === "broken") {
    const text = `${described.sidecar} is incomplete and does not describe its recording; ` +
      "the recording exists: check it with inspect, then remove the sidecar";
    return { file, outcome: "failed", text, sidecar: null };
  }
  if (!await exists(file)) {
    const text = await isLink(file)
      ? "the recording is a symbolic link, which is not followed: move the sidecar beside the target, and recover that folder"
      : "the recording does not exist; if it was removed on purpose, remove its sidecar too";
    return { file, outcome: "failed", text, sidecar: null };
  }
  if (await stillRuns(file, isLocked)) {
    return { file, outcome: "recording", text: "is still being recorded", sidecar: null };
  }
  const sidecar = { ...running, ...await endOf(file, running) };
  // its process may have completed the sidecar meanwhile, with more in it
  if (await readRunning(described) === null) return null;
  await writeFinalSidecar(file, sidecar, { replace: true });
  return { file, outcome: "recovered", text: "interrupted; its sidecar is complete now", sidecar };
}

async function stillRuns(file: string, isLocked: RecoverOptions["isLocked"]): Promise<boolean> {
  try {
    return await isLocked(file);
  } catch (cause) {
    throw new Error(
      `cannot determine whether it is still being recorded (${
        systemProblem(cause)
      }); its sidecar is not changed: copy the folder to a local disk when ` +
        "nothing records into it, and recover the copy",
      { cause },
    );
  }
}

/**
 * Returns the sidecar if it is in the state `recording`; `broken` if it is damaged and its recording exists; null if it is final,
 * or if the file is not a sidecar.
 */
async function readRunning({ file, sidecar }: Described): Promise<RunningSidecar | "broken" | null> {
  const text = await Deno.readTextFile(sidecar);
  try {
    const value: unknown = JSON.parse(text);
    if (!isRunning(value)) return null;
    return isUsable(value) || !await exists(file) ? value : "broken";
  } catch {
    // without a recording of that name, the file is not a sidecar; with one, it is a sidecar that a power cut has truncated
    return await exists(file) ? "broken" : null;
  }
}

function isRunning(value: unknown): value is RunningSidecar {
  if (typeof value !== "object" || value === null) return false;
  const { state, schema, session, start } = value as Partial<Record<keyof RunningSidecar, unknown>>;
  const hasForm = typeof schema === "number" && typeof session === "string" && typeof start === "string";
  return state === "recording" && hasForm;
}

function isUsable({ checksum, start }: RunningSidecar): boolean {
  const isKnown = checksum === null || (checksum as RunningSidecar["checksum"] | undefined)?.algorithm === "sha256";
  return isKnown && !Number.isNaN(Date.parse(start));
}

async function endOf(
  file: string,
  { start, checksum }: RunningSidecar,
): Promise<SidecarEnd & Pick<FinalSidecar, "state">> {
  const hash = checksum === null ? null : createHash(checksum.algorithm);
  const { ts, firstPcr, lastPcr } = await inspectFileInTurns(file, (chunk) => hash?.update(chunk));
  const end = (await Deno.stat(file)).mtime ?? new Date(start);
  return {
    state: "final",
    end: end.toISOString(),
    firstPacket: { time: null, pcr: firstPcr },
    lastPacket: { time: null, pcr: lastPcr },
    next: null,
    reason: "interrupted",
    text: "interrupted before it reported an end; size, TS health and checksum are those of the file",
    durationMs: Math.max(0, end.getTime() - Date.parse(start)),
    bytes: ts.bytes,
    statistics: null,
    losses: null,
    diskGaps: null,
    clockSteps: null,
    ts,
    continuations: null,
    checksumState: null,
    checksum: checksum === null || hash === null ? null : { ...checksum, value: hash.digest("hex") },
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch {
    return false; // it does not exist
  }
}
