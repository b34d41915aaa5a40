/**
 * One call of a pull: makes the UDP socket that is connected to the listener, gives it to a child, and explains why a call failed.
 *
 * @module
 */

import { named } from "../admission/identify.ts";
import { DEFAULT_IDLE_MS, type Terms } from "../admission/policy.ts";
import type { Reject } from "../admission/verdict.ts";
import type { Turn } from "../handoff/start_queue.ts";
import { type CallAddresses, CallerSocket } from "../os/caller_socket.ts";
import { type Libc, OsError } from "../os/libc.ts";
import { parseStreamId } from "../packet/stream_id.ts";
import { explainRefusal } from "../report/explain_refusal.ts";
import { formatEndpoint } from "../report/format.ts";
import { ProblemError, systemProblem } from "../report/problem.ts";
import type { PullFailedEvent, SessionEndEvent } from "../vocabulary/events.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import type { AddressTurns } from "./address_turns.ts";
import type { Pull, PulledSession, PullEnd } from "./pull.ts";
import type { Sessions } from "./sessions.ts";
import type { TicketPeer } from "./ticket.ts";

/** libsrt's default of `SRTO_CONNTIMEO`. */
const CONNECT_TIMEOUT_MS = 3000;

/** What calls need from outside. */
export interface CallOptions {
  readonly libc: Libc;
  readonly sessions: Pick<Sessions, "beginPull" | "stdoutSession">;
  /** Returns all numeric addresses of a host name. A link-local one may have a zone, as in `fe80::1%eth0`. @throws {ProblemError} */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Returns the general terms in force, not those of a `[[stream]]` table. */
  readonly terms: () => Pick<Terms, "latencyMs" | "idleMs" | "srt">;
  /** Returns why nothing can be recorded now, or null. */
  readonly checkFolder: () => Promise<Reject | null>;
  /** Waits for the right to start a child. Null if there is none in time. */
  readonly turn: (name: string) => Promise<Turn | null>;
  /** How the user gives a passphrase, for hints. */
  readonly passphraseOption: string;
}

/** Why a call has failed. */
export interface Failure extends Pick<PullFailedEvent, "reason" | "text" | "advice"> {
  /** {@linkcode AddressTurns.noteFailure} compares it to find out whether the failure is news. */
  readonly cause: string;
}

/** A call that a child makes, or its session. */
export interface Call {
  readonly session: string;
  readonly end: Promise<SessionEndEvent | "handed-over" | Failure>;
}

const NO_PROCESS = failure("no process was ready for the call in time", {
  advice: "start fewer sessions at the same time, or use a machine with more processors",
});
const STDOUT_IN_USE = failure("the payload of another session goes to stdout", {
  advice: "record into files: --out DIR",
});

/**
 * Starts a child that calls the listener of a pull, or returns why that is not possible; `given-up`: the call was not wanted any more.
 *
 * @param attempt `turns`: chooses the address, and notes it. `isGivenUp`: whether the call must not begin any more.
 */
export async function call(
  pull: Pull,
  options: CallOptions,
  { turns, isGivenUp }: { readonly turns: AddressTurns; readonly isGivenUp: () => boolean },
): Promise<Call | Failure | "given-up"> {
  const { resolve, sessions, checkFolder } = options;
  const { name, host, port } = pull;
  let addresses: readonly string[];
  try {
    addresses = (await resolve(host)).filter((address) => !address.includes("%"));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const [text = "", advice = ""] = error.text.split("\n");
    return failure(text, { advice });
  }
  if (!isNonEmpty(addresses)) {
    return failure(`${JSON.stringify(host)} has only link-local addresses, which are not supported`, {
      advice: "give the host another address, or write one of another kind",
    });
  }
  const problem = await checkFolder();
  if (problem !== null) return failure(problem.text, problem);
  const turn = await options.turn(name);
  if (turn === null) return NO_PROCESS;
  // from here to the start of the session there is no await
  const isUnwanted = isGivenUp();
  if (isUnwanted || sessions.stdoutSession !== null) {
    turn.end({ kind: "unused" });
    return isUnwanted ? "given-up" : STDOUT_IN_USE;
  }
  const address = turns.next(addresses);
  turns.noteCall(address);
  return begin(pull, { address, port }, { ...options, turn });
}

function isNonEmpty(addresses: readonly string[]): addresses is readonly [string, ...string[]] {
  return addresses.length > 0;
}

/** Returns the session of a pull as a call whose end explains a failure. `listener`: the address that is called. */
export function explained(
  { session, end }: PulledSession,
  { listener, passphraseOption }: { readonly listener: Endpoint; readonly passphraseOption: string },
): Call {
  return { session, end: end.then((end) => explain(end, { listener: formatEndpoint(listener), passphraseOption })) };
}

function begin(
  pull: Pull,
  listener: Endpoint,
  { libc, sessions, terms, turn, passphraseOption }: Omit<CallOptions, "turn"> & { readonly turn: Turn },
): Call | Failure {
  const { latencyMs, idleMs, srt } = terms();
  try {
    const any = { address: listener.address.includes(":") ? "::" : "0.0.0.0", port: 0 };
    using socket = CallerSocket.open(libc, { local: any, caller: listener });
    const begun = sessions.beginPull(peerOf(pull, { caller: listener, local: socket.local }), {
      socket,
      terms: { latencyMs: pull.latencyMs ?? latencyMs, idleMs: idleMs ?? DEFAULT_IDLE_MS, srt },
      passphrase: pull.passphrase,
      turn,
    });
    if ("end" in begun) return explained(begun, { listener, passphraseOption });
    return failure(begun.text, begun);
  } catch (error) {
    if (!(error instanceof OsError)) throw error;
    turn.end({ kind: "unused" });
    const problem = systemProblem(error);
    return failure(`cannot call ${formatEndpoint(listener)}: ${problem}`, {
      advice: "check the network of this machine, and the address",
      cause: problem,
    });
  }
}

function explain(
  end: PullEnd,
  options: { readonly listener: string; readonly passphraseOption: string },
): SessionEndEvent | "handed-over" | Failure {
  if (end === "handed-over" || "event" in end) return end;
  const { rejection, outcome } = end;
  if (outcome?.kind !== "not-accepted") return failure(rejection.text, rejection);
  const { reason, cause } = outcome;
  if (reason === undefined) {
    const isAboutCallers = cause === "connection" || cause === "timeout"; // then the text of the rejection is about a caller
    return failure(isAboutCallers ? `cannot call ${options.listener}: ${outcome.text}` : rejection.text, rejection);
  }
  const [text = "", advice = ""] = explainRefusal(reason, { ...options, isReceiver: true }).split("\n");
  return { reason, text, advice, cause: String(reason) };
}

function failure(
  text: string,
  { advice = "", cause = text }: { readonly advice?: string; readonly cause?: string } = {},
): Failure {
  // some numbers change from call to call, such as those of an address or the free space
  return { reason: null, text, advice, cause: cause.replaceAll(/\d+/g, "N") };
}

/** Returns the listener as the ticket of its session needs it. */
function peerOf(
  { name, streamId, keyLength, connectTimeoutMs, passphrase }: Pull,
  addresses: CallAddresses,
): TicketPeer {
  return {
    ...addresses,
    call: { streamId, keyLength: keyLength ?? 0 },
    streamId: named(parseStreamId(streamId), name),
    callerSocketId: 0,
    callerStreamId: null,
    callerLatencyMs: 0,
    concludedMs: Date.now(),
    initialSequence: 0,
    srtVersion: "unknown",
    encrypted: passphrase !== null,
    keyLength: 0,
    acceptTimeoutMs: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  };
}
