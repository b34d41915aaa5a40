/**
 * The file beside a recording that says what it is: `cam1_2026-05-04_14-03-07.ts.json`.
 *
 * It is written as `recording` at the begin and replaced in one step by the final one, so that whoever reads it reads one or the
 * other, also after a power cut; one that still says `recording` without a process behind it belongs to a session that was killed.
 *
 * @module
 */

import type { FinalSidecar, RunningSidecar, SidecarStart } from "../vocabulary/sidecar.ts";

/** Behind the recording's name. */
export const SIDECAR_ENDING = ".json";
/** Behind the sidecar's name: the room for the final one, made at the begin so that a full disk can still be told of. */
export const PART_ENDING = ".part";
/** Our choice: final sidecars have 3 to 8 kB; longer ones take what the disk has. */
const ROOM_BYTES = 16_384;

/** A sidecar cannot be written. */
export class SidecarError extends Error {
  override readonly name = "SidecarError";
}

/** Path of a recording's sidecar. */
export function sidecarPath(recording: string): string {
  return `${recording}${SIDECAR_ENDING}`;
}

/**
 * Says that `recording` is being recorded.
 *
 * @param algorithm The checksum that its end will have, or null.
 * @returns Settled when the disk has it. Nobody needs to wait: payload comes already, and the disk may be slow. Never rejects.
 * @throws {SidecarError}
 */
export function beginSidecar(recording: string, start: SidecarStart, algorithm: "sha256" | null): Promise<void> {
  const path = sidecarPath(recording);
  const running: RunningSidecar = {
    state: "recording",
    ...start,
    end: null,
    reason: null,
    text: null,
    durationMs: null,
    bytes: null,
    statistics: null,
    losses: null,
    ts: null,
    checksum: algorithm === null ? null : { algorithm, value: null },
  };
  let synced = Promise.resolve();
  const made: string[] = []; // what cannot be opened may be somebody else's
  explaining({ action: `write ${path}`, useless: made }, () => {
    const file = Deno.openSync(path, { write: true, create: true, truncate: true });
    made.push(path);
    try {
      writeAll(file, encode(running));
      using room = Deno.openSync(`${path}${PART_ENDING}`, { write: true, create: true, truncate: true });
      made.push(`${path}${PART_ENDING}`);
      writeAll(room, new Uint8Array(ROOM_BYTES));
    } catch (error) {
      file.close();
      throw error;
    }
    synced = file.syncData().catch(() => {}).finally(() => file.close());
  });
  return synced;
}

/** Replaces it by the final one. @throws {SidecarError} What was there before stays. */
export function finishSidecar(recording: string, final: FinalSidecar): void {
  const path = sidecarPath(recording);
  const partPath = `${path}${PART_ENDING}`;
  explaining({ action: `finish ${path}`, useless: [partPath] }, () => {
    const bytes = encode(final);
    using part = Deno.openSync(partPath, { write: true, create: true });
    writeAll(part, bytes);
    part.truncateSync(bytes.length);
    part.syncDataSync(); // the disk has all of it before it is given the name
    Deno.renameSync(partPath, path);
  });
}

/** Takes it away where it is there, for a recording that is not. @throws {SidecarError} */
export function removeSidecar(recording: string): void {
  const path = sidecarPath(recording);
  for (const name of [`${path}${PART_ENDING}`, path]) {
    explaining({ action: `remove ${name}`, useless: [] }, () => removeIfThere(name));
  }
}

function encode(content: RunningSidecar | FinalSidecar): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** `useless`: files that nobody needs where `act` fails. */
function explaining(
  { action, useless }: { readonly action: string; readonly useless: readonly string[] },
  act: () => void,
): void {
  try {
    act();
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    const left = useless.filter(staysBehind).map((path) => `; ${path} is left over`).join("");
    throw new SidecarError(`Cannot ${action}: ${words}${left}`, { cause });
  }
}

/** Tries to remove a file of ours; a folder of that name is none. */
function staysBehind(path: string): boolean {
  try {
    if (Deno.lstatSync(path).isFile) Deno.removeSync(path);
    return false;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
