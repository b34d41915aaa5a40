/**
 * Forwards payload to a listener as it arrives, and calls the listener again if the connection ends.
 *
 * During the first call, payload waits in the pipe. After a call has failed or a connection has ended, payload is dropped until the
 * listener accepts another call; then forwarding continues with the next whole TS packet.
 *
 * @module
 */

import { BackOff } from "../os/back_off.ts";
import { sleep } from "../os/timer.ts";
import { OutputQueue } from "../outputs/output_queue.ts";
import { TsDatagrams } from "../outputs/ts_datagrams.ts";
import type { ForwardReport } from "../recording/forward_template.ts";
import type { Caller } from "../srt/caller.ts";
import { Deliveries } from "./deliveries.ts";

/** How often a connection without payload is checked, and how often totals are reported. */
const CHECK_MS = 200;
const REPORT_MS = 1000;
/** How often a full sender buffer is tried again, and how often acknowledgements are checked. */
const RETRY_MS = 5;
/** Messages that are sent without a pause: a backlog must not overflow the listener's buffer. Our choice: 270 Mbit/s. */
const GROUP_MESSAGES = 128;
/** Longest wait for acknowledgements at the end. Our choice: longer than libsrt's peer idle timeout of 5 s. */
const DELIVERY_MS = 10_000;
/** How long after its due time a listener may still deliver a packet. */
const LATE_DELIVERY_MS = 50;

/** The connection, as far as it is needed. */
export type ForwardConnection =
  & Pick<Caller, "send" | "isOpen" | "unacknowledged" | "latencyMs" | "statistics" | "close">
  & Disposable;

/** What forwarding needs. */
export interface ForwardOptions {
  /** Reads the next payload; null: it has ended. The array is valid until the next call. */
  readonly read: () => Promise<Uint8Array<ArrayBuffer> | null>;
  /** Calls the listener. Returns why that failed as text: what happened, and hints in further lines. */
  readonly call: () => Promise<ForwardConnection | string>;
  readonly report: (report: ForwardReport) => void;
  readonly firstPauseMs?: number;
}

/** Forwards until the payload has ended, and everything that was sent is acknowledged or can no longer be acknowledged. */
export async function forwardPayload(options: ForwardOptions): Promise<void> {
  await new Forwarder(options).run();
}

class Forwarder {
  readonly #options: ForwardOptions;
  readonly #backOff: BackOff;
  readonly #queue = new OutputQueue();
  #messages: Uint8Array<ArrayBuffer>[] = [];
  readonly #datagrams = new TsDatagrams((datagram) => this.#messages.push(datagram.slice()));
  #reading: Read | null = null;
  #hasEnded = false;
  #connections = 0;
  #acknowledgedBytes = 0;
  #reportMs = -Infinity;
  #isFailureReported = false;
  #isDropReported = false;
  #group = 0;

  constructor(options: ForwardOptions) {
    this.#options = options;
    this.#backOff = new BackOff(options.firstPauseMs);
  }

  async run(): Promise<void> {
    const { call } = this.#options;
    for (let isFirst = true; !this.#hasEnded; isFirst = false) {
      const calling = call();
      if (!isFirst) await this.#dropUntil(calling);
      const connection = await calling;
      if (typeof connection !== "string") {
        using _ = connection;
        await this.#forward(connection);
        continue;
      }
      await this.#fail(connection);
    }
    this.#reportTotals();
  }

  /** Forwards until the connection or the payload ends. */
  async #forward(connection: ForwardConnection): Promise<void> {
    const startMs = performance.now();
    const deliveries = new Deliveries(connection);
    this.#connections += 1;
    if (this.#isFailureReported) {
      this.#options.report({ notice: "is connected, and gets payload from now on" });
    }
    this.#isFailureReported = false;
    this.#reportTotals();
    const isComplete = await this.#sendAll(connection, deliveries);
    if (isComplete) await this.#awaitDelivery(connection, deliveries);
    this.#settle(deliveries);
    this.#backOff.noteConnection(performance.now() - startMs);
    if (isComplete || this.#hasEnded) return;
    await this.#fail("the connection has ended");
  }

