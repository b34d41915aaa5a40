/**
 * What the end of a child means: the rejection of a caller that was not accepted, or the end of a session that crashed.
 *
 * @module
 */

import { LISTENER_STOPS } from "../admission/judge_request.ts";
import { type Reject, reject } from "../admission/verdict.ts";
import { ExecutableReplacedError, type HandoffError } from "../handoff/child_command.ts";
import { type KnownSink, startFields, type Ticket } from "../handoff/contract.ts";
import type { ChildOutcome } from "../handoff/session_child.ts";
import { withDeadline } from "../os/deadline.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import { bitsPerSecond, formatDuration } from "../report/format.ts";
import { messageOf, systemProblem } from "../report/problem.ts";
import { explainRejection } from "./libsrt_rejection.ts";
import { type FolderProblem, goneFolder } from "../recording/folder_check.ts";
import type { SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";

/** EAGAIN and ENOMEM as Rust, libsrt, V8 (`Check failed`) and Deno write them. */
const LACK_OF_RESOURCES: readonly string[] = [
  "(os error 11)",
  "(os error 12)",
  "Resource temporarily unavailable",
  "Cannot allocate memory",
  "pthread_create failed",
  "Check failed: Start()",
  "unable to create worker threads",
];

/** EMFILE as Rust writes it. */
const LACK_OF_DESCRIPTORS = "(os error 24)";

/** What the end of a crashed session depends on, besides the end of its process. */
export interface CrashedSession extends Pick<Ticket, "session" | "caller" | "stream"> {
  readonly sink: KnownSink;
  /** Whether the other side is a listener that was called. */
  readonly pulled: boolean;
}

type Crash = Extract<ChildOutcome, { readonly kind: "crashed" }>;

/** libsrt's default of `SRTO_RCVLATENCY`, in ms. */
const LIBSRT_LATENCY_MS = 120;
/** Longest time for which payload that is due waits to be written, unless the disk stalls. */
const UNWRITTEN_MS = 500;
/** How long the disk may take to report the size of a file: the end of a session, and a stop, wait for it. */
const SIZE_MS = 1000;

/** A limit of this machine keeps a process from starting. */
const NO_RESOURCES = reject(REJECTION.RESOURCE, {
  text: "no process can be started for it: a limit of processes, threads or memory is reached",
  advice: "raise ulimit -u of the user, TasksMax of the service, or pids.max and memory of the container",
});

/** The listener has too many open files. */
const NO_DESCRIPTORS = reject(REJECTION.RESOURCE, {
  text: "no process can be started for it: the limit of open files is reached",
  advice: "raise ulimit -n of the listener, or LimitNOFILE of its service",
});

const CALL_STOPPED = reject(REJECTION.DOWN, {
  text: "its process was ordered to stop before the listener had answered",
  advice: "if this happens again, find out what sends SIGTERM to the process",
});

/** Rejects a caller because nothing can be recorded now. */
export function folderRejection({ text, hint }: FolderProblem): Reject {
  return reject(REJECTION.NOROOM, { text, advice: hint });
}

/** Explains why no process could be started for an admitted caller. `out`: folder of recordings, or null. */
export function explainNotStarted({ cause }: HandoffError, out: string | null): Reject {
  if (cause instanceof ExecutableReplacedError) {
    return reject(REJECTION.ISE, {
      text: cause.message,
      advice: "start the new program with --replace and the same address: it takes over the sessions",
    });
  }
  // from source, a child starts in the folder `out` if its path has a comma; if `out` is gone, the error is about the program file
  if (out !== null && isGone(out)) return folderRejection(goneFolder(out));
  if (isLackOfResources(messageOf(cause))) return NO_RESOURCES;
  if (messageOf(cause).includes(LACK_OF_DESCRIPTORS)) return NO_DESCRIPTORS;
  return reject(REJECTION.ISE, {
    text: `no process can be started for it: ${systemProblem(cause)}`,
    advice: "check the program file and its permissions",
  });
}

/**
 * Explains why a caller that had a child was not accepted, or returns null if it was.
 *
 * @param options `output`: what the child wrote to stderr before it was ready. `pulled`: whether the other side is a listener that
 * was called; the call is repeated automatically, so the advice does not ask for another one.
 */
export function explainNotAccepted(
  outcome: ChildOutcome,
  { output, pulled }: { readonly output: readonly string[]; readonly pulled: boolean },
): Reject | null {
  switch (outcome.kind) {
    case "handed-over":
      return null;
    case "ended":
      return null;
    case "not-accepted":
      return explainCause(outcome, pulled);
    case "crashed":
      if (outcome.started !== null) return null;
      if (output.some(isLackOfResources)) return NO_RESOURCES;
      return reject(REJECTION.ISE, {
        text: `its process died before its session began (${exitOf(outcome)})`,
        advice: `${pulled ? "" : "call again; "}--verbose shows what the process wrote`,
      });
    default:
      return outcome satisfies never;
  }
}

function explainCause(
  { cause, text, reason }: Extract<ChildOutcome, { readonly kind: "not-accepted" }>,
  pulled: boolean,
): Reject {
  switch (cause) {
    case "rejected":
      return explainRejection(reason ?? REJECTION.ROGUE);
    case "stopped":
      return pulled ? CALL_STOPPED : LISTENER_STOPS;
    case "no-libsrt":
      return reject(REJECTION.ISE, {
        text: `libsrt cannot be used any more: ${text}`,
        advice: "install libsrt again, and restart srt-splitter",
      });
    case "resources":
      return NO_RESOURCES;
    case "timeout":
      return reject(REJECTION.ISE, {
        text: `it was not accepted in time: ${text}`,
        advice: `check the load of this machine${pulled ? "" : ", then call again"}`,
      });
    case "connection":
      return reject(REJECTION.ISE, {
        text: `libsrt could not accept it: ${text}`,
        advice: `${pulled ? "" : "call again; "}if it happens again, report it`,
      });
    case "replaced":
      return reject(REJECTION.CONFLICT, {
        text: "another caller with its stream name, or the same caller again, took its place",
        advice: "set another stream ID in each caller, or choose --on-return new-file or refuse",
      });
    default:
      return cause satisfies never;
  }
}

/** Describes how a process ended. */
function exitOf({ signal, code }: Pick<Crash, "signal" | "code">): string {
  if (signal !== null) return signal;
  return code === null ? "an earlier process had started it, so the cause is not known" : `exit code ${code}`;
}

/** Reports whether a text of Deno, V8, libsrt or the C library is about a limit of processes, threads or memory. */
function isLackOfResources(text: string): boolean {
  return LACK_OF_RESOURCES.some((sign) => text.includes(sign));
}

/** Makes the `session-start` event of a connection whose child died before its recording began. */
export function startOfCrash(ticket: Ticket, pid: number): SessionStartEvent {
  return {
    event: "session-start",
    time: new Date().toISOString(),
    ...startFields(ticket),
    latencyMs: Math.max(ticket.latencyMs ?? LIBSRT_LATENCY_MS, ticket.callerLatencyMs),
    file: null,
    earlierBytes: 0,
    pid,
  };
}

/**
 * Makes the `session-end` event of a session whose child died. The size of its files is the payload that was kept.
 *
 * @param options `nowMs`: when it ended, by the wall clock. `sizeOf`: reads the size of a file; if that takes longer than
 * {@linkcode SIZE_MS}, the last statistics are all that is known.
 */
export async function sessionEndOfCrash(
  { durationMs, killed, started, files: paths, omittedFiles, lastStats, proven, signal, code }: Crash,
  { session, caller, stream, sink, pulled }: CrashedSession,
  { nowMs = Date.now(), sizeOf = fileBytes }: {
    readonly nowMs?: number;
    readonly sizeOf?: (file: string) => Promise<number>;
  } = {},
): Promise<SessionEndEvent> {
  const sizes = await Promise.all(paths.map((path) => knownSize(sizeOf(path))));
  const files = paths.filter((_path, index) => sizes[index] !== "gone");
  const gone = paths.filter((_path, index) => sizes[index] === "gone");
  const unread = paths.filter((_path, index) => sizes[index] === "unknown");
  const namedBytes = sizes.reduce<number>((sum, size) => sum + (typeof size === "number" ? size : 0), 0);
  const reportedBytes = lastStats?.bytes ?? 0;
  const keptBytes = omittedFiles > 0 ? Math.max(namedBytes, reportedBytes) : namedBytes;
  const bytes = paths.length === 0 || unread.length > 0 ? reportedBytes : keptBytes;
  const lost = gone.map((path) => `; ${path} was removed or moved: it has what had arrived, if it still exists`);
  const unknown = unread.map((path) => `; the size of ${path} cannot be read`);
  const missingMs = (started?.latencyMs ?? 0) + UNWRITTEN_MS;
  const isStdout = sink.kind === "stdout";
  const place = isStdout ? "stdout, or more if the program that reads it is slow" : "the file";
  const missing = started === null
    ? "; its recording had not begun, so everything that had arrived is lost"
    : files.length > 0 || isStdout
    ? `; up to ${formatDuration(missingMs)} before the end may be missing in ${place}`
    : "";
  const died = killed === null
    ? `its process died (${exitOf({ signal, code })})`
    : `its process was killed because ${killed}`;
  return {
    event: "session-end",
    time: new Date(nowMs).toISOString(),
    session,
    caller,
    stream,
    reason: "crashed",
    text: `${died}${pulled ? "" : "; its caller got a SHUTDOWN"}${missing}${[...lost, ...unknown].join("")}`,
    advice: files.length > 0 && sink.sidecar ? `complete its sidecar: srt-splitter recover ${sink.directory}` : "",
    signal,
    durationMs,
    bytes,
    bitsPerSecond: bitsPerSecond(bytes, durationMs),
    file: files.at(-1) ?? null,
    files,
    // payload may have arrived before the recording began, and may have reached stdout before anything was reported
    attempt: started !== null && !isStdout && bytes === 0 && gone.length === 0 && unread.length === 0 && !proven,
    outputs: [],
    statistics: lastStats?.statistics ?? null,
    ts: lastStats?.ts ?? null,
  };
}

/** Returns the size of a file. Rejects if there is none. */
export async function fileBytes(file: string): Promise<number> {
  return (await Deno.stat(file)).size;
}

/** Waits for the size of a file. If a stalled disk blocked the process, it may block this too. */
async function knownSize(size: Promise<number>): Promise<number | "gone" | "unknown"> {
  try {
    const known = await withDeadline(size, SIZE_MS);
    return known === "late" ? "unknown" : known;
  } catch (error) {
    return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ? "gone" : "unknown";
  }
}

function isGone(folder: string): boolean {
  try {
    return !Deno.statSync(folder).isDirectory;
  } catch {
    return true;
  }
}
