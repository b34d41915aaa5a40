/**
 * What the end of a child means: the rejection of a caller that was not accepted, or the end of a session that crashed.
 *
 * @module
 */

import { type Reject, reject as makeReject } from "../admission/verdict.ts";
import { ExecutableReplacedError, type HandoffError } from "../handoff/child_command.ts";
import type { NotAcceptedCause } from "../handoff/child_message.ts";
import type { Ticket } from "../handoff/contract.ts";
import type { ChildOutcome } from "../handoff/session_child.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import { formatDuration } from "../report/format.ts";
import { type FolderProblem, goneFolder } from "../recording/folder_check.ts";
import type { SessionEndEvent } from "../vocabulary/events.ts";

/** Payload that was due waits so long at most to be written, unless the disk stalls. */
const UNWRITTEN_MS = 500;
/** How long the disk may take to report the size of a file: the end of a session, and a stop, wait for it. */
const SIZE_MS = 1000;

/** Rejects a caller because nothing can be recorded now. */
export function folderRejection({ text, hint }: FolderProblem): Reject {
  return reject(REJECTION.NOROOM, text, hint);
}

/** Explains why no process could be started for an admitted caller. `out`: folder of recordings, or null. */
export function explainNotStarted(error: HandoffError, out: string | null): Reject {
  if (error.cause instanceof ExecutableReplacedError) return explainNotAccepted("upgraded", error.cause.message);
  // a process starts in that folder; if it is gone, the error names the program instead
  if (out !== null && isGone(out)) return folderRejection(goneFolder(out));
  return explainNotAccepted("start", `${error.message}: ${String(error.cause)}`);
}

/** Explains why an admitted caller was not accepted, as the rejection that it gets. */
export function explainNotAccepted(
  cause: NotAcceptedCause | "start" | "upgraded" | "crashed",
  text: string,
): Reject {
  switch (cause) {
    case "stopped":
      return reject(REJECTION.DOWN, "the listener is shutting down", "call again when it is running again");
    case "no-libsrt":
      return reject(REJECTION.ISE, `libsrt cannot be used any more: ${text}`, "install libsrt again and restart");
    case "timeout":
      return reject(
        REJECTION.ISE,
        `it was not accepted in time: ${text}`,
        "check the load of this machine, then call again",
      );
    case "connection":
      return reject(REJECTION.ISE, `libsrt could not accept it: ${text}`, "call again; if it happens again, report it");
    case "start":
      return reject(REJECTION.RESOURCE, text, "check this machine's limits of processes and memory");
    case "replaced":
      return reject(
        REJECTION.CONFLICT,
        "another caller of its stream name, or the same one again, took its place",
        "set another stream ID in each caller, or choose --on-return new-file or refuse",
      );
    case "upgraded":
      return reject(REJECTION.ISE, text, "start it again; running sessions go on to their end");
    case "crashed":
      return reject(REJECTION.ISE, `its process died before it was accepted (${text})`, "call again; see --verbose");
    default:
      return cause satisfies never;
  }
}

/**
 * Makes the end of a session whose child died; the size of its file is the payload that was kept.
 *
 * @param sizeOf Reads the size of a file. Without an answer in {@linkcode SIZE_MS}, the last statistics are all that is known.
 */
export async function sessionEndOfCrash(
  { durationMs, killed, started, files: paths, lastStats, proven, signal, code }: Extract<
    ChildOutcome,
    { readonly kind: "crashed" }
  >,
  { session, caller, stream, sink }: Ticket,
  nowMs: number,
  sizeOf: (file: string) => Promise<number> = fileBytes,
): Promise<SessionEndEvent> {
  const sizes = await Promise.all(paths.map((path) => knownSize(sizeOf(path))));
  const files = paths.filter((_path, index) => sizes[index] !== "gone");
  const gone = paths.filter((_path, index) => sizes[index] === "gone");
  const unread = paths.filter((_path, index) => sizes[index] === "unknown");
  const bytes = paths.length === 0 || unread.length > 0
    ? lastStats?.bytes ?? 0
    : sizes.reduce<number>((sum, size) => sum + (typeof size === "number" ? size : 0), 0);
  const hasSidecar = sink.kind === "file" && sink.sidecar;
  const advice = hasSidecar ? ` (srt-splitter recover ${sink.directory} finishes its sidecar)` : "";
  const lost = gone.map((path) => `; ${path} was removed: what had arrived is lost`).join("");
  const unknown = unread.map((path) => `; the size of ${path} cannot be read`).join("");
  const missing = formatDuration((started?.latencyMs ?? 0) + UNWRITTEN_MS);
  const kept = files.length === 0
    ? ""
    : `; the file holds what was due by then, and up to ${missing} before the end are not in it${advice}`;
  const died = killed === null
    ? `its process died (${signal ?? `exit code ${code}`})`
    : `its process was killed because ${killed}`;
  return {
    event: "session-end",
    time: new Date(nowMs).toISOString(),
    session,
    caller,
    stream,
    reason: "crashed",
    text: `${died}, and its caller got a SHUTDOWN${kept}${lost}${unknown}`,
    signal,
    durationMs,
    bytes,
    bitsPerSecond: durationMs > 0 ? Math.round(bytes * 8000 / durationMs) : 0,
    file: files.at(-1) ?? null,
    files,
    attempt: bytes === 0 && gone.length === 0 && unread.length === 0 && !proven,
    statistics: lastStats?.statistics ?? null,
    ts: lastStats?.ts ?? null,
  };
}

async function fileBytes(file: string): Promise<number> {
  return (await Deno.stat(file)).size;
}

/** Waits for the size of a file. The disk that held the process may not answer the listener either. */
async function knownSize(size: Promise<number>): Promise<number | "gone" | "unknown"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"unknown">((resolve) => timer = setTimeout(() => resolve("unknown"), SIZE_MS));
  try {
    return await Promise.race([size, late]);
  } catch (error) {
    return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ? "gone" : "unknown";
  } finally {
    clearTimeout(timer);
  }
}

function isGone(folder: string): boolean {
  try {
    return !Deno.statSync(folder).isDirectory;
  } catch {
    return true;
  }
}

function reject(reason: number, text: string, advice: string): Reject {
  return makeReject(reason, { text, advice });
}
