/**
 * Sends the payload of one session by UDP. Each datagram is sent a constant time after it was due in libsrt. The session never
 * waits for this output: payload that cannot be sent in time is dropped.
 *
 * @module
 */

import { bindAbstractName } from "../os/abstract_socket.ts";
import { ERRNO, type Libc, OsError } from "../os/libc.ts";
import { sleep } from "../os/timer.ts";
import { type DatagramPlace, UdpSender } from "../os/udp_sender.ts";
import type { FileNames } from "../recording/file_name.ts";
import { formatTarget, isMulticast, parseTarget, type UdpTarget, type UdpTemplate } from "../recording/udp_template.ts";
import { systemProblem } from "../report/problem.ts";
import type { OutputReport } from "../vocabulary/events.ts";
import { DatagramQueue, DELAY_MS, TICK_MS } from "./datagram_queue.ts";
import { TsDatagrams } from "./ts_datagrams.ts";

/** Datagrams that are late are sent in small groups: at most this part of the queue in one tick. */
const LATE_PART = 1 / 8;
/** Datagrams that may be sent in one tick, however short the queue is. */
const SMALL_GROUP = 16;
/** Maximum number of datagrams that one call sends. */
const CALL_DATAGRAMS = 64;
/** Pause between two attempts to open the socket. */
const CLAIM_MS = 500;
/** How long the last datagrams may take to be sent. */
const FINISH_MS = 3000;

/** Errors after which the same datagrams are sent again in the next tick. */
const NO_ROOM: ReadonlySet<number> = new Set([ERRNO.EAGAIN, ERRNO.ENOBUFS, ERRNO.EINTR]);

/** What the output needs. */
export interface UdpOutputOptions extends Pick<FileNames, "values" | "utc"> {
  readonly libc: Libc;
  readonly template: UdpTemplate;
  /** Start of the session in ms since the epoch, for fields. */
  readonly startMs: number;
  /** Reports a condition. Never throws. */
  readonly warn: (text: string) => void;
  /** Datagrams that may wait; 4096 unless given. */
  readonly limitDatagrams?: number;
}

/** Sends until it is finished. Owns its socket, and its claim on the target. */
export class UdpOutput {
  readonly #options: UdpOutputOptions;
  readonly #text: string;
  /** Null if the target cannot be used. */
  readonly #target: UdpTarget | null;
  readonly #queue: DatagramQueue;
  readonly #datagrams = new TsDatagrams((datagram) => this.#add(datagram));
  #sender: UdpSender | null = null;
  /** The descriptor that keeps other sessions from sending to the same target; null if there is none. */
  #claim: number | null = null;
  #nextTryMs = -Infinity;
  #timer: ReturnType<typeof setInterval> | undefined;
  #dueMs = -Infinity;
  #sentBytes = 0;
  #droppedBytes = 0;
  /** Conditions that were reported. */
  readonly #reported = new Set<"taken" | "failed" | "slow">();
  /** The last problem as text, or null. */
  #problem: string | null = null;

