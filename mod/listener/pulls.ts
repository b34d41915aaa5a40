/**
 * The listeners that are called: each call becomes a session like that of a caller, and the listener is called again when it ends.
 *
 * @module
 */

import { DEFAULT_IDLE_MS, type Terms } from "../admission/policy.ts";
import type { Reject } from "../admission/verdict.ts";
import type { Turn } from "../handoff/start_queue.ts";
import { BackOff } from "../os/back_off.ts";
import { type CallAddresses, CallerSocket } from "../os/caller_socket.ts";
import { type Libc, OsError } from "../os/libc.ts";
import { parseStreamId } from "../packet/stream_id.ts";
import { forwardName } from "../recording/forward_template.ts";
import { explainRefusal } from "../report/explain_refusal.ts";
import { formatEndpoint } from "../report/format.ts";
import { ProblemError, systemProblem } from "../report/problem.ts";
import type { PullFailedEvent, SessionEndEvent } from "../vocabulary/events.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import type { NotConnected, Pull, PulledSession, PullEnd } from "./pull.ts";
import type { Sessions } from "./sessions.ts";
import type { TicketPeer } from "./ticket.ts";

/** libsrt's default of `SRTO_CONNTIMEO`. */
const CONNECT_TIMEOUT_MS = 3000;

/** What pulls need from outside. */
export interface PullsOptions {
  readonly libc: Libc;
  readonly sessions: Pick<Sessions, "beginPull" | "stopSession" | "stdoutSession">;
  /** Returns all addresses of a host name. @throws {ProblemError} */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** The terms in force for sessions without others. */
  readonly terms: () => Pick<Terms, "latencyMs" | "idleMs" | "srt">;
  /** Returns why nothing can be recorded now, or null. */
  readonly checkFolder: () => Promise<Reject | null>;
  /** Waits for the right to start a child. Null if there is none in time. */
  readonly turn: (name: string) => Promise<Turn | null>;
  /** How the user gives a passphrase, for hints. */
  readonly passphraseOption: string;
  readonly report: (event: PullFailedEvent) => void;
  /** Called when no pull is left, because all were stopped. */
  readonly onNoneLeft: () => void;
  readonly firstPauseMs?: number;
}

/** A pull that was not stopped. */
interface RunningPull {
  readonly pull: Pull;
  readonly backOff: BackOff;
  session: PulledSession | null;
  /** The address that was called last. */
  called: Endpoint;
  /** How often a call has failed since the last session. */
  failures: number;
  /** The text of the failure that was reported last, since the last session; null: none. */
  reported: string | null;
  isOver: boolean;
  /** Ends the pause before the next call. */
  wake: () => void;
  /** Settles when it is over and its session has ended. */
  done: Promise<void>;
}

/** Why a call has failed. */
type Failure = Pick<PullFailedEvent, "reason" | "text" | "advice">;

/** The pulls of a run. */
export class Pulls {
  readonly #options: PullsOptions;
  readonly #running = new Map<string, RunningPull>();
  #isClosed = false;

  constructor(options: PullsOptions) {
    this.#options = options;
  }