  /** Reports a failure, and drops payload until the listener may be called again. */
  async #fail(text: string): Promise<void> {
    this.#reportFailure(text);
    await this.#dropUntil(sleep(this.#backOff.next()));
  }

  /** Sends payload as it arrives. Returns whether all of it was sent: otherwise the connection has ended first. */
  async #sendAll(connection: ForwardConnection, deliveries: Deliveries): Promise<boolean> {
    while (true) {
      const payload = await this.#next();
      this.#settle(deliveries);
      if (payload === "none") {
        if (!connection.isOpen) return false;
        continue;
      }
      if (payload === null) this.#datagrams.flush();
      else this.#divide(payload);
      const messages = this.#messages;
      this.#messages = [];
      for (const message of messages) {
        if (!await this.#send(message, connection, deliveries)) return false;
      }
      if (payload === null) return true;
    }
  }

  async #send(
    message: Uint8Array<ArrayBuffer>,
    connection: ForwardConnection,
    deliveries: Deliveries,
  ): Promise<boolean> {
    while (true) {
      const result = connection.send(message);
      if (result === "gone") return false;
      if (result === "sent") break;
      await sleep(RETRY_MS);
      this.#settle(deliveries);
      if (!connection.isOpen) return false;
    }
    deliveries.add(message.length);
    this.#group += 1;
    if (this.#group < GROUP_MESSAGES) return true;
    this.#group = 0;
    await sleep(RETRY_MS);
    return true;
  }

  /** Waits until all is acknowledged, and then until the listener's libsrt has delivered it. */
  async #awaitDelivery(connection: ForwardConnection, deliveries: Deliveries): Promise<void> {
    const endMs = performance.now() + DELIVERY_MS;
    while (connection.isOpen && deliveries.waiting > 0 && performance.now() < endMs) {
      await sleep(RETRY_MS);
      this.#settle(deliveries);
    }
    const deliveredMs = performance.now() + connection.latencyMs + LATE_DELIVERY_MS;
    while (connection.isOpen && performance.now() < deliveredMs) await sleep(RETRY_MS);
  }

  /** Returns the next payload, null once it has ended, or `none` if there is none for a while. */
  async #next(): Promise<Uint8Array<ArrayBuffer> | null | "none"> {
    this.#reading ??= new Read(this.#options.read());
    if (!await this.#reading.hasEndedWithin(CHECK_MS)) {
      this.#group = 0;
      return "none";
    }
    const read = await this.#reading.payload;
    this.#reading = null;
    this.#hasEnded ||= read === null;
    return read;
  }

  /** Divides payload into messages. What is left of a TS packet whose beginning was dropped is dropped too. */
  #divide(payload: Uint8Array<ArrayBuffer>): void {
    this.#queue.push(payload);
    for (let part = this.#queue.peek(); part !== null; part = this.#queue.peek()) {
      this.#datagrams.push(part);
      this.#queue.drop(part.length);
    }
  }

  /** Drops payload until `event` settles or the payload ends. */
  async #dropUntil(event: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = event.then(() => isOver = true);
    while (!isOver && !this.#hasEnded) {
      this.#reading ??= new Read(this.#options.read());
      const read = await Promise.race([this.#reading.payload, over.then(() => "over" as const)]);
      if (read === "over") return;
      this.#reading = null;
      if (read === null) this.#hasEnded = true;
      else this.#queue.skip(read);
    }
  }

  #settle(deliveries: Deliveries): void {
    this.#acknowledgedBytes += deliveries.settle();
    if (deliveries.late > 0 && !this.#isDropReported) {
      this.#isDropReported = true;
      this.#options.report({
        problem: "payload was lost on the way",
        warning: "payload is lost on the way, because the network is too slow or loses too many packets\n" +
          "raise latency= in its address, or send less",
      });
    }
    if (performance.now() - this.#reportMs >= REPORT_MS) this.#reportTotals();
  }

  /** Forgets what is not sent. Reports the failure, unless one was reported since the last connection, or the payload has ended. */
  #reportFailure(text: string): void {
    this.#datagrams.reset();
    this.#messages = [];
    if (this.#isFailureReported || this.#hasEnded) return;
    this.#isFailureReported = true;
    const [problem = "", ...hints] = text.split("\n");
    const warning = [`${problem}; payload is dropped until the listener accepts a call`, ...hints].join("\n");
    this.#options.report({ warning, problem });
  }

  #reportTotals(): void {
    this.#reportMs = performance.now();
    this.#options.report({ connections: this.#connections, acknowledgedBytes: this.#acknowledgedBytes });
  }
}

/** A read of payload in progress. Waiting for it many times costs no memory: each `Promise.race` would, until the read ends. */
class Read {
  readonly payload: Promise<Uint8Array<ArrayBuffer> | null>;
  #hasEnded = false;
  #wake = () => {};

  constructor(payload: Promise<Uint8Array<ArrayBuffer> | null>) {
    this.payload = payload;
    const end = () => {
      this.#hasEnded = true;
      this.#wake();
    };
    payload.then(end, end);
  }

  /** Waits for its end, at most `ms`. Returns whether it has ended. */
  async hasEndedWithin(ms: number): Promise<boolean> {
    if (this.#hasEnded) return true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return this.#hasEnded;
  }
}
