/**
 * The sidecar of a recording, `cam1_2026-05-04_14-03-07.ts.json`: written when the recording begins, replaced when it ends.
 *
 * The final one replaces the first in one step, so that a reader sees one or the other, also after a power cut. A sidecar in the
 * state `recording` without a process that records belongs to a session that was killed. No call follows a symbolic link.
 *
 * @module
 */

import { createNewFile, type NewFile } from "../os/new_file.ts";
import { systemProblem } from "../report/problem.ts";
import type { FinalSidecar, RunningSidecar, SidecarStart } from "../vocabulary/sidecar.ts";

/** Appended to the recording's name. */
export const SIDECAR_ENDING = ".json";
/** Appended to the name of a sidecar or manifest until all of it is written. */
export const PART_ENDING = ".part";
/** Our choice: what a final sidecar usually takes, 3 to 8 kB, with a margin. Reserved at the start, in case the disk fills up. */
export const ROOM_BYTES = 16_384;

/** A sidecar cannot be written. */
export class SidecarError extends Error {
  override readonly name = "SidecarError";
}

/** Returns the path of a recording's sidecar. */
export function sidecarPath(recording: string): string {
  return `${recording}${SIDECAR_ENDING}`;
}

/** The sidecar of a running recording. Until it is finished or removed, it owns the open file that becomes the final sidecar. */
export class SidecarFile implements AsyncDisposable {
  readonly #path: string;
  readonly #part: NewFile;

  private constructor(path: string, part: NewFile) {
    this.#path = path;
    this.#part = part;
  }

  /**
   * Writes the sidecar of a recording that begins. Fails if its `.part` file exists, or if a sidecar exists and `replaced` is null.
   *
   * @param recording Path of the recording.
   * @param options `algorithm`: the checksum that the final sidecar will have, or null. `replaced`: the existing sidecar, which is
   * written again if a later step fails; null if there is none.
   * @throws {SidecarError} Nothing is left behind, unless the error names it.
   */
  static async begin(
    recording: string,
    start: SidecarStart,
    { algorithm, replaced = null }: {
      readonly algorithm: "sha256" | null;
      readonly replaced?: FinalSidecar | null;
    },
  ): Promise<SidecarFile> {
    const path = sidecarPath(recording);
    const made: string[] = []; // only these are removed after an error
    let overwritten: FinalSidecar | null = null;
    try {
      await place(path, running(start, algorithm), { made, replace: replaced !== null });
      if (replaced !== null) made.pop();
      overwritten = replaced;
      const part = await createNewFile(partOf(path));
      made.push(partOf(path));
      try {
        await writeAll(part, new Uint8Array(ROOM_BYTES));
      } catch (error) {
        await part.close();
        throw error;
      }
      return new SidecarFile(path, part);
    } catch (error) {
      const failure = await explain(`cannot write ${path}`, error, made);
      // if that fails too, `recover` can still complete the sidecar
      if (overwritten !== null) {
        await writeFinalSidecar(recording, overwritten, { replace: true }).catch(() => {});
      }
      throw failure;
    }
  }

