/**
 * What the web process asks the listener. Each question is asked at most twice a second, and once
 * more after each action, however many requests need its answer.
 *
 * @module
 */

import type { ControlAnswer, ControlRequest } from "../handoff/control_message.ts";
import { SharedAnswer } from "./shared_answer.ts";

/** How long an answer is used. Our choice: the listener has other work. */
const FRESH_MS = 500;

/** How long an answer to a question may take. */
const ANSWER_MS = 5000;

/** How long a session may take to end, or to begin a new file: the longest latency (60 s), and what a listener allows after that. */
const ACTION_MS = 120_000;

/** Maximum number of actions at the same time. Our choice. */
const MAX_ACTIONS = 8;

/** Sends a request to the listener. Null if it does not answer in time. */
export type Ask = (request: ControlRequest, deadlineMs: number) => Promise<ControlAnswer | null>;

/** The state of the listener with its sessions. */
export type ListenerSnapshot = Extract<ControlAnswer, { readonly answer: "state" }>;

/** A question that changes nothing. */
type Question = "state" | "bans";

/** Asks the listener. */
export class ListenerClient {
  readonly #ask: Ask;
  readonly #answers: Readonly<Record<Question, SharedAnswer<ControlAnswer | null>>>;
  #actions = 0;

  /** @param now A monotonic clock in ms. */
  constructor(ask: Ask, now: () => number) {
    this.#ask = ask;
    const answerTo = (command: Question) => {
      return new SharedAnswer({ read: () => ask({ hello: "command", command }, ANSWER_MS), freshMs: FRESH_MS, now });
    };
    this.#answers = { state: answerTo("state"), bans: answerTo("bans") };
  }

  /** Returns the state, at most 500 ms old. Null if the listener does not answer. */
  async snapshot(): Promise<ListenerSnapshot | null> {
    const answer = await this.question("state");
    return answer?.answer === "state" ? answer : null;
  }

  /** Returns the answer to a question, at most 500 ms old. Null if the listener does not answer. */
  question(command: Question): Promise<ControlAnswer | null> {
    return this.#answers[command].get();
  }

  /** Carries an action out. Null if the listener does not answer, `busy` if too many actions are in progress. */
  async act(request: ControlRequest): Promise<ControlAnswer | null | "busy"> {
    if (this.#actions >= MAX_ACTIONS) return "busy";
    this.#actions += 1;
    try {
      return await this.#ask(request, ACTION_MS);
    } finally {
      this.#actions -= 1;
      for (const answer of Object.values(this.#answers)) answer.forget(); // it may have changed them
    }
  }
}
