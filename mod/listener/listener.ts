/**
 * The listener: judges each request that the door returns, and hands the admitted callers to children.
 *
 * @module
 */

import { type BannedCaller, Bans, type BanSubject, MAX_BANS, parseBanSubject } from "../admission/bans.ts";
import { identify } from "../admission/identify.ts";
import { judgeEncryption, PassphraseTries } from "../admission/judge_encryption.ts";
import {
  type AdmissionState,
  type AdmitUnderTerms,
  judgeRequest,
  LISTENER_STOPS,
  type RequestFacts,
} from "../admission/judge_request.ts";
import { type AdmissionPolicy, isRelay } from "../admission/policy.ts";
import { TakeOvers } from "../admission/take_overs.ts";
import { type Challenge, type Reject, reject } from "../admission/verdict.ts";
import type { CallerRequest } from "../door/caller_request.ts";
import { Door, type DoorOptions } from "../door/door.ts";
import { ListenError } from "../door/listen_error.ts";
import { refusedCaller } from "../door/refusal.ts";
import type { ChildCommand, ChildCommands } from "../handoff/child_command.ts";
import type { UsableLibsrt } from "../handoff/contract.ts";
import { ChildProcess } from "../handoff/child_process.ts";
import type { ControlAnswer, ControlRequest, ListedSession, ListenerState } from "../handoff/control_message.ts";
import { controlName, lastSessionNumber } from "../handoff/control_name.ts";
import { PreviousListener } from "../handoff/previous_listener.ts";
import { Spares } from "../handoff/spares.ts";
import { StartQueue } from "../handoff/start_queue.ts";
import { listAbstractNames } from "../os/abstract_socket.ts";
import { pause } from "../os/deadline.ts";
import type { Libc } from "../os/libc.ts";
import { Readiness } from "../os/readiness.ts";
import { sleep } from "../os/timer.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import type { UnconnectedPull } from "../vocabulary/unconnected_pull.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import { FolderCheck } from "../recording/folder_check.ts";
import { DiskMonitor } from "../retention/disk_monitor.ts";
import type { RetentionRules } from "../retention/plan.ts";
import { Retention } from "../retention/retention.ts";
import { type CarriedOutRequest, ControlServer } from "./control_server.ts";
import { untilAdopted } from "./earlier_sessions.ts";
import type { EventSubscribers } from "./event_subscribers.ts";
import type { Pull } from "./pull.ts";
import { findOtherListener } from "./other_listener.ts";
import { Pulls, type PullsOptions, type StoppedPull } from "./pulls.ts";
import { Refusals } from "./refusals.ts";
import { folderRejection } from "./session_outcome.ts";
import { HANDED_OVER_PROBLEM, Sessions, type SessionsOptions } from "./sessions.ts";
import { UnprovenCallers } from "./unproven_callers.ts";
import { WebLogins } from "./web_logins.ts";

/** How often outdated spares are replaced, the machine's addresses are read again, and repeats of refusals are reported. */
const UPKEEP_MS = 5000;
/**
 * Our choice: a new caller causes no check for a new program or libsrt (`Spares.renew`) if the last one is less than this long ago,
 * so that a flood does not slow the listener.
 */
const RENEW_EACH_MS = 100;

/**
 * Returns how many children may start at the same time. Our choice: two even on one processor, because one of them may wait for the
 * disk.
 */
export function parallelStarts(): number {
  return Math.max(2, navigator.hardwareConcurrency);
}

/** How long to wait for a repeat of a CONCLUSION. libsrt repeats it every 250 ms or every second. */
const REPEAT_MS = 1200;
/** Our choice: the longest time for which a caller waits for a process. */
const LONGEST_WAIT_MS = 15_000;

/** Our choice: how long the next listener may take to open its control socket. */
const REPLACED_MS = 3000;
/** Our choice: how long a listener that hands over still waits for handshakes that have begun. */
const HANDSHAKE_MS = 4000;
/** Time between two checks whether all handshakes are complete. */
const HANDSHAKE_CHECK_MS = 20;

/**
 * Our choice: how long a call of a pull waits for a process. This is longer than for callers, because the listener that is called
 * does not give up. The call also counts as arriving this much later, so callers usually go first.
 */
