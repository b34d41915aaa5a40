/**
 * Decides when children start: a few at the same time, in the order in which their callers arrived, but stream names take turns.
 *
 * If more started at once, all of them would be late. A caller that has waited longer than libsrt's connection timeout gets no
 * child. While callers wait, the recordings of those that are connected do not begin, because that would take processor time
 * from the starts. A spare starts only when no caller waits and no child has just started. While children die before they are
 * ready, one starts at a time, after a growing pause.
 *
 * @module
 */

import { FairQueue, type Waiting } from "./fair_queue.ts";

/**
 * A caller whose child is not ready this long after its handshake began counts as gone: libsrt's default of `SRTO_CONNTIMEO`. If it
 * still calls, the listener lets it wait again.
 */
export const START_DEADLINE_MS = 3000;
/** Our choice: pause after the first early death; each further one doubles it, up to the limit. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8000;
/** Our choice: how long after the last start a spare may start. By then, the session of a caller has opened its file. */
const QUIET_MS = 100;
/** Our choice: this many early deaths in a row are reported. */
const REPORTED_DEATHS = 2;

/** What a queue needs. */
export interface StartQueueOptions {
  /** Children that may start at the same time, at least 1. */
  readonly parallel: number;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  readonly onWarning: (text: string) => void;
  /** Called when a caller has to wait and none did before. */
  readonly onCrowd: () => void;
}

/** Why a start has ended. */
export type StartEnd =
  /** The child listens for its caller, or has reported why it does not. */
  | { readonly kind: "ready" }
  /** The child died, or was killed, before it was ready. */
  | { readonly kind: "died"; readonly text: string }
  /** The recording of a connected caller has begun. */
  | { readonly kind: "recording" }
  /** Nothing was started, or only a spare. */
  | { readonly kind: "unused" };

/** The right to start one child or to begin one recording. Held until {@linkcode Turn.end}. */
export interface Turn {
  /** Ends the start. Idempotent. */
  end(end: StartEnd): void;
}

interface WaitingCaller extends Waiting {
  readonly resolve: (turn: Turn | null) => void;
}

