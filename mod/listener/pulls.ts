/**
 * The pulls of a run: each listener is called, recorded until its session ends, and called again.
 *
 * @module
 */

import type { UnconnectedPull } from "../vocabulary/unconnected_pull.ts";
import { BackOff } from "../os/back_off.ts";
import { forwardName } from "../recording/forward_template.ts";
import type { PullFailedEvent, SessionEndEvent } from "../vocabulary/events.ts";
import { AddressTurns } from "./address_turns.ts";
import type { Pull, PulledSession } from "./pull.ts";
import { type Call, call, type CallOptions, explained, type Failure } from "./pull_call.ts";
import type { Sessions } from "./sessions.ts";

/** What pulls need from outside. */
export interface PullsOptions extends CallOptions {
  readonly sessions: Pick<Sessions, "beginPull" | "stopSession" | "stdoutSession">;
  readonly report: (event: PullFailedEvent) => void;
  /** Called when no pull is left, because all were stopped, and their sessions have ended. */
  readonly onNoneLeft: () => void;
  /** As for {@linkcode BackOff}. */
  readonly firstPauseMs?: number;
}

/** Why the last call of a pull failed, or its last session ended. */
type Problem = Pick<UnconnectedPull, "reason" | "text" | "advice">;

/** A pull that was not stopped. */
interface RunningPull {
  readonly pull: Pull;
  readonly backOff: BackOff;
  call: Call | null;
  readonly turns: AddressTurns;
  /** Null before the first failure and the first end of a session. It remains while a session runs. */
  problem: Problem | null;
  /** When it is called next, in ms of a monotonic clock; null while it is called or has a session. */
  nextCallMs: number | null;
  isOver: boolean;
  /** Ends the pause before the next call. */
  wake: () => void;
  /** Settles when the pull is over and its session has ended. */
  done: Promise<void>;
}

/** A pull that was stopped. */
export interface StoppedPull {
  readonly name: string;
  /** Its session, or the call that was in progress; null: neither. */
  readonly session: string | null;
}

/** The pulls of a run. */
export class Pulls {
  readonly #options: PullsOptions;
  readonly #running = new Map<string, RunningPull>();
  /** The pulls that are over, by name, until they are done. */
  readonly #ending = new Map<string, Promise<void>>();
  /** The names of the pulls that were stopped, and have not begun again. */
  readonly #stopped = new Set<string>();
  /** How many pulls were stopped and have a session that has not ended. */
  #stopping = 0;
  #isClosed = false;
  #mayCall: Promise<void> = Promise.resolve();

  constructor(options: PullsOptions) {
    this.#options = options;
  }

