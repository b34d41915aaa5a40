/**
 * Sends the payload of a session to programs that read it while it arrives, such as the web process. They connect to the socket
 * that has the name of the session (`control_name.ts`), and begin at the last random-access point. Sending never waits: a program
 * that is too slow misses payload.
 *
 * A message is one byte, then payload. The byte is {@linkcode AFTER_GAP} if payload before this message was dropped.
 *
 * @module
 */

import type { AbstractListener } from "../os/abstract_socket.ts";
import { OsError } from "../os/libc.ts";
import type { MessageSocket } from "../os/message_socket.ts";
import { sleep } from "../os/timer.ts";
import type { LiveRing } from "../ts/live_ring.ts";

/** Maximum number of payload bytes in a message. Our choice: a fifth of what a socket holds by default. */
export const LIVE_BYTES = 32_768;
/** The first byte of a message whose payload follows on that of the one before. */
const CONTINUES = 0;
/** The first byte of a message before which payload was dropped. */
export const AFTER_GAP = 1;

/** Maximum number of programs. Our choice: each needs one connection, however many viewers it has. */
const MAX_READERS = 4;
/** How often connections are accepted, in ms. */
const ACCEPT_MS = 200;
/**
 * Maximum number of payload bytes that are kept for the next program. Our choice: 2.5 s at 10 Mbit/s. It must be less than
 * {@linkcode LIMIT_BYTES}.
 */
export const RECENT_BYTES = 3_145_728;
/** Payload that may wait for a program besides what its socket holds. Our choice: 3 s at 10 Mbit/s. */
const LIMIT_BYTES = 4_194_304;
/** How long programs may take at the end of the session to read what waits, and how often that is checked, in ms. */
const FINISH_MS = 500;
const CHECK_MS = 10;
/** The superuser. */
const ROOT = 0;

/** What sending needs. */
export interface LiveSenderOptions {
  /** It stays open to the end of the process, because it holds the name of the session. */
  readonly listener: Pick<AbstractListener, "accept">;
  /** Keeps the newest payload, at most {@linkcode RECENT_BYTES}. */
  readonly recent: Pick<LiveRing, "start" | "push" | "read">;
  /** The user whose programs may read, besides root. */
  readonly uid: number;
  /** A monotonic clock in ms. */
  readonly now: () => number;
}

/** Sends payload to the programs that are connected. */
export class LiveSender {
  readonly #options: LiveSenderOptions;
  #readers: readonly LiveReader[] = [];
  #checkedMs = -Infinity;

  constructor(options: LiveSenderOptions) {
    this.#options = options;
  }

  /** Sends the next payload, which is valid during the call only. Never waits or throws. */
  push(payload: Uint8Array<ArrayBuffer>): void {
    const nowMs = this.#options.now();
    if (nowMs - this.#checkedMs >= ACCEPT_MS) {
      this.#checkedMs = nowMs;
      this.#accept();
    }
    if (this.#readers.length > 0) this.#keep((reader) => reader.push(payload));
    this.#options.recent.push(payload.slice(), false);
  }

  /** The payload has ended: sends what waits, at most 0.5 s long, and closes all connections. Never throws. */
  async finish(): Promise<void> {
    const untilMs = this.#options.now() + FINISH_MS;
    while (this.#readers.some(({ isWaiting }) => isWaiting) && this.#options.now() < untilMs) {
      await sleep(CHECK_MS);
      this.#keep((reader) => reader.flush());
    }
    this.#keep(() => false);
  }

  #accept(): void {
    const { listener, uid } = this.#options;
    for (let one = listener.accept(); one !== null; one = listener.accept()) {
      const isAllowed = one.peer.uid === uid || one.peer.uid === ROOT; // any user can connect
      if (isAllowed && this.#readers.length < MAX_READERS) {
        const reader = new LiveReader(one.socket);
        this.#sendRecent(reader);
        this.#readers = [...this.#readers, reader];
      } else one.socket.close();
    }
  }

  /** Sends the payload from the last random-access point on; nothing if it is not kept. */
  #sendRecent(reader: LiveReader): void {
    const { recent } = this.#options;
    if (recent.start === null) return;
    for (let at = recent.start;;) {
      const payload = recent.read(at);
      if (payload === null || payload === "missed") return;
      reader.push(payload);
      at += payload.length;
    }
  }

  /** Keeps the programs that have not left, and closes the connections of the others. */
  #keep(isThere: (reader: LiveReader) => boolean): void {
    const left = this.#readers.filter((reader) => !isThere(reader));
    for (const reader of left) reader.close();
    if (left.length > 0) this.#readers = this.#readers.filter((reader) => !left.includes(reader));
  }
}

/** One program that reads. Owns its connection. */
class LiveReader {
  readonly #socket: MessageSocket;
  readonly #message = new Uint8Array(1 + LIVE_BYTES);
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  /** Whether payload was dropped since the last message. What a program reads begins with a gap: it may start anywhere. */
  #isAfterGap = true;

  constructor(socket: MessageSocket) {
    this.#socket = socket;
  }

  /** Whether payload waits for the program to read. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Sends payload, or keeps what the socket has no room for. Returns whether the program is still there. */
  push(payload: Uint8Array<ArrayBuffer>): boolean {
    let isThere = this.flush();
    for (let at = 0; at < payload.length && isThere; at += LIVE_BYTES) {
      const part = payload.subarray(at, at + LIVE_BYTES);
      const message = this.#message.subarray(0, 1 + part.length);
      message[0] = this.#isAfterGap ? AFTER_GAP : CONTINUES;
      message.set(part, 1);
      this.#isAfterGap = false;
      const sent = this.isWaiting ? "full" : this.#send(message);
      if (sent === "full") this.#wait(message);
      isThere = sent !== "closed";
    }
    return isThere;
  }

  /** Sends what waits, as far as the socket has room. Returns whether the program is still there. */
  flush(): boolean {
    for (let [message] = this.#waiting; message !== undefined; [message] = this.#waiting) {
      const sent = this.#send(message);
      if (sent === "closed") return false;
      if (sent === "full") return true;
      this.#waiting.shift();
      this.#waitingBytes -= message.length;
    }
    return true;
  }

  close(): void {
    this.#waiting = [];
    this.#socket.close();
  }

  /** Keeps a copy. If too much waits, drops all of it: the program continues with newer payload. */
  #wait(message: Uint8Array<ArrayBuffer>): void {
    if (this.#waitingBytes + message.length > LIMIT_BYTES) {
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#isAfterGap = true;
      return;
    }
    this.#waiting.push(message.slice());
    this.#waitingBytes += message.length;
  }

  #send(message: Uint8Array<ArrayBuffer>): "sent" | "full" | "closed" {
    try {
      return this.#socket.send(message);
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      return "closed";
    }
  }
}
