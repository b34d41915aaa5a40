/**
 * The contract between listener and child: how a child is started, and what each of them sends to the other.
 *
 * The child is this program again: from source the main module of its role (`child_command.ts`), otherwise the executable with the
 * arguments `child` and the role. For a session, two more arguments follow the role: the descriptor of its end of the control
 * channel (`channel.ts`), and the libsrt to load, which it opens at once. (The executable's child also inherits the libsrt inside
 * it, as a sealed memory file.) stderr is for people.
 *
 * The listener sends a {@linkcode Ticket}, with the connected caller socket attached, then orders. A child that finds no ticket is
 * a spare: it reports `waiting`, and waits for one. The child sends `ChildMessage`s (`child_message.ts`), one JSON object each.
 *
 * If `call` is not null in the ticket, the socket is connected to a listener, which the child calls. Everything after that is the
 * same as for a caller: "caller" below stands for the other side.
 *
 * If the sink is `stdout`, the message after the ticket is {@linkcode STDOUT_MESSAGE}, with the listener's stdout attached.
 *
 * If `outputs` is not null, it is sent last, in a message of its own and not in the ticket.
 *
 * - If the channel ends before a caller is accepted, the child exits. If it ends later, the child records to the end, and tries to
 *   reach a listener at the control socket (`link.ts`). It introduces itself with an `Introduction` (`introduction.ts`), and that
 *   connection is its channel from then on. The listener closes it, or answers {@linkcode ANSWER_LEAVE}, if it does not adopt the
 *   child. Without a listener, reports are lost.
 * - On the order `hand-over`, which it gets only after its session has started, the child closes the channel, and introduces itself
 *   to the next listener immediately.
 * - After the order `wait`, which must arrive before the caller is accepted, the child begins to record at the order `record`, at
 *   the latest when a limit of `session/wait_for_turn.ts` is reached.
 * - On SIGTERM and on the orders `stop`, `replace`, `moved` and `full`, the child sends a SHUTDOWN to the caller, drains, closes
 *   the file and exits. The orders differ in the end reason, which decides the exit code. Before the caller is accepted, an order
 *   makes the child report `not-accepted` and exit.
 *
 * @module
 */

import type { CommandTemplate } from "../recording/command_template.ts";
import type { FileNames } from "../recording/file_name.ts";
import type { ForwardTemplate } from "../recording/forward_template.ts";
import type { RejoinRequest } from "../recording/rejoin.ts";
import type { SegmentRules } from "../recording/segment_schedule.ts";
import type { UdpTemplate } from "../recording/udp_template.ts";
import type { SessionOptions } from "../srt/session_option.ts";
import type { SessionStartEvent } from "../vocabulary/events.ts";
import type { Endpoint } from "../vocabulary/schema.ts";

/** First argument of a child; not part of the public command line. */
export const CHILD_COMMAND = "child";

/** What a child is started for. */
export type ChildRole = "session" | "probe" | "hooks" | "forward";

/** Exit codes of a child. */
export const CHILD_EXIT = {
  /** The session ended and all that arrived is on disk; or the probe answered. */
  done: 0,
  /** The session failed; its `session-end` has the reason. Without `session-end`: an exception was not caught. */
  failed: 1,
  /** The caller was not accepted, and nothing was recorded. */
  notAccepted: 3,
  /** No usable libsrt. */
  noLibsrt: 4,
} as const;

/** Order of the listener: end the session. */
export const ORDER_STOP = "stop";
/** Stop, with another end reason: another caller takes the session's place. */
export const ORDER_REPLACE = "replace";
/** Stop, with another end reason: the caller's port has changed. */
export const ORDER_MOVED = "moved";
/** Stop, with another end reason: the disk is almost full. */
export const ORDER_FULL = "full";
/** The orders that end the session. The child aborts its `stop` signal with the order as the reason. */
export const STOP_ORDERS: readonly string[] = [ORDER_STOP, ORDER_REPLACE, ORDER_MOVED, ORDER_FULL];
/** Order of the listener after the start of a session: close the channel, and introduce yourself to the next listener. */
export const ORDER_HAND_OVER = "hand-over";
/** Order of the listener: begin a new file. The child answers with the message `cut`. */
export const ORDER_CUT = "cut";

/**
 * Accept the caller, and begin the recording at {@linkcode ORDER_RECORD}: other callers wait for processes, and beginning a
 * recording would take processor time from their starts. libsrt keeps the payload meanwhile.
 */
export const ORDER_WAIT = "wait";
/** Begin the recording now. */
export const ORDER_RECORD = "record";

/**
 * Version of this contract: of the orders, the child's messages and its introduction. It grows when one of them changes, so that a
 * listener of another version of this program does not adopt children that it cannot follow.
 */
