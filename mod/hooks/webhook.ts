/**
 * Posts the messages of hooks to a URL, in order. After a failure that may be temporary, a message is posted again.
 *
 * @module
 */

import { formatCount, formatDuration } from "../report/format.ts";
import type { HookMessage, HookReport, Webhook } from "./contract.ts";

/** Messages that may wait. Our choice: 16 min of one message per second. */
const MAX_WAITING = 1000;
/** How long one request may take. Our choice: the same as most senders of webhooks. */
const REQUEST_MS = 10_000;
/** Pause after the first failure; it doubles with each further one. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** How long delivery may continue after the last message. The manual states this time. */
const FINISH_MS = 30_000;
/**
 * Longest pause between tries after the last message. It is short because the receiver may work again before the time is over.
 */
const FINISH_PAUSE_MS = 2000;
/** HTTP status codes below 500 after which the same request may succeed later. After 500 and above, it always may. */
const TEMPORARY: ReadonlySet<number> = new Set([408, 421, 425, 429]);

/** The signature of a body with the secret of `--webhook-secret-file`. */
const SIGNATURE_HEADER = "X-Srt-Splitter-Signature";
/** The name of the hook. */
const EVENT_HEADER = "X-Srt-Splitter-Event";
/** The ID of the message. It is the same each time the message is posted, so a receiver can detect repeats. */
const DELIVERY_HEADER = "X-Srt-Splitter-Delivery";

/** What delivery needs. */
export interface WebhookQueueOptions {
  readonly report: (report: HookReport) => void;
  /** Like the global function; rejects if there is no answer. */
  readonly fetch: typeof fetch;
  /** Messages that may wait; 1000 unless given. */
  readonly maxWaiting?: number;
  /** The first and the longest pause in ms, if they differ from the usual ones. */
  readonly pausesMs?: readonly [number, number];
}

/** The result of one request; null: delivered. */
type Failure = { readonly text: string; readonly isFinal: boolean } | null;

/** Messages that wait for delivery. */
export class WebhookQueue {
  readonly #webhook: Webhook;
  readonly #host: string;
  readonly #options: WebhookQueueOptions;
  readonly #waiting: { readonly id: string; readonly message: HookMessage }[] = [];
  readonly #stopped = new AbortController();
  #key: Promise<CryptoKey> | null = null;
  #running: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #failedSinceMs: number | null = null;
  /** Messages that were dropped since delivery failed, or since too many waited. */
  #lost = 0;
  #isOverflowing = false;
  #isFinishing = false;
  #finished: Promise<void> | null = null;

  constructor(webhook: Webhook, options: WebhookQueueOptions) {
    this.#webhook = webhook;
    this.#host = new URL(webhook.url).host; // the rest may have secrets
    this.#options = options;
  }

  /** Queues a message. If too many wait, the oldest that is not being sent is dropped. */
  push(message: HookMessage): void {
    const { maxWaiting = MAX_WAITING } = this.#options;
    this.#waiting.push({ id: crypto.randomUUID(), message });
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.splice(1, 1);
      this.#lost += 1;
      if (!this.#isOverflowing) this.#warn("too many messages wait, and the oldest are dropped");
      this.#isOverflowing = true;
    }
    this.#start();
  }

  /** No more messages follow. Settles when no message is waiting any more, or after 30 s. Never rejects. Idempotent. */
  finish(): Promise<void> {
    return this.#finished ??= this.#finish();
  }