  /**
   * Calls these listeners from now on, and ends all other pulls with their sessions. Pulls that have not changed continue. Pulls
   * that were stopped begin again.
   *
   * @param options `mayCall`: settles when no session of an earlier srt-splitter process is expected any more. All pulls of the run
   * wait for it.
   */
  set(pulls: readonly Pull[], { mayCall = this.#mayCall }: { readonly mayCall?: Promise<void> } = {}): void {
    if (this.#isClosed) return;
    this.#mayCall = mayCall;
    const wanted = new Map(pulls.map((pull) => [pull.name, pull]));
    for (const [name, running] of [...this.#running]) {
      if (JSON.stringify(running.pull) === JSON.stringify(wanted.get(name))) {
        wanted.delete(name);
        continue;
      }
      this.#end(running);
      if (running.call !== null) this.#options.sessions.stopSession(running.call.session);
    }
    for (const pull of wanted.values()) this.#start(pull);
  }

  /**
   * Ends the pulls with these names, or with sessions of these IDs: their listeners are not called any more, until {@linkcode set}
   * begins them again. Ending the sessions is left to the caller of this method.
   */
  stop(wanted: readonly string[]): readonly StoppedPull[] {
    const isMeant = ({ pull: { name }, call }: RunningPull) =>
      wanted.includes(name) || (call !== null && wanted.includes(call.session));
    return [...this.#running.values()].filter(isMeant).map((running) => {
      const { pull: { name }, call, done } = running;
      this.#end(running);
      this.#stopped.add(name);
      this.#stopping += 1;
      // without a session, `done` is not waited for: a look-up of a host name can delay it for long
      void (call === null ? Promise.resolve() : done).then(() => {
        this.#stopping -= 1;
        if (this.#running.size + this.#stopping === 0) this.#options.onNoneLeft();
      });
      return { name, session: call?.session ?? null };
    });
  }

  /** Reports whether the pull with this name was stopped, and has not begun again. */
  isStopped(name: string): boolean {
    return this.#stopped.has(name);
  }

  /**
   * A session of an earlier srt-splitter process was adopted: its pull does not call until the session has ended. If the pull was
   * stopped, the session is ended.
   */
  adopt(name: string, session: PulledSession): void {
    if (this.#stopped.has(name)) this.#options.sessions.stopSession(session.session);
    const running = this.#running.get(name);
    if (running === undefined || running.call !== null) return;
    const { passphraseOption } = this.#options;
    const { host, port } = running.pull;
    running.call = explained(session, { listener: { address: host, port }, passphraseOption });
    running.wake();
  }

  /**
   * The pulls of which a call has failed or a session has ended. `RunState.unconnectedPulls` leaves out those that have a session
   * again.
   */
  get unconnected(): readonly UnconnectedPull[] {
    const nowMs = performance.now();
    return [...this.#running.values()].flatMap(({ pull, problem, nextCallMs: atMs }) => {
      if (problem === null) return [];
      const nextCallMs = atMs === null ? null : Math.max(0, Math.round(atMs - nowMs));
      return [{ stream: pull.name, listener: forwardName(pull), ...problem, nextCallMs }];
    });
  }

  /** The names of the listeners that are called. */
  get called(): readonly string[] {
    return Array.from(this.#running.values(), ({ pull }) => forwardName(pull));
  }

  /** Makes no more calls. Sessions continue. */
  close(): void {
    this.#isClosed = true;
    for (const running of [...this.#running.values()]) this.#end(running);
  }

  #end(running: RunningPull): void {
    const { pull: { name }, done } = running;
    this.#running.delete(name);
    running.isOver = true;
    running.wake();
    this.#ending.set(name, done);
    void done.then(() => {
      if (this.#ending.get(name) === done) this.#ending.delete(name);
    });
  }

  /** Starts a pull. It calls after an earlier pull with its name is done. */
  #start(pull: Pull): void {
    const running: RunningPull = {
      pull,
      backOff: new BackOff(this.#options.firstPauseMs),
      call: null,
      turns: new AddressTurns(),
      problem: null,
      nextCallMs: null,
      isOver: false,
      wake: () => {},
      done: Promise.resolve(),
    };
    this.#stopped.delete(pull.name);
    this.#running.set(pull.name, running);
    running.done = (this.#ending.get(pull.name) ?? Promise.resolve()).then(() => this.#run(running));
  }

  /** One pull's life: calls, records until the session ends, pauses, and calls again. */
  async #run(running: RunningPull): Promise<void> {
    const { backOff } = running;
    await wakeOr(running, this.#mayCall);
    while (!running.isOver) {
      const end = await this.#record(running);
      if (running.isOver || typeof end === "string") return;
      const isSession = "event" in end;
      if (isSession) noteSession(running, end);
      const retryMs = backOff.next();
      if (!isSession) this.#noteFailure(running, end, retryMs);
      running.problem = { reason: isSession ? null : end.reason, text: end.text, advice: end.advice };
      running.nextCallMs = performance.now() + retryMs;
      await pauseFor(running, retryMs);
      running.nextCallMs = null;
    }
  }

  /** Calls the listener, unless a session was adopted, and waits for the end of the session. */
  async #record(running: RunningPull): Promise<SessionEndEvent | "handed-over" | "given-up" | Failure> {
    if (running.call === null) {
      const { pull, turns } = running;
      const isGivenUp = () => running.isOver || running.call !== null;
      const begun = await call(pull, this.#options, { turns, isGivenUp });
      if (typeof begun === "object" && "end" in begun) running.call = begun;
      else if (running.call === null) return begun;
    }
    const end = await running.call.end;
    running.call = null;
    return end;
  }

  /** Reports a failure if it is the first one since the last session, or if its cause is news. */
  #noteFailure({ pull, turns }: RunningPull, { cause, ...failure }: Failure, retryMs: number): void {
    if (!turns.noteFailure(cause)) return;
    const time = new Date().toISOString();
    const listener = forwardName(pull);
    this.#options.report({ event: "pull-failed", time, stream: pull.name, listener, ...failure, retryMs });
  }
}

function noteSession(running: RunningPull, { caller, bytes, durationMs }: SessionEndEvent): void {
  running.backOff.noteConnection(durationMs);
  running.turns.noteSession(caller.address, { hasServed: bytes > 0 });
}

/** Waits for a time in ms, or until the pull is over or has a session. */
async function pauseFor(running: RunningPull, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await wakeOr(running, promise);
  clearTimeout(timer);
}

/** Waits for `promise`, or until the pull is over or has a session. */
async function wakeOr(running: RunningPull, promise: Promise<void>): Promise<void> {
  if (running.isOver || running.call !== null) return;
  const { promise: woken, resolve } = Promise.withResolvers<void>();
  running.wake = resolve;
  await Promise.race([promise, woken]);
}
