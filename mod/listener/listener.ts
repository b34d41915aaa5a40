/**
 * The listener: callers come in at the front door, each admitted one gets a child, and everything that happens is reported.
 *
 * Called by: main.ts, in the listener's role.
 * Fails: {@linkcode ListenError} from {@linkcode Listener.open}; afterwards nothing that a caller or a child does throws.
 *
 * @module
 */

import { judgeConclusion } from "../admission/judge_conclusion.ts";
import type { AdmissionPolicy } from "../admission/policy.ts";
import { TryBudget } from "../admission/try_budget.ts";
import type { Admit, Challenge, Reject } from "../admission/verdict.ts";
import type { ChildCommand } from "../handoff/child_command.ts";
import type { ProbedLibsrt, Ticket } from "../handoff/contract.ts";
import { type ChildDeadlines, HandoffError, type Outcome, SessionChild } from "../handoff/session_child.ts";
import { ExecutableReplacedError } from "../handoff/same_executable.ts";
import type { Libc } from "../os/libc.ts";
import type { Conclusion } from "../packet/conclusion.ts";
import { classifyDatagram } from "../packet/header.ts";
import { encodeRejection } from "../packet/reply.ts";
import { parseStreamId, type StreamId } from "../packet/stream_id.ts";
import type { Endpoint, Reporter } from "../report/events.ts";
import { DatagramSockets } from "./datagram_sockets.ts";
import { Farewells } from "./farewells.ts";
import { callerKey, FrontDoor } from "./front_door.ts";
import type { ListenScope } from "./local_addresses.ts";
import type { PendingCaller } from "./pending_caller.ts";
import { Refusals } from "./refusals.ts";
import { RunningSessions } from "./running_sessions.ts";
import { explainNotAccepted, sessionEndOfCrash } from "./session_outcome.ts";
import { Tally } from "./tally.ts";

/** How often the machine's addresses are read again and folded refusals are told. */
const UPKEEP_MS = 5000;
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

/** All that a listener needs. */
export interface ListenerOptions {
  readonly scope: ListenScope;
  /** UDP port; 0 takes a free one. */
  readonly port: number;
  readonly policy: AdmissionPolicy;
  readonly session: SessionSettings;
  readonly libsrt: ProbedLibsrt;
  readonly childCommand: ChildCommand;
  readonly childDeadlines?: ChildDeadlines;
  readonly libc: Libc;
  readonly reporter: Reporter;
  /** The machine's addresses now. */
  readonly interfaces: () => readonly Deno.NetworkInterfaceInfo[];
  /** Wall clock in ms since the epoch. */
  readonly now: () => number;
}

/** A caller that gets in. */
interface Admitted {
  readonly conclusion: Conclusion;
  readonly streamId: StreamId;
  readonly admit: Admit;
}

