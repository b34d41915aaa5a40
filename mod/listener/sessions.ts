/**
 * The sessions: a child for each admitted caller, watched to its end, and what became of it told to the caller and the operator.
 *
 * @module
 */

import type { RunningSession } from "../admission/judge_limits.ts";
import type { Admit, Reject } from "../admission/verdict.ts";
import type { ChildCommand } from "../handoff/child_command.ts";
import type { ProbedLibsrt } from "../handoff/child_message.ts";
import type { Ticket } from "../handoff/contract.ts";
import type { ChildOutcome } from "../handoff/child_outcome.ts";
import { HandoffError } from "../handoff/handoff_error.ts";
import { type ChildDeadlines, SessionChild } from "../handoff/session_child.ts";
import type { Conclusion } from "../packet/conclusion.ts";
import { encodeRejection } from "../packet/reply.ts";
import type { StreamId } from "../packet/stream_id.ts";
import type { Reporter } from "../report/reporter.ts";
import { callerKey } from "./caller_key.ts";
import { Farewells } from "./farewells.ts";
import type { PendingCaller } from "./pending_caller.ts";
import type { CallerAddresses } from "./refusal.ts";
import type { Refusals } from "./refusals.ts";
import { RunningSessions } from "./running_sessions.ts";
import { explainNotAccepted, explainNotStarted, sessionEndOfCrash } from "./session_outcome.ts";
import { Tally } from "./tally.ts";

/** How long libsrt may take to accept a caller whose CONCLUSION is in the queue already. */
const ACCEPT_TIMEOUT_MS = 3000;

/** What the operator wants of every session. */
export interface SessionSettings {
  /** Absolute path of an existing folder for recordings, or null. */
  readonly out: string | null;
  readonly utc: boolean;
  readonly statsIntervalMs: number | null;
  /** As in the ticket; sidecar and checksum matter only where `out` is set. */
  readonly analyze: boolean;
  readonly sidecar: boolean;
  readonly checksum: "sha256" | null;
}

/** What sessions need from outside. */
export interface SessionsOptions {
  readonly session: SessionSettings;
  readonly libsrt: ProbedLibsrt;
  readonly childCommand: ChildCommand;
  readonly childDeadlines?: ChildDeadlines;
  readonly reporter: Reporter;
  readonly refusals: Refusals;
  /** Sends a datagram from a listening socket. */
  readonly send: (datagram: Uint8Array<ArrayBuffer>, addresses: CallerAddresses) => void;
  /** Wall clock in ms since the epoch. */
  readonly now: () => number;
}

/** A caller that gets in. */
export interface Admitted {
  readonly conclusion: Conclusion;
  readonly streamId: StreamId;
  readonly admit: Admit;
}

/** All sessions of a run. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #running = new RunningSessions();
  readonly #endings = new Set<Promise<void>>();
  #last = 0;
  /** How often sessions that begin from now on tell of themselves, in ms; null: never. */
  statsIntervalMs: number | null;
  /** What happened so far. */
  readonly tally = new Tally();
  /** Callers of children that died. */
  readonly farewells = new Farewells();

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.statsIntervalMs = options.session.statsIntervalMs;
  }

  /** How many run or are being started. */
  get count(): number {
    return this.#running.count;
  }

  /** As admission looks at them. */
  get forAdmission(): readonly RunningSession[] {
    return this.#running.forAdmission;
  }

  /** Hands a caller to a child of its own, which takes the place of those that it is to replace. */
  begin(pending: PendingCaller, admitted: Admitted): Reject | null {
    const refused = this.#handOff(pending, admitted, this.#ticket(pending, admitted));
    if (refused === null) admitted.admit.replaces.forEach((session) => this.#running.replace(session));
    return refused;
  }

  /** Ends all of them cleanly; settled when they are over and told. */
  async stop(): Promise<void> {
    for (const child of this.#running.children) child.stop();
    while (this.#endings.size > 0) await Promise.all(this.#endings);
  }

  /** Ends all children at once; what they had written stays. */
  kill(): void {
    for (const child of this.#running.children) child.kill();
  }

  #ticket(
    { caller, local }: PendingCaller,
    { conclusion, streamId, admit: { passphrase, latencyMs, idleMs } }: Admitted,
  ): Ticket {
    const { out, utc, analyze, sidecar, checksum } = this.#options.session;
    const name = streamId.name ?? `${caller.address}_${caller.port}`;
    this.#last += 1;
    return {
      session: `s${this.#last}`,
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
      libsrt: this.#options.libsrt.file,
      latencyMs,
      passphrase,
      sink: out === null ? { kind: "none" } : { kind: "file", directory: out, name, utc, sidecar, checksum },
      analyze,
      statsIntervalMs: this.statsIntervalMs,
      idleMs,
      acceptTimeoutMs: ACCEPT_TIMEOUT_MS,
    };
  }

  #handOff(pending: PendingCaller, { conclusion, admit: { takesOver } }: Admitted, ticket: Ticket): Reject | null {
    const { childCommand, childDeadlines: deadlines, reporter } = this.#options;
    let child: SessionChild;
    try {
      child = SessionChild.start(childCommand, {
        socket: pending.socket,
        ticket,
        ...(deadlines === undefined ? {} : { deadlines }),
        hooks: {
          onEvent: (event) => {
            if (event.event === "session-start") this.tally.begin();
            reporter.report(event);
          },
          onProven: () => this.#running.prove(ticket.session),
          onDeath: () => this.#sayFarewell(ticket),
          onText: (line) => reporter.warn(`${ticket.session}: ${line}`),
        },
      });
    } catch (error) {
      if (!(error instanceof HandoffError)) throw error;
      return explainNotStarted(error, this.#options.session.out);
    }
    this.farewells.forget(callerKey(ticket.caller));
    reporter.debug(`${ticket.session}: process ${child.pid} for ${callerKey(ticket.caller)}`);
    this.#running.add(ticket, { child, proven: pending.proven, takesOver });
    const ending = this.#end(ticket, conclusion, child).finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
    return null;
  }

  async #end(ticket: Ticket, conclusion: Conclusion, child: SessionChild): Promise<void> {
    const outcome = await child.outcome;
    this.#running.remove(ticket.session);
    await this.#tell(outcome, ticket, conclusion);
  }

  async #tell(outcome: ChildOutcome, ticket: Ticket, conclusion: Conclusion): Promise<void> {
    const { refusals, reporter, send, now } = this.#options;
    if (outcome.kind === "not-accepted" || (outcome.kind === "crashed" && outcome.started === null)) {
      const rejection = outcome.kind === "not-accepted"
        ? explainNotAccepted(outcome.cause, outcome.text)
        : explainNotAccepted("crashed", outcome.signal ?? `exit code ${outcome.code}`);
      send(encodeRejection(conclusion.handshake, rejection.reason), ticket);
      refusals.add({ ...ticket, conclusion, ...rejection });
      return;
    }
    const event = outcome.kind === "ended" ? outcome.event : await sessionEndOfCrash(outcome, ticket, now());
    this.tally.end(event);
    reporter.report(event);
  }

  #sayFarewell(ticket: Ticket): void {
    const notice = this.farewells.remember(callerKey(ticket.caller), ticket.callerSocketId, performance.now());
    this.#options.send(notice, ticket);
  }
}
