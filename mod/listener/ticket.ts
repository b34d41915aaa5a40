/**
 * Makes the ticket of a child from the caller's request, its admission and the operator's settings.
 *
 * @module
 */

import type { Admit } from "../admission/verdict.ts";
import type { CallerRequest } from "../door/caller_request.ts";
import type { Ticket } from "../handoff/contract.ts";
import type { SegmentRules } from "../recording/segment_schedule.ts";

/** How long libsrt may take to accept a caller whose CONCLUSION is in the queue already. */
const ACCEPT_TIMEOUT_MS = 3000;

/** The operator's settings for every session. */
export interface SessionSettings {
  /** Absolute path of an existing folder for recordings, or null. */
  readonly out: string | null;
  readonly utc: boolean;
  readonly statsIntervalMs: number | null;
  /** As in the ticket; sidecar and checksum matter only if `out` is set. */
  readonly analyze: boolean;
  readonly sidecar: boolean;
  readonly checksum: "sha256" | null;
  /** When recordings go on in new files; null: never. */
  readonly segments: SegmentRules | null;
}

/** What a ticket depends on besides the request. */
export interface TicketParts {
  readonly admit: Admit;
  /** Null if the caller does not encrypt. Secret. */
  readonly passphrase: string | null;
  readonly settings: SessionSettings;
  /** In ms; null: never. */
  readonly statsIntervalMs: number | null;
}

/** Makes the ticket of the session with this ID. */
export function makeTicket(
  session: string,
  { caller, local, conclusion, streamId }: CallerRequest,
  { admit: { latencyMs, idleMs, srt }, passphrase, settings, statsIntervalMs }: TicketParts,
): Ticket {
  const { out, utc, analyze, sidecar, checksum, segments } = settings;
  const name = streamId.name ?? `${caller.address}_${caller.port}`;
  return {
    session,
    spare: false,
    caller,
    local,
    callerSocketId: conclusion.handshake.socketId,
    callerStreamId: conclusion.streamId,
    callerLatencyMs: conclusion.senderLatencyMs,
    initialSequence: conclusion.handshake.initialSequence,
    srtVersion: conclusion.srtVersion ?? "unknown",
    stream: streamId.name,
    streamId: streamId.masked,
    encrypted: conclusion.keyMaterial !== null,
    keyLength: conclusion.keyMaterial?.keyLength ?? 0,
    latencyMs,
    passphrase,
    sink: out === null ? { kind: "none" } : { kind: "file", directory: out, name, utc, sidecar, checksum, segments },
    analyze,
    statsIntervalMs,
    idleMs,
    srt,
    acceptTimeoutMs: ACCEPT_TIMEOUT_MS,
  };
}