const PULL_WAIT_MS = 60_000;

/** The rejection of a caller for which no process was ready in time. */
const WAITED_TOO_LONG: Reject = reject(REJECTION.RESOURCE, {
  text: "no process was ready for it within the time that it waited",
  advice: "start fewer callers at the same time, or use a machine with more processors",
});

/** Everything that a listener needs. */
export interface ListenerOptions extends
  Omit<
    SessionsOptions,
    | "refusals"
    | "folder"
    | "deletedBytes"
    | "identify"
    | "door"
    | "onTakeOver"
    | "onPullAdopted"
    | "spares"
    | "starts"
    | "startChild"
    | "control"
    | "lastNumber"
  >,
  Pick<DoorOptions, "libc" | "scope" | "port" | "interfaces"> {
  readonly policy: AdmissionPolicy;
  /** Which recordings are deleted; null: none. */
  readonly retention: RetentionRules | null;
  readonly libsrt: UsableLibsrt;
  /** Returns the commands that start children, as they are now. Called often. */
  readonly childCommands: () => ChildCommands;
  /** How many children wait for callers. */
  readonly spares: number;
  readonly commands: RunCommands;
  /** The listeners that are called. */
  readonly pulls: readonly Pull[];
  /** What calling them needs from the run. */
  readonly pulling: Pick<PullsOptions, "resolve" | "passphraseOption" | "onNoneLeft">;
  /** Whether it takes the address from a listener of the same user, if one runs. Call {@linkcode Listener.takeOver} then. */
  readonly replace?: boolean;
}

/** What the commands of the control socket need from the run. */
export interface RunCommands {
  /** Returns the running sessions. */
  readonly sessions: () => readonly ListedSession[];
  /** Returns the state of the run; null before the event `listening`. */
  readonly state: () => ListenerState | null;
  /** Forgets the lost session with this ID. Returns false if there is none. */
  readonly clearLost: (session: string) => boolean;
  /** The listener adds the programs that subscribe to events. */
  readonly subscribers: EventSubscribers;
  /** Ends the run as SIGTERM does. Returns immediately. */
  readonly stop: () => void;
  /** Ends the run with {@linkcode Listener.handOver}, because another listener takes the address. Returns immediately. */
  readonly handOver: () => void;
}

/** A running listener. */
export class Listener {
  readonly #door: Door;
  readonly #sessions: Sessions;
  readonly #tries = new PassphraseTries();
  readonly #takeOvers = new TakeOvers();
  readonly #bans = new Bans();
  readonly #webLogins = new WebLogins();
  /** Null if nothing is recorded. */
  readonly #folder: FolderCheck | null;
  /** Null if nothing is recorded. */
  readonly #retention: Retention | null;
  /** Null if nothing is recorded. */
  readonly #disk: DiskMonitor | null;
  readonly #unproven: UnprovenCallers;
  readonly #pulls: Pulls;
  readonly #starts: StartQueue;
  readonly #spares: Spares;
  readonly #readiness: Readiness;
  readonly #refusals: Refusals;
  readonly #control: ControlServer;
  readonly #controlName: string;
  readonly #libc: Libc;
  #upkeep: ReturnType<typeof setInterval> | undefined;
  readonly #libsrt: UsableLibsrt;
  #policy: AdmissionPolicy;
  #statsTimer: ReturnType<typeof setInterval> | undefined;
  #stopping = false;
  #isHandingOver = false;
  /** The listener whose address this one takes, or null. */
  readonly #previous: PreviousListener | null;
  /** The listeners that are called once new sessions may begin. */
  readonly #wantedPulls: readonly Pull[];
  /** Settles once new sessions may begin. */
  readonly #mayBegin = Promise.withResolvers<void>();
  /** Requests that are being served. */
  #serving = 0;

