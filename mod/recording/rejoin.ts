/**
 * Opens a recording that has ended, so that a later session of the same stream continues it (`--rejoin`).
 *
 * The recording is continued only if its sidecar is final, has the current schema version, and fits the new session, and if the
 * file has the name and the size that the sidecar states. The file is locked before the sidecar is read, until the new session
 * closes it.
 *
 * @module
 */

import { type NewFile, openExistingFile } from "../os/new_file.ts";
import { folderOf, nameOf } from "../os/path.ts";
import { sleep } from "../os/timer.ts";
import type { FinalSidecar, SidecarStart } from "../vocabulary/sidecar.ts";
import { SIDECAR_SCHEMA_VERSION } from "../vocabulary/values.ts";
import { removeFromManifest } from "./manifest.ts";
import type { Rejoined } from "./recording_event.ts";
import { callerFields, hasPart, SidecarFile, sidecarPath } from "./sidecar_file.ts";

/** Time between two attempts to open a recording that is still in use. */
const RETRY_MS = 20;
/** How long a session may take to complete its sidecar after it has closed its recording. Our choice: its own limit is 2 s. */
const SIDECAR_MS = 3000;
/** The state of a checksum (sha256.ts). */
const STATE = /^[0-9a-f]{64}(?:[0-9a-f]{2}){0,63}$/;

/** Which recording to continue. */
export interface RejoinRequest {
  /** Absolute path. */
  readonly file: string;
  /** The stream name that its sidecar must have. */
  readonly stream: string;
  /** The checksum that its sidecar must have, or null for none. */
  readonly checksum: "sha256" | null;
  /** How long to wait for the session that still writes it, in ms. */
  readonly waitMs: number;
}

/** A recording that has ended, opened to be continued. */
export interface EndedRecording extends Rejoined {
  /** Absolute path. */
  readonly path: string;
  /** Locked; the next write appends. */
  readonly handle: NewFile;
  readonly bytes: number;
}

/** Opens a recording, or returns null if it cannot be continued. `isGivenUp`: whether to wait no longer. */
export async function openEndedRecording(
  request: RejoinRequest,
  isGivenUp: () => boolean,
): Promise<EndedRecording | null> {
  const endMs = performance.now() + request.waitMs;
  let closedMs: number | null = null;
  while (!isGivenUp()) {
    const found = await tryToOpen(request);
    if (found === null || typeof found === "object") return found;
    const nowMs = performance.now();
    if (found === "unfinished") closedMs ??= nowMs;
    if (nowMs >= endMs || (closedMs !== null && nowMs - closedMs >= SIDECAR_MS)) return null;
    await sleep(RETRY_MS);
  }
  return null;
}

/** `locked`: its session still writes it; `unfinished`: its session has closed it, and its sidecar is not complete yet. */
async function tryToOpen(request: RejoinRequest): Promise<EndedRecording | "locked" | "unfinished" | null> {
  const { file: path } = request;
  const handle = await openExistingFile(path);
  if (handle === null) return null;
  let result: EndedRecording | "locked" | "unfinished" | null = null;
  try {
    result = await handle.tryLock() ? await check(request, handle) : "locked";
  } catch {
    // the file or its sidecar was removed, or cannot be read
  }
  if (result === null || typeof result === "string") await handle.close();
  return result;
}

async function check(request: RejoinRequest, handle: NewFile): Promise<EndedRecording | "unfinished" | null> {
  const { file: path } = request;
  const sidecar: unknown = JSON.parse(await Deno.readTextFile(sidecarPath(path)));
  if (typeof sidecar !== "object" || sidecar === null || !("state" in sidecar)) return null;
  if (sidecar.state === "recording") return "unfinished";
  const [own, found] = [await handle.stat(), await Deno.lstat(path)];
  const isSame = found.isFile && own.dev === found.dev && own.ino === found.ino && own.nlink === 1;
  if (!isSame || !canContinue(sidecar, request) || sidecar.bytes !== found.size || await hasPart(path)) return null;
  handle.moveTo(found.size);
  // before anything is appended: if this process is killed, `recover` completes the sidecar of the whole file
  const running = await SidecarFile.begin(path, startOf(sidecar), { algorithm: request.checksum, replaced: sidecar });
  // if the line stays in the manifest, it is replaced when the session ends
  if (request.checksum !== null) await removeFromManifest(folderOf(path), sidecar.file).catch(() => {});
  return { path, handle, bytes: found.size, sidecar, running };
}

/** Returns what was known when a recording began. */
function startOf(sidecar: FinalSidecar): SidecarStart {
  const { schema, file, previous, start, timeZone, utcOffsetMinutes, segment, first } = sidecar;
  return { schema, file, previous, ...callerFields(sidecar), start, timeZone, utcOffsetMinutes, segment, first };
}

function canContinue(
  value: object,
  { file, stream, checksum }: RejoinRequest,
): value is FinalSidecar {
  const sidecar = value as Partial<FinalSidecar>;
  if (sidecar.state !== "final" || sidecar.schema !== SIDECAR_SCHEMA_VERSION || sidecar.next !== null) return false;
  if (sidecar.file !== nameOf(file) || sidecar.stream !== stream) return false;
  if (typeof sidecar.start !== "string" || Number.isNaN(Date.parse(sidecar.start))) return false;
  if (typeof sidecar.segment !== "number" || typeof sidecar.first !== "string") return false;
  if ((sidecar.checksum?.algorithm ?? null) !== checksum) return false;
  return checksum === null || STATE.test(sidecar.checksumState ?? "");
}