  /**
   * Replaces the sidecar with the final one, once. If its part was deleted meanwhile, it is written again.
   *
   * @throws {SidecarError} The first one stays.
   */
  async finish(final: FinalSidecar): Promise<void> {
    const bytes = encode(final);
    const made: string[] = [];
    try {
      if (!await exists(partOf(this.#path))) return await place(this.#path, final, { made, replace: true });
      made.push(partOf(this.#path));
      this.#part.rewind();
      await writeAll(this.#part, bytes);
      await this.#part.truncate(bytes.length);
      await this.#part.syncData(); // all of it is on the disk before it has the name
      await Deno.rename(partOf(this.#path), this.#path);
    } catch (error) {
      throw await explain(`cannot complete ${this.#path}`, error, made);
    } finally {
      await this[Symbol.asyncDispose]();
    }
  }

  /** Removes the sidecar, because it describes no complete recording. @throws {SidecarError} */
  async remove(): Promise<void> {
    await this[Symbol.asyncDispose]();
    for (const path of [partOf(this.#path), this.#path]) {
      try {
        await Deno.remove(path);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) continue;
        throw await explain(`cannot remove ${path}`, error, []);
      }
    }
  }

  /** Closes the open file. Does not change the sidecar. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#part.close();
  }
}

/**
 * Writes a final sidecar without a {@linkcode SidecarFile}: if the process of the recording has ended, or its first sidecar could
 * not be written.
 *
 * @param options `replace`: whether a sidecar that exists is replaced; if so, a part that was left behind is removed.
 * @throws {SidecarError}
 */
export async function writeFinalSidecar(
  recording: string,
  final: FinalSidecar,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  const path = sidecarPath(recording);
  const made: string[] = [];
  try {
    if (replace) await Deno.remove(partOf(path)).catch(ignoreMissing);
    await place(path, final, { made, replace });
  } catch (error) {
    throw await explain(`cannot complete ${path}`, error, made);
  }
}

function running(start: SidecarStart, algorithm: "sha256" | null): RunningSidecar {
  return {
    state: "recording",
    ...start,
    end: null,
    firstPacket: null,
    lastPacket: null,
    next: null,
    reason: null,
    text: null,
    durationMs: null,
    bytes: null,
    statistics: null,
    losses: null,
    diskGaps: null,
    clockSteps: null,
    ts: null,
    continuations: null,
    checksumState: null,
    checksum: algorithm === null ? null : { algorithm, value: null },
  };
}

/** The fields of a sidecar about the session and its caller. */
type CallerFields = Pick<
  SidecarStart,
  "session" | "caller" | "local" | "stream" | "streamId" | "srtVersion" | "latencyMs" | "encrypted" | "keyLength"
>;

/** Returns the fields about the session and its caller, from an event or from another sidecar. */
export function callerFields(
  { session, caller, local, stream, streamId, srtVersion, latencyMs, encrypted, keyLength }: CallerFields,
): CallerFields {
  return { session, caller, local, stream, streamId, srtVersion, latencyMs, encrypted, keyLength };
}

/** Reports whether the part of a sidecar exists. `recording`: the path of the recording. */
export function hasPart(recording: string): Promise<boolean> {
  return exists(partOf(sidecarPath(recording)));
}

function partOf(path: string): string {
  return `${path}${PART_ENDING}`;
}

function encode(content: RunningSidecar | FinalSidecar): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}

/**
 * Writes a part that does not exist yet to the disk, and gives it the sidecar's name.
 *
 * @param options `made` gets the path of what was made so far, even if a later step fails.
 */
async function place(
  path: string,
  content: RunningSidecar | FinalSidecar,
  { made, replace }: { readonly made: string[]; readonly replace: boolean },
): Promise<void> {
  await using part = await createNewFile(partOf(path));
  made.push(partOf(path));
  await writeAll(part, encode(content));
  await part.syncData();
  if (!replace && await exists(path)) throw new Deno.errors.AlreadyExists("another file has its name");
  await Deno.rename(partOf(path), path);
  made[made.length - 1] = path;
}

async function writeAll(file: NewFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Removes the files in `useless`, and explains the error. */
async function explain(action: string, cause: unknown, useless: readonly string[]): Promise<SidecarError> {
  const left: string[] = [];
  for (const path of useless) {
    if (!await tryToRemove(path)) left.push(`; ${path} is left over`);
  }
  return new SidecarError(`${action}: ${systemProblem(cause)}${left.join("")}`, { cause });
}

/** Removes a file that this program made, but nothing else that has its name now. Returns false if that fails. */
async function tryToRemove(path: string): Promise<boolean> {
  try {
    if ((await Deno.lstat(path)).isFile) await Deno.remove(path);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}