/** A running listener. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #reporter: Reporter;
  readonly #sockets: DatagramSockets;
  readonly #frontDoor: FrontDoor;
  readonly #refusals: Refusals;
  readonly #tries = new TryBudget();
  readonly #farewells = new Farewells();
  readonly #running = new RunningSessions();
  readonly #endings = new Set<Promise<void>>();
  readonly #tally = new Tally();
  readonly #upkeep: ReturnType<typeof setInterval>;
  #policy: AdmissionPolicy;
  #statsIntervalMs: number | null = null;
  #statsTimer: ReturnType<typeof setInterval> | undefined;
  #stopping = false;
  #lastSession = 0;

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#reporter = options.reporter;
    this.#policy = options.policy;
    this.#refusals = new Refusals(options);
    this.#frontDoor = new FrontDoor(options.libc, {
      onConclusion: (pending, conclusion) => this.#consider(pending, conclusion),
      onRefusal: (refusal) => this.#refusals.add(refusal),
      onStateless: (datagram, addresses) => this.#sockets.send(datagram, addresses),
      onWarning: (text) => this.#reporter.warn(text),
      now: () => performance.now(),
    });
    this.#sockets = DatagramSockets.bind(options.port, {
      libc: options.libc,
      scope: options.scope,
      interfaces: options.interfaces,
      onWarning: (text) => this.#reporter.warn(text),
      look: (datagram, source) => {
        const isHandshake = classifyDatagram(datagram) === "handshake";
        if (isHandshake) return this.#frontDoor.look(datagram, source);
        return this.#farewells.isEmpty ? "drop" : "pass";
      },
      onArrival: (arrival) => {
        const notice = this.#farewells.noticeFor(callerKey(arrival.caller), performance.now());
        if (notice !== null && classifyDatagram(arrival.bytes) !== "handshake") this.#sockets.send(notice, arrival);
        else this.#frontDoor.receive(arrival);
      },
    });
    this.#upkeep = setInterval(() => {
      this.#sockets.refresh();
      this.#refusals.tellFolded();
      this.#frontDoor.lookAround();
    }, UPKEEP_MS);
    this.#setStatsInterval(options.session.statsIntervalMs);
  }

  /**
   * Binds the port; callers can come when this returns.
   *
   * @throws {ListenError} Where the port or the address cannot be had.
   */
  static open(options: ListenerOptions): Listener {
    return new Listener(options);
  }

  /** The UDP port of all addresses. */
  get port(): number {
    return this.#sockets.port;
  }

  /** The addresses that are listened on now. */
  get endpoints(): readonly Endpoint[] {
    return this.#sockets.endpoints;
  }

  /** Sessions that run or are being started. */
  get sessions(): number {
    return this.#running.count;
  }

  /** What happened so far. */
  get tally(): Tally {
    return this.#tally;
  }

  /** Callers that did not get in so far. */
  get refusals(): Refusals {
    return this.#refusals;
  }

  /** Decides by another policy from now on; sessions that run stay as they are. */
  reload(
    { policy, statsIntervalMs }: { readonly policy: AdmissionPolicy; readonly statsIntervalMs: number | null },
  ): void {
    this.#policy = policy;
    this.#setStatsInterval(statsIntervalMs);
  }

  /** Lets nobody in any more and ends all sessions cleanly; settled when they are over and told. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const child of this.#running.children) child.stop();
    while (this.#endings.size > 0) await Promise.all(this.#endings);
    clearInterval(this.#upkeep);
    clearInterval(this.#statsTimer);
    this.#sockets.close();
    await this.#frontDoor.close();
    this.#refusals.tellFolded({ all: true });
  }

  /** Ends all children at once; what they had written stays. */
  kill(): void {
    for (const child of this.#running.children) child.kill();
  }

  /** The listener's answer to a CONCLUSION: null for a child, or what the front door is to do. */
  async #consider(pending: PendingCaller, conclusion: Conclusion): Promise<Reject | Challenge | null> {
    const streamId = parseStreamId(conclusion.streamId);
    const { keyMaterial } = conclusion;
    const request = { conclusion, keyMaterial, streamId, ...pending.caller, proven: pending.proven };
    return await judgeConclusion(request, {
      policy: this.#policy,
      state: () => ({ sessions: this.#running.forAdmission, stopping: this.#stopping }),
      budget: this.#tries,
      now: () => performance.now(),
      letIn: (admit) => this.#letIn(pending, { conclusion, streamId, admit }),
    });
  }

  #letIn(pending: PendingCaller, admitted: Admitted): Reject | null {
    if (pending.socket.descriptor < 0) return null; // its slot was over meanwhile: it has to call again
    const refused = this.#handOff(pending, admitted.conclusion, this.#ticket(pending, admitted));
    if (refused === null) admitted.admit.replaces.forEach((session) => this.#running.replace(session));
    return refused;
  }

  #setStatsInterval(intervalMs: number | null): void {
    this.#statsIntervalMs = intervalMs;
    clearInterval(this.#statsTimer);
    if (intervalMs !== null) this.#statsTimer = setInterval(() => this.#refusals.tellTotals(), intervalMs);
  }

  #ticket(
    { caller, local }: PendingCaller,
    { conclusion, streamId, admit: { passphrase, latencyMs, idleMs } }: Admitted,
  ): Ticket {
    const { out, utc, analyze, sidecar, checksum } = this.#options.session;
    const name = streamId.name ?? `${caller.address}_${caller.port}`;
    this.#lastSession += 1;
    return {
      session: `s${this.#lastSession}`,
      caller,
      local,
      callerSocketId: conclusion.handshake.socketId,
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
      statsIntervalMs: this.#statsIntervalMs,
      idleMs,
      acceptTimeoutMs: ACCEPT_TIMEOUT_MS,
    };
  }

  #handOff(pending: PendingCaller, conclusion: Conclusion, ticket: Ticket): Reject | null {
    const deadlines = this.#options.childDeadlines;
    let child: SessionChild;
    try {
      child = SessionChild.start(this.#options.childCommand, {
        socket: pending.socket,
        ticket,
        ...(deadlines === undefined ? {} : { deadlines }),
        hooks: {
          onEvent: (event) => {
            if (event.event === "session-start") this.#tally.begin();
            this.#reporter.report(event);
          },
          onProven: () => this.#running.prove(ticket.session),
          onDeath: () => this.#sayFarewell(ticket),
          onText: (line) => this.#reporter.warn(`${ticket.session}: ${line}`),
        },
      });
    } catch (error) {
      if (!(error instanceof HandoffError)) throw error;
      if (error.cause instanceof ExecutableReplacedError) return explainNotAccepted("replaced", error.cause.message);
      return explainNotAccepted("start", `${error.message}: ${String(error.cause)}`);
    }
    this.#farewells.forget(callerKey(ticket.caller));
    this.#reporter.debug(`${ticket.session}: process ${child.pid} for ${callerKey(ticket.caller)}`);
    this.#running.add(ticket, { child, proven: pending.proven });
    const ending = this.#end(ticket, conclusion, child).finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
    return null;
  }

  async #end(ticket: Ticket, conclusion: Conclusion, child: SessionChild): Promise<void> {
    const outcome = await child.outcome;
    this.#running.remove(ticket.session);
    await this.#tell(outcome, ticket, conclusion);
  }

  async #tell(outcome: Outcome, ticket: Ticket, conclusion: Conclusion): Promise<void> {
    if (outcome.kind === "not-accepted" || (outcome.kind === "crashed" && outcome.started === null)) {
      const rejection = outcome.kind === "not-accepted"
        ? explainNotAccepted(outcome.cause, outcome.text)
        : explainNotAccepted("crashed", outcome.signal ?? `exit code ${outcome.code}`);
      this.#sockets.send(encodeRejection(conclusion.handshake, rejection.reason), ticket);
      this.#refusals.add({ ...ticket, conclusion, ...rejection });
      return;
    }
    const event = outcome.kind === "ended"
      ? outcome.event
      : await sessionEndOfCrash(outcome, ticket, this.#options.now());
    this.#tally.end(event);
    this.#reporter.report(event);
  }

  #sayFarewell(ticket: Ticket): void {
    const notice = this.#farewells.remember(callerKey(ticket.caller), ticket.callerSocketId, performance.now());
    this.#sockets.send(notice, ticket);
  }
}