  /**
   * Calls these listeners from now on, and ends all other pulls with their sessions. Pulls that have not changed continue. Those that
   * were stopped begin again.
   *
   * @param options `delayMs`: how long to wait, before the first calls, for sessions of an earlier listener.
   */
  set(pulls: readonly Pull[], { delayMs = 0 }: { readonly delayMs?: number } = {}): void {
    if (this.#isClosed) return;
    const wanted = new Map(pulls.map((pull) => [pull.name, pull]));
    const ending = new Map<string, Promise<void>>();
    for (const [name, running] of [...this.#running]) {
      if (JSON.stringify(running.pull) === JSON.stringify(wanted.get(name))) {
        wanted.delete(name);
        continue;
      }
      this.#end(running);
      if (running.session !== null) this.#options.sessions.stopSession(running.session.session);
      ending.set(name, running.done);
    }
    for (const [name, pull] of wanted) this.#start(pull, { delayMs, after: ending.get(name) ?? Promise.resolve() });
  }

  /** A session of an earlier listener was adopted: its pull does not call until it has ended. */
  adopt(name: string, session: PulledSession): void {
    const running = this.#running.get(name);
    if (running === undefined || running.session !== null) return;
    running.session = session;
    running.wake();
  }

  /** Calls no listener any more. Sessions continue. */
  close(): void {
    this.#isClosed = true;
    for (const running of [...this.#running.values()]) this.#end(running);
  }

  #end(running: RunningPull): void {
    this.#running.delete(running.pull.name);
    running.isOver = true;
    running.wake();
  }

  #start(pull: Pull, { delayMs, after }: { readonly delayMs: number; readonly after: Promise<void> }): void {
    const running: RunningPull = {
      pull,
      backOff: new BackOff(this.#options.firstPauseMs),
      session: null,
      called: { address: pull.host, port: pull.port },
      failures: 0,
      reported: null,
      isOver: false,
      wake: () => {},
      done: Promise.resolve(),
    };
    this.#running.set(pull.name, running);
    running.done = after.then(() => this.#run(running, delayMs));
  }

  /** One pull's life: calls, records until the session ends, pauses, and calls again. */
  async #run(running: RunningPull, delayMs: number): Promise<void> {
    const { backOff } = running;
    if (delayMs > 0) await pauseFor(running, delayMs);
    while (!running.isOver) {
      const end = await this.#record(running);
      if (running.isOver || end === "handed-over") return;
      if (end === "stopped") break;
      const isSession = "event" in end;
      if (isSession) backOff.noteConnection(end.durationMs);
      const retryMs = backOff.next();
      if (isSession) noteSession(running);
      else this.#noteFailure(running, end, retryMs);
      await pauseFor(running, retryMs);
    }
    if (running.isOver) return;
    this.#end(running);
    if (this.#running.size === 0) this.#options.onNoneLeft();
  }

  /** Waits for the end of the session, which begins now unless it was adopted. */
  async #record(running: RunningPull): Promise<SessionEndEvent | "handed-over" | "stopped" | Failure> {
    if (running.session === null) {
      const begun = await this.#begin(running);
      if (!("end" in begun)) return begun;
      running.session = begun;
    }
    const end = await running.session.end;
    running.session = null;
    if (isStopped(end)) return "stopped";
    return typeof end === "object" && "rejection" in end ? this.#explain(running, end) : end;
  }

  /** Gives the call to a child, or returns why that is not possible. */
  async #begin(running: RunningPull): Promise<PulledSession | Failure> {
    const { resolve, sessions, turn, checkFolder } = this.#options;
    const { pull: { name, host, port } } = running;
    let addresses: readonly string[];
    try {
      addresses = await resolve(host);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const [text = "", advice = ""] = error.text.split("\n");
      return { reason: null, text, advice };
    }
    const problem = await checkFolder();
    if (problem !== null) return failureOf(problem);
    const started = await turn(name);
    // from here to the start of the session there is no await
    if (running.session !== null || running.isOver || started === null) {
      started?.end({ kind: "unused" });
      return running.session ?? NO_PROCESS;
    }
    if (sessions.stdoutSession !== null) {
      started.end({ kind: "unused" });
      return STDOUT_IN_USE;
    }
    const address = addresses[running.failures % addresses.length] ?? host;
    running.called = { address, port };
    return this.#call(running, started);
  }

  #call({ pull, called }: RunningPull, turn: Turn): PulledSession | Failure {
    const { libc, sessions, terms } = this.#options;
    const { latencyMs, idleMs, srt } = terms();
    let socket: CallerSocket;
    try {
      const any = called.address.includes(":") ? "::" : "0.0.0.0";
      socket = CallerSocket.open(libc, { local: { address: any, port: 0 }, caller: called });
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      turn.end({ kind: "unused" });
      return {
        reason: null,
        text: `cannot call ${formatEndpoint(called)}: ${systemProblem(error)}`,
        advice: CHECK_NETWORK,
      };
    }
    using _closed = socket;
    const begun = sessions.beginPull(peerOf(pull, { caller: called, local: socket.local }), {
      socket,
      terms: { latencyMs: pull.latencyMs ?? latencyMs, idleMs: idleMs ?? DEFAULT_IDLE_MS, srt },
      passphrase: pull.passphrase,
      turn,
    });
    return "end" in begun ? begun : failureOf(begun);
  }

  #explain({ called }: RunningPull, { rejection, outcome }: NotConnected): Failure {
    const reason = outcome?.kind === "not-accepted" ? outcome.reason : undefined;
    if (reason === undefined) return failureOf(rejection);
    const { passphraseOption } = this.#options;
    const explained = explainRefusal(reason, { listener: formatEndpoint(called), passphraseOption, isReceiver: true });
    const [text = "", advice = ""] = explained.split("\n");
    return { reason, text, advice };
  }

  /** Reports the first failure since the last session, and each other one with another text. */
  #noteFailure(running: RunningPull, failure: Failure, retryMs: number): void {
    const { pull: { name, host, port } } = running;
    running.failures += 1;
    if (running.reported === failure.text) return;
    running.reported = failure.text;
    const listener = forwardName({ host, port });
    this.#options.report({
      event: "pull-failed",
      time: new Date().toISOString(),
      stream: name,
      listener,
      ...failure,
      retryMs,
    });
  }
}

const CHECK_NETWORK = "check the network of this machine, and the address";
const NO_PROCESS: Failure = {
  reason: null,
  text: "no process was ready for the call in time",
  advice: "start fewer sessions at the same time, or use a machine with more processors",
};
const STDOUT_IN_USE: Failure = { reason: null, text: "the payload of another session goes to stdout", advice: "" };

/** Reports whether the session, or its child before the session began, was ordered to stop. */
function isStopped(end: PullEnd): boolean {
  if (end === "handed-over") return false;
  if ("event" in end) return end.reason === "stopped";
  return end.outcome?.kind === "not-accepted" && end.outcome.cause === "stopped";
}

function failureOf({ text, advice }: Reject): Failure {
  return { reason: null, text, advice };
}

function noteSession(running: RunningPull): void {
  running.failures = 0;
  running.reported = null;
}

/** Waits for a time in ms, or until the pull is over or has a session. */
async function pauseFor(running: RunningPull, ms: number): Promise<void> {
  if (running.isOver || running.session !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    running.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

/** Returns the listener as the ticket of its session needs it. */
function peerOf(
  { name, streamId, keyLength, connectTimeoutMs, passphrase }: Pull,
  addresses: CallAddresses,
): TicketPeer {
  return {
    ...addresses,
    call: { streamId, keyLength: keyLength ?? 0 },
    streamId: { ...parseStreamId(streamId), name },
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