  private constructor(options: ListenerOptions) {
    const { reporter, policy } = options;
    this.#policy = policy;
    this.#libsrt = options.libsrt;
    const now = () => performance.now();
    const onWarning = (text: string) => reporter.warn(text);
    const readStreamId = (streamId: string | null) => identify(this.#policy, streamId);
    const { out } = options.session;
    const minFreeBytes = () => this.#retention?.refusedBelowBytes ?? 0;
    const folder = out === null ? null : new FolderCheck(out, { now, minFreeBytes });
    this.#folder = folder;
    this.#retention = out === null || folder === null ? null : new Retention({
      out,
      reporter,
      segments: options.session.segments,
      readSpace: () => folder.readSpace(),
      endSessions: (sessions) => this.#sessions.endFull(sessions),
      now,
    });
    this.#disk = out === null || folder === null || this.#retention === null ? null : new DiskMonitor({
      folder: out,
      recordings: this.#retention,
      report: (event) => reporter.report(event),
      readSpace: () => folder.readSpace(),
      now,
    });
    this.#refusals = new Refusals(reporter);
    this.#unproven = new UnprovenCallers(now);
    this.#starts = new StartQueue({
      parallel: parallelStarts(),
      now,
      onWarning,
      onCrowd: () => this.#sessions.delayRecordings(),
    });
    const { libc, libsrt: { file: libsrt, path }, childCommands } = options;
    this.#previous = previousListener(options);
    this.#door = Door.open({
      ...options,
      replacedPid: this.#previous?.pid ?? null,
      findListener: (pid) => findOtherListener(libc, { pid, own: controlNameOf(options, options.port) }),
      onExpected: () => {
        this.#folder?.prepare();
        this.#spares.renew({ maxAgeMs: RENEW_EACH_MS });
      },
      onRequest: (request) => void this.#receive(request),
      onRefusal: (refusal) => this.#refusals.add(refusal),
      identify: readStreamId,
      isRelay: (address) => isRelay(this.#policy, address),
      keyLength: () => this.#policy.terms.srt.pbkeylen ?? 0,
      onWarning,
      now,
    });
    this.#readiness = new Readiness(libc);
    const start = (command: ChildCommand) => {
      return ChildProcess.start(command, { libc, readiness: this.#readiness, libsrt });
    };
    this.#spares = new Spares({
      size: options.spares,
      start: () => start(childCommands().spare),
      turn: () => this.#starts.turnForSpare(),
      files: () => [path, ...childCommands().spare.files],
      onDetail: (text) => reporter.debug(text),
    });
    const control = controlNameOf(options, this.#door.port);
    this.#libc = libc;
    this.#controlName = control;
    this.#sessions = new Sessions({
      ...options,
      control,
      lastNumber: lastSessionNumber(control, listAbstractNames(libc, control)),
      reporter: this.#retention ?? reporter,
      refusals: this.#refusals,
      folder: this.#folder,
      deletedBytes: (file) => this.#retention?.deletedBytes(file) ?? null,
      identify: readStreamId,
      door: this.#door,
      onTakeOver: (takeOver) => this.#takeOvers.add(takeOver, now()),
      onPullAdopted: (name, session) => this.#pulls.adopt(name, session),
      spares: this.#spares,
      starts: this.#starts,
      startChild: () => start(childCommands().caller),
    });
    this.#pulls = new Pulls({
      ...options.pulling,
      libc,
      sessions: this.#sessions,
      terms: () => this.#policy.terms,
      checkFolder: () => this.#checkFolder(),
      turn: (name) => this.#starts.turn(now() + PULL_WAIT_MS, name),
      report: (event) => reporter.report(event),
    });
    this.#control = new ControlServer({
      libc,
      readiness: this.#readiness,
      name: control,
      adopt: (introduction, process) => this.#sessions.adopt(introduction, process),
      carryOut: (request) => this.#carryOut(request, options.commands),
      subscribers: options.commands.subscribers,
      onWarning,
      onDetail: (text) => reporter.debug(text),
    });
    this.#wantedPulls = options.pulls;
    if (this.#previous === null) this.#begin();
    this.#retention?.setRules(options.retention);
    this.#disk?.setRules(options.retention);
  }

  /**
   * Binds the port. Callers can connect when this returns; if it takes the address of another listener, once
   * {@linkcode takeOver} has returned.
   *
   * @throws {ListenError} The port or the address cannot be bound.
   */
  static open(options: ListenerOptions): Listener {
    return new Listener(options);
  }

  /** The UDP port of all addresses. */
  get port(): number {
    return this.#door.port;
  }

  /** The addresses that are bound now. */
  get endpoints(): readonly Endpoint[] {
    return this.#door.endpoints;
  }

  /** See {@linkcode Sessions.waitingRecordings}. */
  get waitingRecordings(): number {
    return this.#sessions.waitingRecordings;
  }

  /** The pulls of which a call has failed or a session has ended, even if they have a session again. */
  get unconnectedPulls(): readonly UnconnectedPull[] {
    return this.#pulls.unconnected;
  }

  /**
   * Starts the spares and what is done from time to time. To be called when `listening` was reported: the first spare and the first
   * timer would delay that event by 10 ms.
   */
  startUpkeep(): void {
    this.#spares.begin();
    this.#upkeep = setInterval(() => {
      this.#spares.renew();
      this.#door.refresh();
      this.#refusals.reportFolded();
    }, UPKEEP_MS);
    this.#setStatsInterval(this.#sessions.statsIntervalMs);
  }

  /** Applies other settings from now on; running sessions do not change. */
  reload(
    { policy, pulls, retention, statsIntervalMs, spares }: {
      readonly policy: AdmissionPolicy;
      readonly pulls: readonly Pull[];
      readonly retention: RetentionRules | null;
      readonly statsIntervalMs: number | null;
      readonly spares: number;
    },
  ): void {
    if (this.#stopping || this.#isHandingOver) return;
    this.#policy = policy;
    this.#pulls.set(pulls);
    this.#retention?.setRules(retention);
    this.#disk?.setRules(retention);
    this.#spares.resize(spares);
    this.#setStatsInterval(statsIntervalMs);
  }

  /**
   * Takes the address from the listener that has it, and returns when callers can connect: that listener has stopped listening, and
   * its sessions are about to be adopted. Without such a listener, it returns immediately.
   *
   * @returns Null, or why that is not possible. If it is not possible, close this listener with {@linkcode stop}.
   */
  async takeOver(): Promise<string | null> {
    if (this.#previous === null) return null;
    const { pid } = this.#previous;
    const answer = await this.#previous.handOver(this.#readiness);
    if (typeof answer === "string") {
      this.#stopping = true; // callers that wait are refused
      this.#mayBegin.resolve();
      return `the other srt-splitter (PID ${pid}) does not hand over: ${answer}`;
    }
    this.#sessions.skipNumbers(answer.lastNumber);
    if (answer.webLogins !== null) this.#webLogins.adopt(answer.webLogins);
    this.#begin();
    return null;
  }

  /** Accepts commands and the sessions of an earlier listener, serves the callers that wait, and calls listeners. */
  #begin(): void {
    this.#control.open();
    this.#mayBegin.resolve();
    const hasEarlier = this.#previous !== null || this.#sessions.lastNumber > 0;
    this.#pulls.set(
      this.#wantedPulls,
      hasEarlier && this.#wantedPulls.length > 0 ? { mayCall: this.#untilAdopted() } : {},
    );
  }

  /** Waits until each session of an earlier listener has been adopted or has ended, at most 30 s. */
  async #untilAdopted(): Promise<void> {
    await untilAdopted({
      control: this.#controlName,
      lastNumber: this.#sessions.lastNumber,
      listNames: (prefix) => listAbstractNames(this.#libc, prefix),
      isKnown: (number) => this.#sessions.isUsed(number),
      isOver: () => this.#stopping || this.#isHandingOver,
    });
  }

  /**
   * Stops listening, and hands all sessions over to the next listener on this address. Callers in their handshake are still served,
   * and their sessions are handed over too. Settles when everything is handed over.
   */
  async handOver(): Promise<void> {
    this.#isHandingOver = true;
    this.#pulls.close();
    clearInterval(this.#upkeep); // it would bind the addresses again
    this.#door.stopListening();
    this.#control.close();
    const deletionsEnded = this.#retention?.close();
    this.#disk?.close();
    await this.#control.replaced(REPLACED_MS);
    const leaving = this.#sessions.handOver();
    const untilMs = performance.now() + HANDSHAKE_MS;
    while (this.#serving > 0 || (this.#door.pendingCount > 0 && performance.now() < untilMs)) {
      await sleep(HANDSHAKE_CHECK_MS);
    }
    await leaving;
    await this.#sessions.handOver(); // those that have begun meanwhile
    await deletionsEnded;
    await this.stop();
  }

  /** Rejects every new caller and ends all sessions cleanly. Settles when all have ended and are reported. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#pulls.close();
    const deletionsEnded = this.#retention?.close();
    this.#disk?.close();
    this.#unproven.close();
    this.#starts.close();
    this.#control.close();
    await this.#spares.close();
    await this.#sessions.stop();
    this.#readiness.close();
    clearInterval(this.#upkeep);
    clearInterval(this.#statsTimer);
    await this.#door.close();
    await deletionsEnded;
    this.#refusals.reportFolded({ all: true });
  }

  /** Confirms a clean stop to the commands that have requested it. Call it last. */
  async confirmStopped(): Promise<void> {
    await this.#control.confirmStopped();
  }

  /** Kills all children; what they had written stays. */
  kill(): void {
    this.#sessions.kill();
  }

  async #carryOut(
    request: CarriedOutRequest,
    { sessions, state, clearLost, stop, handOver }: RunCommands,
  ): Promise<ControlAnswer> {
    const { pid } = Deno;
    switch (request.command) {
      case "sessions":
        return {
          answer: "sessions",
          pid,
          sessions: sessions(),
          unconnectedPulls: state()?.unconnectedPulls ?? [],
          called: [...this.#pulls.called],
        };
      case "state": {
        const now = state();
        if (now === null) return { answer: "failed", pid, problem: "the listener is starting" };
        return { answer: "state", pid, state: now, sessions: sessions() };
      }
      case "stop":
        return { pid, ...await this.#stopNamed(request.sessions) };
      case "cut":
        return { answer: "cut", pid, ...await this.#sessions.cutNamed(request.sessions) };
      case "ban":
        return { pid, ...await this.#ban(request) };
      case "lift-ban":
        return { pid, ...this.#liftBan(request.subject) };
      case "bans":
        return { answer: "bans", pid, bans: [...this.#bans.list(performance.now())] };
      case "clear-lost":
        return clearLost(request.session)
          ? { answer: "lost-cleared", pid }
          : { answer: "failed", pid, problem: `no lost session has the ID ${JSON.stringify(request.session)}` };
      case "web-logins": {
        this.#webLogins.end(request.ended);
        return { answer: "web-logins", pid, ...this.#webLogins.listed };
      }
      case "hand-over":
        if (this.#stopping || this.#isHandingOver) return { answer: "failed", pid, problem: "it is stopping" };
        handOver();
        return {
          answer: "handing-over",
          pid,
          lastNumber: this.#sessions.lastNumber + this.#door.pendingCount,
          webLogins: this.#webLogins.listed,
        };
      case "stop-all": {
        const running = sessions().length;
        stop();
        return { answer: "stopping", pid, sessions: running };
      }
      default:
        return request satisfies never;
    }
  }

  /** Ends the sessions with these IDs or stream names, and the pulls with these names. Settles when they have ended. */
  async #stopNamed(wanted: readonly string[]): Promise<WithoutPid<"stop" | "failed">> {
    const wereStopped = wanted.filter((name) => this.#pulls.isStopped(name));
    const pulls = this.#pulls.stop(wanted);
    const { areHandedOver, unknown, ...ends } = await this.#sessions.endNamed(wanted);
    if (areHandedOver) return { answer: "failed", problem: HANDED_OVER_PROBLEM };
    const namesOf = (stopped: readonly StoppedPull[] = []) => stopped.map(({ name }) => name);
    const hasEnded = (id: string | null) => ends.ended.some(({ session }) => session === id);
    const { ended, waiting } = Object.groupBy(pulls, ({ session }) => hasEnded(session) ? "ended" : "waiting");
    const known = new Set([...namesOf(pulls), ...wereStopped]);
    return {
      answer: "stop",
      ...ends,
      unknown: unknown.filter((name) => !known.has(name)),
      notCalled: namesOf(waiting),
      endedPulls: namesOf(ended),
      wereStopped,
    };
  }

  /** Bans an address or a stream name, and ends its sessions. Settles when they have ended. */
  async #ban({ subject: text, forMs }: BanRequest): Promise<WithoutPid<"ban" | "failed">> {
    const subject = banSubject(text);
    if (typeof subject === "string") return { answer: "failed", problem: subject };
    const nowMs = performance.now();
    if (!this.#bans.add(subject, { forMs, nowMs })) {
      return { answer: "failed", problem: `${MAX_BANS} bans are in force, and no more are possible` };
    }
    const { areHandedOver: _areHandedOver, ...ends } = await this.#sessions.endOf(subject.matches);
    if (this.#isHandingOver) return { answer: "failed", problem: HANDED_OVER_PROBLEM }; // the other listener does not know the ban
    const { kind } = subject;
    return { answer: "ban", ban: { kind, subject: subject.subject, remainingMs: forMs }, ...ends };
  }

  #liftBan(text: string): WithoutPid<"lifted" | "failed"> {
    const nowMs = performance.now();
    if (this.#bans.liftListed(text, nowMs)) return { answer: "lifted", subject: text };
    const subject = banSubject(text);
    if (typeof subject === "string") return { answer: "failed", problem: subject };
    const isLifted = this.#bans.lift(subject, nowMs);
    return isLifted
      ? { answer: "lifted", subject: subject.subject }
      : { answer: "failed", problem: `there is no ban of ${JSON.stringify(subject.subject)}` };
  }

  async #receive(request: CallerRequest): Promise<void> {
    this.#serving += 1;
    try {
      if (this.#previous !== null) await this.#mayBegin.promise;
      await this.#serve(request);
    } finally {
      this.#serving -= 1;
    }
  }

  /** One caller's life, from its CONCLUSION to its child, or to the answer that it gets instead. */
  async #serve(request: CallerRequest): Promise<void> {
    const { conclusion, streamId, proven, caller } = request;
    const facts: RequestFacts = { conclusion, streamId, ...caller };
    const policy = this.#policy;
    const first = this.#judge(facts, policy);
    if (first.kind !== "admit") return this.#answer(request, first);

    const passphrase = await judgeEncryption(conclusion.keyMaterial, first.terms, {
      ...caller,
      stream: streamId.name,
      isRelay: isRelay(policy, caller.address),
      proven,
      tries: this.#tries,
      libsrt: this.#libsrt,
      nowMs: performance.now(),
    });
    if (passphrase.kind === "reject" && passphrase.delayMs !== undefined) await pause(passphrase.delayMs);
    if (passphrase.kind !== "fits") return this.#answer(request, passphrase);

    const problem = await this.#checkFolder();
    if (problem !== null) return this.#answer(request, problem);

    const name = streamId.name ?? caller.address;
    // only a few sessions of unproven callers may run at the same time: each needs a place
    const place = proven ? null : await this.#whileCalling(request, (sinceMs) => this.#unproven.place(sinceMs, name));
    if (place === "challenge") return this.#answer(request, { kind: "challenge", cause: "sessions" });
    if (place === "late") return this.#answer(request, this.#stopping ? LISTENER_STOPS : WAITED_TOO_LONG);
    using unusedPlace = new DisposableStack();
    unusedPlace.defer(() => place?.leave(performance.now()));

    // only a few children may start at the same time: each needs a turn
    const turn = await this.#whileCalling(request, async (sinceMs) => await this.#starts.turn(sinceMs, name) ?? "late");
    if (request.yieldToLaterCall()) return turn === "late" ? undefined : turn.end({ kind: "unused" });
    // others may have been admitted meanwhile; from here to the start of the session there is no await
    const last = this.#judge(facts, policy);
    if (turn === "late" || last.kind !== "admit" || !request.isOpen) {
      if (turn !== "late") turn.end({ kind: "unused" });
      return this.#answer(request, last.kind === "admit" ? WAITED_TOO_LONG : last);
    }
    const refused = this.#sessions.begin(request, { admit: last, passphrase: passphrase.passphrase, turn, place });
    if (refused !== null) return this.#answer(request, refused);
    unusedPlace.move(); // from now on, the session frees the place
  }

  /** Returns the rejection if nothing can be recorded now, or null. */
  async #checkFolder(): Promise<Reject | null> {
    const problem = await this.#folder?.check() ?? null;
    return problem === null ? null : folderRejection(problem);
  }

  /**
   * Waits on behalf of a caller. If the result is late, waits again for as long as the caller repeats its CONCLUSION, at most
   * {@linkcode LONGEST_WAIT_MS}, unless the listener stops.
   *
   * @param wait Starts a wait. `sinceMs`: when it counts as begun, in ms of the door's clock.
   */
  async #whileCalling<Got>(
    request: CallerRequest,
    wait: (sinceMs: number) => Promise<Got | "late">,
  ): Promise<Got | "late"> {
    const mayWait = () => !this.#stopping && performance.now() - request.arrivalMs < LONGEST_WAIT_MS;
    let got = await wait(request.arrivalMs);
    while (got === "late" && mayWait() && await request.isHeardWithin(REPEAT_MS) && !this.#stopping) {
      got = await wait(performance.now());
    }
    return got;
  }

  #judge(facts: RequestFacts, policy: AdmissionPolicy): AdmitUnderTerms | Reject {
    const verdict = judgeRequest(facts, policy, this.#state());
    if (verdict.kind === "reject" || verdict.takesOver.length === 0) return verdict;
    return this.#takeOvers.judge(facts.streamId.name, performance.now()) ?? verdict;
  }

  #answer(request: CallerRequest, verdict: Reject | Challenge): void {
    if (!request.isOpen) return;
    if (verdict.kind === "challenge") return request.challenge(verdict.cause);
    request.reject(verdict.reason);
    this.#refusals.add({ ...refusedCaller(request, request.streamId, request.conclusion.srtVersion), ...verdict });
  }

  #state(): AdmissionState {
    const { forAdmission, stdoutSession } = this.#sessions;
    const nowMs = performance.now();
    const judgeBan = (caller: BannedCaller) => this.#bans.judge(caller, nowMs);
    return { sessions: forAdmission, stopping: this.#stopping, stdoutSession, judgeBan };
  }

  #setStatsInterval(intervalMs: number | null): void {
    this.#sessions.statsIntervalMs = intervalMs;
    clearInterval(this.#statsTimer);
    if (intervalMs === null) return;
    this.#statsTimer = setInterval(() => {
      this.#refusals.reportTotals();
      this.#disk?.reportSpace();
    }, intervalMs);
  }
}

/** A request to ban callers. */
type BanRequest = Extract<ControlRequest, { readonly command: "ban" }>;

/** An answer of one of these kinds, without the process ID of the listener. */
type WithoutPid<Kind extends ControlAnswer["answer"]> = Kind extends Kind
  ? Omit<Extract<ControlAnswer, { readonly answer: Kind }>, "pid">
  : never;

/** Parses what is banned, or returns why it cannot be. */
function banSubject(text: string): BanSubject | string {
  try {
    return parseBanSubject(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return error.message;
  }
}

/**
 * Returns the listener whose address this one takes, or null.
 *
 * @throws {ListenError} Another `record` command calls the same listeners.
 */
function previousListener({ libc, scope, port, replace }: ListenerOptions): PreviousListener | null {
  if (!replace && scope.kind !== "none") return null; // the port itself cannot be bound twice
  const previous = PreviousListener.find(libc, controlNameOf({ libc, scope }, port));
  if (previous === null || replace || scope.kind !== "none") return previous;
  throw new ListenError(`cannot record: another srt-splitter (PID ${previous.pid}) calls the same listeners`, {
    hint: `to take its sessions, add --replace; to end it: srt-splitter stop --all --listener record:${scope.number}`,
  });
}

function controlNameOf({ libc, scope }: Pick<ListenerOptions, "libc" | "scope">, port: number): string {
  const uid = libc.symbols.geteuid();
  switch (scope.kind) {
    case "one":
      return controlName({ uid, address: scope.address, port });
    case "every":
      return controlName({ uid, address: "*", port });
    case "every-ipv4":
      return controlName({ uid, address: "0.0.0.0", port });
    case "every-ipv6":
      return controlName({ uid, address: "::", port });
    case "none":
      return controlName({ uid, address: "record", port: scope.number });
    default:
      return scope satisfies never;
  }
}
