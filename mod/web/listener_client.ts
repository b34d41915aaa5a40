/**
 * What the web process asks the listener. The state is asked for at most twice a second, however many requests need it.
 *
 * @module
 */

import type { ControlAnswer, ControlRequest } from "../handoff/control_message.ts";

/** How long an answer is used. Our choice: the listener has other work. */
const FRESH_MS = 500;

/** How long a state may take. */
const STATE_MS = 5000;

/** How long a session may take to end, or to begin a new file: the longest latency (60 s), and what a listener allows after that. */
const ACTION_MS = 120_000;

/** Maximum number of actions at the same time. Our choice. */
const MAX_ACTIONS = 8;

/** Sends a request to the listener. Null if it does not answer in time. */
export type Ask = (request: ControlRequest, deadlineMs: number) => Promise<ControlAnswer | null>;

/** The state of the listener with its sessions. */
export type ListenerSnapshot = Extract<ControlAnswer, { readonly answer: "state" }>;

/** Asks the listener. */
export class ListenerClient {
  readonly #ask: Ask;
  readonly #now: () => number;
  #last: { readonly asked: Promise<ListenerSnapshot | null>; readonly sinceMs: number } | null = null;
  #actions = 0;

  /** @param now A monotonic clock in ms. */
  constructor(ask: Ask, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  /** Returns the state, at most 500 ms old. Null if the listener does not answer. */
  snapshot(): Promise<ListenerSnapshot | null> {
    const nowMs = this.#now();
    if (this.#last !== null && nowMs - this.#last.sinceMs < FRESH_MS) return this.#last.asked;
    const asked = this.#ask({ hello: "command", command: "state" }, STATE_MS)
      .then((answer) => answer?.answer === "state" ? answer : null);
    this.#last = { asked, sinceMs: nowMs };
    return asked;
  }

  /** Carries an action out. Null if the listener does not answer, `busy` if too many actions are in progress. */
  async act(request: ControlRequest): Promise<ControlAnswer | null | "busy"> {
    if (this.#actions >= MAX_ACTIONS) return "busy";
    this.#actions += 1;
    try {
      return await this.#ask(request, ACTION_MS);
    } finally {
      this.#actions -= 1;
      this.#last = null; // it may have changed the state
    }
  }
}
