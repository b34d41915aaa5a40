/**
 * The file beside a recording that says what it is: `cam1_2026-05-04_14-03-07.ts.json`.
 *
 * It is written as `recording` at the begin and replaced in one step by the final one, so that whoever reads it reads one or the
 * other, also after a power cut; one that still says `recording` without a process behind it belongs to a session that was killed.
 *
 * Called by: the session and `recover`.
 * Fails: {@linkcode SidecarError}; the recording itself is not touched.
 *
 * @module
 */

import type { FinalSidecar, RunningSidecar, SidecarStart } from "./sidecar_record.ts";

/** Behind the recording's name. */
export const SIDECAR_ENDING = ".json";
/** Behind the sidecar's name: the room for the final one, made at the begin so that a full disk can still be told of. */
const PART_ENDING = ".part";
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
  explaining(`write ${path}`, () => {
    const file = Deno.openSync(path, { write: true, create: true, truncate: true });
    try {
      writeAll(file, encode(running));
      using room = Deno.openSync(`${path}${PART_ENDING}`, { write: true, create: true, truncate: true });
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
  explaining(`finish ${path}`, () => {
    const bytes = encode(final);
    using part = Deno.openSync(`${path}${PART_ENDING}`, { write: true, create: true });
    writeAll(part, bytes);
    part.truncateSync(bytes.length);
    part.syncDataSync(); // the disk has all of it before it is given the name
    Deno.renameSync(`${path}${PART_ENDING}`, path);
  });
}

/** Takes it away, for a recording that was empty and is taken away too. */
export function removeSidecar(recording: string): void {
  const path = sidecarPath(recording);
  explaining(`remove ${path}`, () => {
    Deno.removeSync(`${path}${PART_ENDING}`);
    Deno.removeSync(path);
  });
}

function encode(content: RunningSidecar | FinalSidecar): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

function explaining(action: string, act: () => void): void {
  try {
    act();
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new SidecarError(`Cannot ${action}: ${words}`, { cause });
  }
}
