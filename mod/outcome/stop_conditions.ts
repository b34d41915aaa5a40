/**
 * Decides when a run is over by itself: `--sessions`, `--for`, `--wait` and `--idle-exit`. Whichever comes first ends it.
 *
 * @module
 */

import { formatDuration } from "../report/format.ts";

/** What was asked for; null: not asked for. */
export interface StopSettings {
  /** End after so many sessions have ended, 1 or more. */
  readonly sessions: number | null;
  /** End so long after listening began, in ms. */
  readonly forMs: number | null;
  /** Fail where no session began in so many ms from listening. */
  readonly waitMs: number | null;
  /** End when no session ran for so many ms after the first. */
  readonly idleExitMs: number | null;
}

/** The condition that ended a run. */
export interface Ending {
  /** The option that asked for it. */
  readonly cause: "--sessions" | "--for" | "--wait" | "--idle-exit";
  /** What happened, in words. */
  readonly text: string;
  /** Whether the run failed by it: nobody came. */
  readonly failed: boolean;
}

/** The conditions of one run, and what they need to know of it. */
export class StopConditions {
  readonly #settings: StopSettings;
  readonly #startMs: number;
  #began = 0;
  #ended = 0;
  #idleSinceMs: number | null = null;

  /** @param nowMs When listening began. */
  constructor(settings: StopSettings, nowMs: number) {
    this.#settings = settings;
    this.#startMs = nowMs;
  }

  /** A session began. */
  begin(): void {
    this.#began += 1;
    this.#idleSinceMs = null;
  }

  /** A session ended. */
  end(nowMs: number): void {
    this.#ended += 1;
    this.#idleSinceMs = this.#ended >= this.#began ? nowMs : null;
  }

  /** The condition that holds now, or null. Where several hold at once, the one that says most is named. */
  due(nowMs: number): Ending | null {
    const { sessions } = this.#settings;
    if (sessions !== null && this.#ended >= sessions) {
      const have = this.#ended === 1 ? "1 session has" : `${this.#ended} sessions have`;
      return { cause: "--sessions", text: `${have} ended (--sessions ${sessions})`, failed: false };
    }
    return this.#deadlines().find(({ atMs }) => nowMs >= atMs)?.ending ?? null;
  }

  /** Ms from `nowMs` until the next condition may hold by the clock alone, 0 or more; null where none can. */
  nextMs(nowMs: number): number | null {
    const times = this.#deadlines().map(({ atMs }) => atMs);
    return times.length === 0 ? null : Math.max(0, Math.min(...times) - nowMs);
  }

  #deadlines(): readonly { readonly atMs: number; readonly ending: Ending }[] {
    const { forMs, waitMs, idleExitMs } = this.#settings;
    const found: { readonly atMs: number; readonly ending: Ending }[] = [];
    const add = (cause: Ending["cause"], atMs: number, text: string): void => {
      found.push({ atMs, ending: { cause, text, failed: cause === "--wait" } });
    };
    if (waitMs !== null && this.#began === 0) {
      const time = formatDuration(waitMs);
      add("--wait", this.#startMs + waitMs, `no caller was accepted within ${time} (--wait)`);
    }
    if (idleExitMs !== null && this.#idleSinceMs !== null) {
      const time = formatDuration(idleExitMs);
      add("--idle-exit", this.#idleSinceMs + idleExitMs, `no session for ${time} (--idle-exit)`);
    }
    if (forMs !== null) add("--for", this.#startMs + forMs, `${formatDuration(forMs)} are over (--for)`);
    return found;
  }
}
