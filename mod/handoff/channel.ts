/**
 * The control channel between the listener and a child, or a command such as `stop`: messages of text in both directions, none of
 * which blocks its sender.
 *
 * A message is sent as one or more parts, in order. A part is one byte (1 if more parts follow, otherwise 0), then UTF-8. All
 * parts but the last have the full length.
 *
 * @module
 */

import type { MessageSocket } from "../os/message_socket.ts";
import { sleep } from "../os/timer.ts";

/** Our choice: about a sixth of what a socket holds by default (`net.core.wmem_default`). */
const PART_BYTES = 32_768;
/**
 * Longer messages are discarded, so that a faulty process cannot fill the memory of the other. Our choice: the largest TS health
 * has 100,000 characters, and the message about the end of a session has room for the names of 10,000 files.
 */
export const MESSAGE_BYTES = 4_194_304;
/** Parts that one call reads, so that a process that never stops sending cannot block the other. */
const PARTS_PER_CALL = 2 * MESSAGE_BYTES / PART_BYTES;
/** If this many parts wait for the other side to read, messages that can be missed are dropped. */
const MAX_WAITING = 256;
/** How often a flush tries again. */
const RETRY_MS = 10;
/** Our choice: how long the last messages wait for the other side to read. */
const FLUSH_MS = 2000;

/** What {@linkcode Channel.receive} found: nothing yet, the end, or a message. */
export type Received =
  | { readonly kind: "empty" }
  | { readonly kind: "closed" }
  | { readonly kind: "message"; readonly text: string }
  /** Not sent by a {@linkcode Channel}, or longer than {@linkcode MESSAGE_BYTES}. */
  | { readonly kind: "malformed" };

/** How a message is sent. */
export interface SendOptions {
  /** Whether it is dropped if too many wait. */
  readonly canBeMissed?: boolean;
}

/** One end of the channel; owns its socket. */
export class Channel implements Disposable {
  readonly #socket: MessageSocket;
  readonly #into = new Uint8Array(1 + PART_BYTES);
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #partBytes = 0;
  #isMalformed = false;
  #isBroken = false;

  constructor(socket: MessageSocket) {
    this.#socket = socket;
  }

  /** The descriptor to wait for. The channel still owns it. */
  get descriptor(): number {
    return this.#socket.descriptor;
  }

  /** Whether this end is closed, or a message could not be sent because the other side has closed. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Sends a message, or queues what the other side has no room for. It is lost if the other side has closed. */
  send(text: string, { canBeMissed = false }: SendOptions = {}): void {
    if (this.#isBroken || (canBeMissed && this.#waiting.length >= MAX_WAITING)) return;
    this.#waiting.push(...encodeParts(text));
    this.flush();
  }

  /**
   * Sends a message of one part with a descriptor, which the other side receives as a duplicate.
   *
   * @returns False if the other side has closed, or if unread messages leave no room.
   * @throws {OsError} The kernel does not pass the descriptor.
   * @throws {RangeError} The message is longer than one part.
   */
  sendWithDescriptor(text: string, descriptor: number): boolean {
    const [part, ...more] = encodeParts(text);
    if (part === undefined || more.length > 0) throw new RangeError("cannot send a descriptor with so long a message");
    return !this.#isBroken && this.#waiting.length === 0 && this.#socket.send(part, descriptor) === "sent";
  }

  /** Sends waiting parts as long as there is room. Returns whether any still wait. */
  flush(): boolean {
    for (let [part] = this.#waiting; part !== undefined && !this.#isBroken; [part] = this.#waiting) {
      const sent = this.#socket.send(part);
      if (sent === "full") return true;
      this.#isBroken = sent === "closed";
      this.#waiting.shift();
    }
    this.#waiting.length = 0;
    return false;
  }

  /** Resolves when everything is sent, or after `deadlineMs`. */
  async flushed(deadlineMs: number = FLUSH_MS): Promise<void> {
    const endMs = performance.now() + deadlineMs;
    // not `pause` of os/deadline.ts: it does not keep the process running
    while (this.flush() && performance.now() < endMs) await sleep(RETRY_MS);
  }

  /** Receives the next message if all of it has arrived. A descriptor that comes with it is closed. */
  receive(): Received {
    for (let parts = 0; parts < PARTS_PER_CALL; parts += 1) {
      const length = this.#socket.receive(this.#into);
      if (typeof length === "string") return { kind: length };
      const received = this.#addPart(length);
      if (received !== null) return received;
    }
    return { kind: "empty" };
  }

  /**
   * Receives a message of one part, with the descriptor that comes with it; the caller owns that.
   *
   * @param options `wait`: blocks this thread until a message arrives or the other side has closed.
   */
  receiveWithDescriptor(options: { readonly wait: boolean }): Received & { readonly descriptor: number | null } {
    const { length, descriptor } = this.#socket.receiveWithDescriptor(this.#into, options);
    const received = typeof length === "string" ? { kind: length } : this.#addPart(length) ?? MALFORMED;
    return { ...received, descriptor };
  }

  /** Closes the socket; what was sent can still be received. Idempotent. */
  close(): void {
    this.#isBroken = true;
    this.#socket.close();
  }

  /** Same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Adds a part that was received. Returns the message that it completes, or null. */
  #addPart(length: number): Received | null {
    const isLast = this.#into[0] === 0;
    this.#partBytes += length - 1;
    this.#isMalformed ||= length > this.#into.length || this.#partBytes > MESSAGE_BYTES ||
      (!isLast && length < this.#into.length);
    if (!this.#isMalformed) this.#parts.push(this.#into.slice(1, length));
    if (!isLast) return null;
    const received = this.#isMalformed ? MALFORMED : { kind: "message", text: decode(this.#parts) } as const;
    this.#parts = [];
    this.#partBytes = 0;
    this.#isMalformed = false;
    return received;
  }
}

const MALFORMED: Received = { kind: "malformed" };

function encodeParts(text: string): Uint8Array<ArrayBuffer>[] {
  const bytes = new TextEncoder().encode(text);
  const count = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
  return Array.from({ length: count }, (_, index) => {
    const content = bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES);
    const part = new Uint8Array(1 + content.length);
    part[0] = index < count - 1 ? 1 : 0;
    part.set(content, 1);
    return part;
  });
}

function decode(parts: readonly Uint8Array<ArrayBuffer>[]): string {
  const decoder = new TextDecoder();
  return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
}