  async #finish(): Promise<void> {
    this.#isFinishing = true;
    this.#wake?.();
    const deadline = setTimeout(() => this.kill(), FINISH_MS);
    await this.#running;
    clearTimeout(deadline);
    const left = this.#waiting.length;
    if (left > 0) {
      this.#warn(
        `${formatCount(left, "message")} ${left === 1 ? "was" : "were"} not delivered before the listener stopped`,
      );
    }
  }

  /** Ends delivery at once. */
  kill(): void {
    this.#stopped.abort();
    this.#wake?.();
  }

  #start(): void {
    this.#running ??= this.#deliver().finally(() => {
      this.#running = null;
      if (this.#waiting.length > 0 && !this.#stopped.signal.aborted) this.#start();
    });
  }

  async #deliver(): Promise<void> {
    let failures = 0;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const failure = await this.#post(next);
      if (this.#stopped.signal.aborted) return;
      if (failure === null || failure.isFinal) {
        this.#waiting.shift();
        failures = 0;
        if (failure === null) {
          this.#succeeded();
        } else {
          if (this.#failedSinceMs !== null) this.#lost += 1;
          this.#warn(`${failure.text}; the message ${next.message.name} is dropped`);
        }
        continue;
      }
      if (this.#failedSinceMs === null) {
        this.#failedSinceMs = performance.now();
        this.#warn(`${failure.text}; messages wait, and delivery is tried again`);
      }
      const [first, longest] = this.#options.pausesMs ?? [FIRST_PAUSE_MS, LONGEST_PAUSE_MS];
      await this.#pause(Math.min(longest, first * 2 ** failures, this.#isFinishing ? FINISH_PAUSE_MS : Infinity));
      if (this.#stopped.signal.aborted) return;
      failures += 1;
    }
  }

  #succeeded(): void {
    if (this.#failedSinceMs !== null) {
      const lost = this.#lost === 0 ? "no message was lost" : `${formatCount(this.#lost, "message")} lost`;
      this.#warn(`works again after ${formatDuration(performance.now() - this.#failedSinceMs)}; ${lost}`);
    }
    this.#failedSinceMs = null;
    this.#lost = 0;
    this.#isOverflowing = false;
  }

  /** Waits for `ms`, or until {@linkcode WebhookQueue.finish} or {@linkcode WebhookQueue.kill} is called. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    this.#wake = null;
    clearTimeout(timer);
  }

  async #post(
    { id, message: { name, json } }: { readonly id: string; readonly message: HookMessage },
  ): Promise<Failure> {
    const body = new TextEncoder().encode(json);
    const late = AbortSignal.timeout(REQUEST_MS);
    try {
      const response = await this.#options.fetch(this.#webhook.url, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "User-Agent": "srt-splitter",
          [EVENT_HEADER]: name,
          [DELIVERY_HEADER]: id,
          ...(await this.#signature(body)),
        },
        body,
        redirect: "manual", // a redirect could lead anywhere
        signal: AbortSignal.any([late, this.#stopped.signal]),
      });
      await response.body?.cancel();
      const { status, ok } = response;
      if (ok) return null;
      return { text: `it answers with HTTP status ${status}`, isFinal: status < 500 && !TEMPORARY.has(status) };
    } catch (error) {
      return { text: late.aborted ? "it does not answer" : networkProblem(error), isFinal: false };
    }
  }

  async #signature(body: Uint8Array<ArrayBuffer>): Promise<Readonly<Record<string, string>>> {
    const { secret } = this.#webhook;
    if (secret === null) return {};
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    this.#key ??= crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, ["sign"]);
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, body));
    return { [SIGNATURE_HEADER]: `sha256=${signature.toHex()}` };
  }

  #warn(text: string): void {
    this.#options.report({ kind: "warning", text: `webhook ${this.#host}: ${text}` });
  }
}

/** The URL in the message of a failed request. It is removed, because a part of it could be mistaken for a reason. */
const REQUESTED_URL = /\bhttps?:\S*/g;

/** Describes why a request failed, without its URL. */
function networkProblem(error: unknown): string {
  const causes: string[] = []; // Deno 2.9 has the reason in a cause, Deno 2.6 in the error itself
  for (let cause = error; cause instanceof Error && causes.length < 8; cause = cause.cause) causes.push(cause.message);
  const text = causes.join(" ").replaceAll(REQUESTED_URL, "");
  if (/connection refused/i.test(text)) return "it refuses connections";
  if (/certificate|\btls\b|handshake|corrupt message/i.test(text)) {
    return "its TLS certificate is not accepted, or TLS fails";
  }
  if (/dns error|lookup/i.test(text)) return "its name cannot be resolved";
  return "it cannot be reached";
}