  constructor(options: UdpOutputOptions) {
    const { template, startMs, values, utc, limitDatagrams } = options;
    this.#options = options;
    this.#text = formatTarget(template, { values, utc, startMs });
    this.#queue = new DatagramQueue(limitDatagrams);
    const target = parseTarget(this.#text);
    this.#target = typeof target === "string" ? null : target;
    if (typeof target === "string") this.#report("failed", `cannot use this target: ${target}`);
  }

  /**
   * Accepts the next SRT message, which is valid during the call only. Never waits or throws.
   *
   * @param dueMs When it was due, in ms of `performance.now()`; not later than now.
   */
  push(message: Uint8Array<ArrayBuffer>, dueMs: number): void {
    if (this.#sender === null) this.#open(performance.now());
    if (this.#sender === null) {
      this.#droppedBytes += message.length;
      return;
    }
    this.#dueMs = Math.max(this.#dueMs, dueMs + DELAY_MS);
    this.#datagrams.push(message);
  }

  /** The payload has ended: sends what waits. Never throws. */
  async finish(): Promise<OutputReport> {
    this.#datagrams.flush();
    const endMs = performance.now() + FINISH_MS;
    while (this.#queue.count > 0 && performance.now() < endMs) {
      await sleep(TICK_MS);
    }
    const unsent = this.#queue.due(Infinity, this.#queue.count);
    if (unsent.length > 0) this.#report("slow", "the last datagrams could not be sent in time, so they were dropped");
    this.#drop(unsent);
    this.#stopTimer();
    this.#sender?.close();
    if (this.#claim !== null) this.#options.libc.symbols.close(this.#claim);
    this.#claim = null;
    return {
      kind: "udp",
      name: this.#name,
      ok: this.#droppedBytes === 0,
      text: this.#describeEnd(),
      starts: this.#sender === null ? 0 : 1,
      bytes: this.#sentBytes,
      droppedBytes: this.#droppedBytes,
      exitCode: null,
      signal: null,
    };
  }

  get #name(): string {
    return `udp://${this.#text}`;
  }

  #describeEnd(): string {
    if (this.#problem !== null) return this.#problem;
    return this.#sender === null ? "was not used: there was no payload" : "got the payload";
  }

  /** Opens the socket if no other session sends to the target. Tries this once in {@linkcode CLAIM_MS}. */
  #open(nowMs: number): void {
    const { libc, template } = this.#options;
    if (this.#target === null || nowMs < this.#nextTryMs) return;
    this.#nextTryMs = nowMs + CLAIM_MS;
    const { address, port } = this.#target;
    const claim = claimTarget(libc, `srt-splitter udp ${address} ${port} ${template.interface ?? ""}`);
    if (claim === "taken") {
      return this.#report(
        "taken",
        "another session sends to this target; this output starts when that session has ended",
      );
    }
    this.#claim = claim;
    try {
      this.#sender = new UdpSender(libc, {
        target: this.#target,
        isMulticast: isMulticast(address),
        ttl: template.ttl,
        interface: template.interface,
      });
      this.#problem = this.#reported.has("taken") ? "started late, because another session sent to this target" : null;
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      if (claim !== null) libc.symbols.close(claim);
      this.#claim = null;
      this.#report("failed", systemProblem(error));
    }
  }

  #add(datagram: Uint8Array<ArrayBuffer>): void {
    this.#timer ??= setInterval(() => this.#send(), TICK_MS);
    if (this.#queue.push(datagram, this.#dueMs)) return;
    this.#droppedBytes += datagram.length;
    this.#report("slow", "datagrams cannot be sent fast enough, so some are dropped; the session continues");
  }

  /** Sends what is due. */
  #send(): void {
    const nowMs = performance.now();
    let left = Math.max(SMALL_GROUP, Math.ceil(this.#queue.count * LATE_PART));
    while (left > 0 && this.#sender !== null) {
      const due = this.#queue.due(nowMs, Math.min(left, CALL_DATAGRAMS));
      if (due.length === 0) break;
      const sent = this.#sender.send(this.#queue.memory, due);
      if (sent instanceof OsError) {
        if (NO_ROOM.has(sent.errno)) return;
        this.#drop(due);
        this.#report("failed", `${systemProblem(sent)}; datagrams are dropped until sending succeeds`);
        break;
      }
      this.#sentBytes += bytesOf(due.slice(0, sent));
      this.#queue.drop(sent);
      left -= sent;
    }
    if (this.#queue.count === 0) this.#stopTimer();
  }

  /** Drops the first datagrams of the queue. */
  #drop(first: readonly DatagramPlace[]): void {
    this.#queue.drop(first.length);
    this.#droppedBytes += bytesOf(first);
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Reports a condition once. */
  #report(condition: "taken" | "failed" | "slow", text: string): void {
    this.#problem = text;
    if (this.#reported.has(condition)) return;
    this.#reported.add(condition);
    this.#options.warn(`${this.#name}: ${text}`);
  }
}

function bytesOf(places: readonly DatagramPlace[]): number {
  return places.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * Holds a name until the returned descriptor is closed or the process ends, so that no other session in the same network namespace
 * sends to the target that it names.
 *
 * @returns A descriptor that the caller owns; `taken`; or null if the name cannot be held for another reason
 */
function claimTarget(libc: Libc, name: string): number | "taken" | null {
  try {
    return bindAbstractName(libc, name) ?? "taken";
  } catch (error) {
    if (!(error instanceof OsError)) throw error;
    return null;
  }
}