export const CONTRACT_VERSION = 3;

/** Answer to an introduction: the connection is the child's channel from now on. */
export const ANSWER_ADOPTED = "adopted";
/** Answer to an introduction: the child is not adopted, and continues alone. */
export const ANSWER_LEAVE = "leave";

/** Carries the listener's stdout to the child. */
export const STDOUT_MESSAGE = "stdout";

/** Where the payload goes. */
export type SinkTicket =
  | { readonly kind: "none" }
  /** To the stdout of the listener. */
  | { readonly kind: "stdout" }
  | {
    readonly kind: "file";
    /** Absolute path of an existing folder. */
    readonly directory: string;
    /** What the file names are made of. */
    readonly names: FileNames;
    /** Whether a sidecar is written beside the recording. */
    readonly sidecar: boolean;
    /** Checksum of the file in its sidecar, computed while writing, or null. */
    readonly checksum: "sha256" | null;
    /** The machine's time zone as in the IANA database, or null if it is not known. */
    readonly timeZone: string | null;
    /** When the recording continues in a new file; null: never. */
    readonly segments: SegmentRules | null;
    /** The recording that the session continues if that is possible; null: it begins a new file. */
    readonly rejoin: RejoinRequest | null;
  };

/** What the listener and the child keep of a sink while its session runs. */
export interface KnownSink {
  readonly kind: SinkTicket["kind"];
  /** The folder of recordings, with the kind `file`. */
  readonly directory: string | null;
  readonly sidecar: boolean;
}

/** Returns what is kept of a sink. */
export function knownSink(sink: SinkTicket): KnownSink {
  const { kind } = sink;
  return kind === "file"
    ? { kind, directory: sink.directory, sidecar: sink.sidecar }
    : { kind, directory: null, sidecar: false };
}

/** How a session starts this program in another role. */
export interface ProgramTicket {
  /** The program, then its arguments. */
  readonly args: readonly string[];
  /** Variables as `NAME=VALUE`. */
  readonly environment: readonly string[];
  /** Working folder. */
  readonly folder: string;
}

/** The programs and addresses that get the payload of a session. It is a message of its own, because it may be long. */
export interface OutputsTicket extends Pick<FileNames, "values" | "utc"> {
  /** The commands of `--pipe`. */
  readonly commands: readonly CommandTemplate[];
  /** The targets of `--udp`. */
  readonly udp: readonly UdpTemplate[];
  /** The listeners of `--forward`. */
  readonly forwards: readonly ForwardTemplate[];
  /** The program that forwards; null if there are no such listeners. */
  readonly forwarder: ProgramTicket | null;
  /** Whether a command that ends during the session is started again. */
  readonly restarts: boolean;
  /** Variables of the commands, as `NAME=VALUE`. */
  readonly environment: readonly string[];
  /** Working folder of the commands. */
  readonly folder: string;
}

/** How a child calls a listener. Its passphrase is in the ticket. */
export interface CallTicket {
  /** As it is sent; null for none. May hold secrets. */
  readonly streamId: string | null;
  /** AES key length in bytes; 0: libsrt's default. */
  readonly keyLength: number;
}

/** All that a child needs to know for one session. */
export interface Ticket {
  readonly session: string;
  /** Name of the listener's control socket (`control_name.ts`). */
  readonly control: string;
  /** Whether the child was a spare, which had waited for this ticket. */
  readonly spare: boolean;
  /** Null: a caller has called this program. Otherwise the child calls the listener at the other end of the socket. */
  readonly call: CallTicket | null;
  /** Address of the other end of the socket: the caller, or the listener that is called. */
  readonly caller: Endpoint;
  readonly local: Endpoint;
  /** SRT socket ID from the caller's CONCLUSION; 0 in a call. */
  readonly callerSocketId: number;
  /** Stream ID as the caller sent it, or null. May hold secrets. */
  readonly callerStreamId: string | null;
  /** Latency that the caller asks of us in ms, 0..65535. */
  readonly callerLatencyMs: number;
  /** When the caller's CONCLUSION arrived, in ms since the epoch; exact to a few ms. */
  readonly concludedMs: number;
  /** Sequence number of the caller's first packet, from its CONCLUSION. */
  readonly initialSequence: number;
  readonly srtVersion: string;
  readonly stream: string | null;
  readonly streamId: string | null;
  readonly encrypted: boolean;
  readonly keyLength: number;
  /** Latency to ask for in ms, or null for libsrt's default (120). */
  readonly latencyMs: number | null;
  readonly passphrase: string | null;
  readonly sink: SinkTicket;
  /** Null if the payload goes nowhere besides the sink. */
  readonly outputs: OutputsTicket | null;
  /** Whether the payload is analyzed as a transport stream. */
  readonly analyze: boolean;
  /** Interval of `stats` events in ms, or null for none. */
  readonly statsIntervalMs: number | null;
  /** The session ends if the caller sends no payload for this long, in ms; 0: never. */
  readonly idleMs: number;
  /** SRT options that the operator set. The child ignores `minversion`, `enforcedencryption` and `pbkeylen`. */
  readonly srt: SessionOptions;
  /** How long libsrt may take to accept the caller, or the listener to answer the call, in ms. */
  readonly acceptTimeoutMs: number;
}

