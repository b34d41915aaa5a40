/**
 * Makes the ticket of a child from the caller's request, its admission and the operator's settings.
 *
 * @module
 */

import type { Admit } from "../admission/verdict.ts";
import type { CallerRequest } from "../door/caller_request.ts";
import type { OutputsTicket, Ticket } from "../handoff/contract.ts";
import { canonicalName, type StreamId } from "../packet/stream_id.ts";
import { ID_PREFIX, idKeysOf, type NameTemplate, type NameValues } from "../recording/name_template.ts";
import type { RejoinRequest } from "../recording/rejoin.ts";
import type { SegmentRules } from "../recording/segment_schedule.ts";

/** How long libsrt may take to accept a caller whose CONCLUSION is in the queue already. */
const ACCEPT_TIMEOUT_MS = 3000;

/** The operator's settings for every session. */
export interface SessionSettings {
  /** Absolute path of an existing folder for recordings, or null. */
  readonly out: string | null;
  /** Whether the payload of one session goes to stdout; `out` is null then. */
  readonly stdout: boolean;
  readonly utc: boolean;
  /** At the start of the run, in ms; null: never. */
  readonly statsIntervalMs: number | null;
  /** As in the ticket. */
  readonly analyze: boolean;
  /** As in the ticket; has no effect if `out` is null. */
  readonly sidecar: boolean;
  /** As in the ticket; has no effect if `out` is null. */
  readonly checksum: "sha256" | null;
  /** As in the ticket. */
  readonly timeZone: string | null;
  /** The template of the file names of recordings. */
  readonly template: NameTemplate;
  /** When recordings continue in new files; null: never. */
  readonly segments: SegmentRules | null;
  /** How long after the end of a session another one with its stream name continues its recording, in ms; null: never. */
  readonly rejoinMs: number | null;
  /** The programs and addresses that get the payload of each session, or null. */
  readonly outputs: Omit<OutputsTicket, "values" | "utc"> | null;
}

/** The other side of a session: a caller, or a listener that is called. */
export interface TicketPeer extends
  Pick<
    Ticket,
    | "call"
    | "caller"
    | "local"
    | "callerSocketId"
    | "callerStreamId"
    | "callerLatencyMs"
    | "concludedMs"
    | "initialSequence"
    | "srtVersion"
    | "encrypted"
    | "keyLength"
    | "acceptTimeoutMs"
  > {
  readonly streamId: StreamId;
}

/** What a ticket depends on besides the other side. */
export interface TicketParts {
  readonly terms: Pick<Admit, "latencyMs" | "idleMs" | "srt">;
  /** Null if the caller does not encrypt. Secret. */
  readonly passphrase: string | null;
  readonly settings: SessionSettings;
  /** In ms; null: never. It counts, and not that of `settings`, because SIGHUP can change it. */
  readonly statsIntervalMs: number | null;
  /** As in the ticket. */
  readonly rejoin: RejoinRequest | null;
  /** Name of the control socket. */
  readonly control: string;
}

/** Returns the caller as the ticket of its session needs it. */
export function callerOf({ caller, local, streamId, conclusion, concludedMs }: CallerRequest): TicketPeer {
  return {
    call: null,
    caller,
    local,
    streamId,
    callerSocketId: conclusion.handshake.socketId,
    callerStreamId: conclusion.streamId,
    callerLatencyMs: conclusion.senderLatencyMs,
    concludedMs,
    initialSequence: conclusion.handshake.initialSequence,
    srtVersion: conclusion.srtVersion ?? "unknown",
    encrypted: conclusion.keyMaterial !== null,
    keyLength: conclusion.keyMaterial?.keyLength ?? 0,
    acceptTimeoutMs: ACCEPT_TIMEOUT_MS,
  };
}

/** Makes the ticket of the session with this ID. */
export function makeTicket(
  session: string,
  { streamId, ...peer }: TicketPeer,
  { terms: { latencyMs, idleMs, srt }, passphrase, settings, statsIntervalMs, rejoin, control }: TicketParts,
): Ticket {
  const { out, stdout, template, utc, analyze, sidecar, checksum, timeZone, segments } = settings;
  const { outputs } = settings;
  const targets = outputs?.udp.map(({ target }) => target) ?? [];
  const streamIds = outputs?.forwards.map(({ streamId }) => streamId ?? []) ?? [];
  const keys = idKeysOf([...template, ...outputs?.commands.flat() ?? [], ...targets, ...streamIds]);
  const values = nameValues(session, { ...peer, streamId }, keys);
  const names = { template, values, utc };
  return {
    ...peer,
    session,
    control,
    spare: false,
    stream: streamId.name,
    streamId: streamId.masked,
    latencyMs,
    passphrase,
    sink: stdout
      ? { kind: "stdout" }
      : out === null
      ? { kind: "none" }
      : { kind: "file", directory: out, names, sidecar, checksum, timeZone, segments, rejoin },
    outputs: outputs === null ? null : { ...outputs, values, utc },
    analyze,
    statsIntervalMs,
    idleMs,
    srt,
  };
}

/** Returns the caller's values for file names: of its stream ID only the keys that templates name, and no secrets. */
function nameValues(
  session: string,
  { caller, streamId: { name, user, keys } }: Pick<TicketPeer, "caller" | "streamId">,
  idKeys: readonly string[],
): NameValues {
  const safe = (text: string | null | undefined) => canonicalName(text ?? "") ?? "";
  return {
    stream: name ?? `${caller.address}_${caller.port}`,
    user: safe(user),
    address: caller.address,
    session,
    ...Object.fromEntries(idKeys.map((key) => [`${ID_PREFIX}${key}`, safe(keys.get(key))])),
  };
}
