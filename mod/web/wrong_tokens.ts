/**
 * Delays the answers to requests with a wrong token, so that tokens cannot be guessed by trying many. A request with the right token
 * never waits: it is checked before anything is delayed.
 *
 * @module
 */

import { BoundedMap } from "../admission/bounded_map.ts";
import { sleep } from "../os/timer.ts";
import { MAX_PER_SOURCE } from "./connections.ts";
import { replyProblem } from "./reply.ts";

/** How long the answer to a wrong token is delayed, in ms. Our choice. */
const DELAY_MS = 1000;
/** Answers to wrong tokens of one source in the time of one delay. Our choice. */
const PER_DELAY = 4;
/** The longest delay, as a multiple of the usual one. It is reached when 56 answers to a source wait. Our choice. */
const LONGEST = 15;
/**
 * Maximum number of requests of one source whose answer is delayed. Our choice: as many as one source has connections. Further ones,
 * which it can send only by HTTP/2, are refused without a delay.
 */
const MAX_WAITING = MAX_PER_SOURCE;
/** Maximum number of sources that are remembered. Our choice. */
const MAX_SOURCES = 1000;

/** What is known about a source. */
interface Source {
  /** When its next answer may be sent. */
  nextMs: number;
  /** How many of its requests wait. */
  waiting: number;
}

/** The wrong tokens of each source. */
export class WrongTokens {
  readonly #sources = new BoundedMap<string, Source>(MAX_SOURCES);
  readonly #now: () => number;
  readonly #delayMs: number;

  /** @param options `now`: a monotonic clock in ms. `delayMs`: how long an answer is delayed; 1000 unless given. */
  constructor({ now, delayMs = DELAY_MS }: { readonly now: () => number; readonly delayMs?: number }) {
    this.#now = now;
    this.#delayMs = delayMs;
  }

  /** Returns `refusal` after a delay, or a refusal because of too many wrong tokens. `source`: as `sourceNetwork` returns it. */
  async answer(source: string, refusal: Response): Promise<Response> {
    if (await this.#wait(source)) return refusal;
    return replyProblem(429, "too many wrong tokens from this address", {
      hint: "send the first line of the file of --web-token-file",
      headers: { "retry-after": String(Math.ceil(LONGEST * this.#delayMs / 1000)) },
    });
  }

  /** Waits until a wrong token of this source may be answered. Returns false if there are too many of them. */
  async #wait(name: string): Promise<boolean> {
    const nowMs = this.#now();
    const source = this.#sources.get(name) ?? { nextMs: nowMs, waiting: 0 };
    this.#sources.put(name, source); // it is the newest
    if (source.waiting >= MAX_WAITING) return false;
    const latestMs = nowMs + LONGEST * this.#delayMs;
    const answerMs = Math.max(nowMs + this.#delayMs, source.nextMs);
    const isAllowed = answerMs < latestMs;
    if (isAllowed) source.nextMs = answerMs + this.#delayMs / PER_DELAY;
    source.waiting += 1;
    await sleep(Math.min(answerMs, latestMs) - nowMs);
    source.waiting -= 1;
    return isAllowed;
  }
}