/**
 * The input of the probe, as JSON in the argument after the role. From source, the probe is workers/probe.ts. It writes a
 * {@linkcode ProbeAnswer} to stdout as JSON.
 */
export interface ProbeTicket {
  /** libsrt to try: path or system name, or null to search. */
  readonly libsrt: string | null;
  /** The copy inside the executable, tried before the system's, or null if there is none. */
  readonly embedded: EmbeddedLibsrt | null;
}

/** A libsrt for children to use. */
export interface UsableLibsrt {
  readonly version: string;
  /** The argument of `dlopen`. */
  readonly file: string;
  /** Where the system finds that file. */
  readonly path: string;
  /** Whether it is the one inside the executable. */
  readonly embedded: boolean;
  /** Whether it decrypts AES-GCM (`cryptomode=2`): libsrt 1.5.2 and later with OpenSSL. */
  readonly aesGcm: boolean;
  /** Known faults of this version and what to do about them, or null. */
  readonly warning: string | null;
}

/** A libsrt that was loaded and tried. */
export interface ProbedLibsrt extends UsableLibsrt {
  /** The test of its listener: the address that sent an INDUCTION, and the cookie in the answer (null: there was no answer). */
  readonly induction: { readonly caller: Endpoint; readonly cookie: number | null };
}

/** No caller waits longer than this. If a CONCLUSION seems to have waited longer, the machine's clock was set meanwhile. */
const MAX_WAIT_MS = 30_000;

/**
 * Returns how long, in ms, the caller of a ticket had waited for its session at `startMs` (ms since the epoch); 0 if that
 * cannot be known.
 */
export function waitedMs({ concludedMs }: Pick<Ticket, "concludedMs">, startMs: number): number {
  const waited = startMs - concludedMs;
  return waited > MAX_WAIT_MS ? 0 : Math.max(0, waited);
}

/** The output of the probe. */
export interface ProbeAnswer {
  /** The libsrt that was found; null if there is none. */
  readonly libsrt: ProbedLibsrt | null;
  /** If there is none: every place tried with its result, and what to do. */
  readonly text: string;
}

/** The libsrt inside the executable. */
export interface EmbeddedLibsrt {
  /** The argument of `dlopen`, in every child. */
  readonly file: string;
  /** Version of the distribution's package that it was linked from, such as `1.5.1-1+deb12u2`, or null. */
  readonly packageVersion: string | null;
}

/** Encodes a ticket as two messages: the ticket without its outputs, and the outputs. The second is null if there are none. */
export function encodeTicket(
  { outputs, ...ticket }: Ticket,
): { readonly ticket: string; readonly outputs: string | null } {
  const first: FirstMessage = { ...ticket, outputs: null, ...(outputs === null ? {} : { hasOutputs: true }) };
  return { ticket: JSON.stringify(first), outputs: outputs === null ? null : JSON.stringify(outputs) };
}

/** The first message that a child gets. */
type FirstMessage = Ticket & { readonly hasOutputs?: true };

/** Returns what the event `session-start` has from the ticket of its session. */
export function startFields(
  { session, caller, local, stream, streamId, encrypted, keyLength, srtVersion, spare, call }: Ticket,
): Omit<SessionStartEvent, "event" | "time" | "latencyMs" | "file" | "earlierBytes" | "pid"> {
  return {
    session,
    caller,
    local,
    stream,
    streamId,
    encrypted,
    keyLength,
    srtVersion,
    spare,
    pulled: call !== null,
  };
}

/**
 * Parses the first message that a child gets. It comes from this same program, so its fields are not checked.
 *
 * @throws {TypeError} It is not a JSON object.
 */
export function parseTicket(text: string): FirstMessage {
  let ticket: unknown = null;
  try {
    ticket = JSON.parse(text);
  } catch {
    // the message must not quote the text: it holds the passphrase
  }
  if (typeof ticket !== "object" || ticket === null) throw new TypeError("cannot read the ticket: not a JSON object");
  return ticket as FirstMessage;
}