/** Queues starts. */
export class StartQueue {
  readonly #options: StartQueueOptions;
  readonly #waiting = new FairQueue<WaitingCaller>();
  /** The waits of spares for a turn. */
  readonly #waitingSpares: ((turn: Turn | null) => void)[] = [];
  /** Recordings that must begin. */
  readonly #waitingRecordings: ((turn: Turn | null) => void)[] = [];
  #isCrowded = false;
  #starting = 0;
  /** Recordings that begin now. Callers do not wait for them. */
  #recording = 0;
  #quietSinceMs = -Infinity;
  /** How long the last successful start took. */
  #lastStartMs = 0;
  /** Early deaths in a row. */
  #deaths = 0;
  #notBeforeMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StartQueueOptions) {
    this.#options = options;
  }

  /**
   * Waits for a turn.
   *
   * @param arrivalMs When the caller's handshake began, or when it begins to wait again, in ms of the queue's clock.
   * @param name Its stream name, or another property that callers of the same kind share.
   * @returns Null once no child can be ready within {@linkcode START_DEADLINE_MS} of `arrivalMs`, or if the queue is closed.
   */
  turn(arrivalMs: number, name: string): Promise<Turn | null> {
    const { promise, resolve } = Promise.withResolvers<Turn | null>();
    this.#waiting.add({ arrivalMs, name, resolve });
    this.#advance();
    return promise;
  }

  /** Waits for a turn to start a spare: until nothing else starts or waits. Null if the queue is closed meanwhile. */
  turnForSpare(): Promise<Turn | null> {
    const { promise, resolve } = Promise.withResolvers<Turn | null>();
    this.#waitingSpares.push(resolve);
    this.#advance();
    return promise;
  }

  /**
   * Waits for a turn to begin the recording of a connected caller: until no caller waits. Null if the queue is closed meanwhile.
   */
  turnToRecord(): Promise<Turn | null> {
    const { promise, resolve } = Promise.withResolvers<Turn | null>();
    this.#waitingRecordings.push(resolve);
    this.#advance();
    return promise;
  }

  /** Whether callers wait for a turn. */
  get isCrowded(): boolean {
    return this.#isCrowded;
  }

  /** Ends all waits, without a turn. */
  close(): void {
    clearTimeout(this.#timer);
    for (const resolve of this.#waitingRecordings.splice(0)) resolve(null);
    for (const { resolve } of this.#waiting.takeUntil(Infinity)) resolve(null);
    for (const resolve of this.#waitingSpares.splice(0)) resolve(null);
  }

  #advance(): void {
    clearTimeout(this.#timer);
    const nowMs = this.#options.now();
    const parallel = this.#deaths > 0 ? 1 : this.#options.parallel;
    const maxWaitMs = START_DEADLINE_MS - Math.min(this.#lastStartMs, START_DEADLINE_MS / 2);
    for (const { resolve } of this.#waiting.takeUntil(nowMs - maxWaitMs)) resolve(null);
    for (let { next } = this.#waiting; next !== undefined; { next } = this.#waiting) {
      if (this.#starting >= parallel || nowMs < this.#notBeforeMs) break;
      this.#waiting.serve(next);
      next.resolve(this.#begin());
    }
    const { earliest } = this.#waiting;
    const wasCrowded = this.#isCrowded;
    this.#isCrowded = earliest !== undefined;
    if (earliest === undefined) {
      this.#advanceRecordings();
      return this.#advanceSpares(nowMs);
    }
    if (!wasCrowded) this.#options.onCrowd();
    const deadlineMs = earliest.arrivalMs + maxWaitMs;
    const nextMs = this.#starting < parallel ? Math.min(deadlineMs, this.#notBeforeMs) : deadlineMs;
    this.#timer = setTimeout(() => this.#advance(), Math.ceil(nextMs - nowMs));
  }

  #advanceRecordings(): void {
    while (this.#starting + this.#recording < this.#options.parallel) {
      const resolve = this.#waitingRecordings.shift();
      if (resolve === undefined) return;
      resolve(this.#beginRecording());
    }
  }

  #advanceSpares(nowMs: number): void {
    if (this.#waitingSpares.length === 0 || this.#starting + this.#recording > 0) return;
    const atMs = Math.max(this.#notBeforeMs, this.#quietSinceMs + QUIET_MS);
    if (nowMs >= atMs) this.#waitingSpares.shift()?.(this.#begin());
    else this.#timer = setTimeout(() => this.#advance(), Math.ceil(atMs - nowMs));
  }

  #beginRecording(): Turn {
    this.#recording += 1;
    return this.#turn(() => this.#recording -= 1);
  }

  #begin(): Turn {
    this.#starting += 1;
    return this.#turn(() => this.#starting -= 1);
  }

  /** @param over Called at the end of the turn. */
  #turn(over: () => void): Turn {
    const startMs = this.#options.now();
    let isOver = false;
    return {
      end: (end) => {
        if (isOver) return;
        isOver = true;
        over();
        if (end.kind !== "unused") this.#quietSinceMs = this.#options.now();
        if (end.kind === "ready") this.#lastStartMs = this.#options.now() - startMs;
        this.#updatePause(end);
        this.#advance();
      },
    };
  }

  #updatePause(end: StartEnd): void {
    const { now, onWarning } = this.#options;
    switch (end.kind) {
      case "ready":
        if (this.#deaths >= REPORTED_DEATHS) onWarning("processes of new sessions start as usual again");
        this.#deaths = 0;
        this.#notBeforeMs = -Infinity;
        return;
      case "died": {
        this.#deaths += 1;
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#deaths - 1), LONGEST_PAUSE_MS);
        this.#notBeforeMs = now() + pauseMs;
        if (this.#deaths === REPORTED_DEATHS) {
          onWarning(`processes of new sessions die before they are ready (${end.text}): they start more slowly now`);
        }
        return;
      }
      case "recording":
      case "unused":
        return;
      default:
        end satisfies never;
    }
  }
}
