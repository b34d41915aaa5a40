/**
 * Waits for the messages of a channel: one thread for all channels of a process.
 *
 * @module
 */

import type { Readiness } from "../os/readiness.ts";
import type { Channel } from "./channel.ts";

/** At most this many messages are read without a pause, so that one child cannot block the listener. */
const MESSAGES_IN_A_ROW = 64;

/** The messages of one channel, which is closed at their end. */
export class ChannelMessages {
  readonly #channel: Channel;
  readonly #readiness: Readiness;
  #messagesInARow = 0;
  #isCanceled = false;

  /** @param readiness Shared by all channels. */
  constructor(channel: Channel, readiness: Readiness) {
    this.#channel = channel;
    this.#readiness = readiness;
  }

  /**
   * Waits for the next message. Null if there is none: the other side has closed the channel, or the wait was canceled. One call
   * at a time; never rejects.
   *
   * @returns `text` is null if the message is malformed.
   */
  async next(): Promise<{ readonly text: string | null } | null> {
    while (true) {
      if (this.#isCanceled) return this.#close();
      this.#messagesInARow += 1;
      const mustPause = this.#messagesInARow > MESSAGES_IN_A_ROW;
      const received = mustPause ? { kind: "empty" } as const : this.#channel.receive();
      switch (received.kind) {
        case "message":
          return received;
        case "malformed":
          return { text: null };
        case "closed":
          return this.#close();
        case "empty":
          this.#messagesInARow = 0;
          await this.#readiness.readable(this.#channel.descriptor);
          this.#channel.flush();
          break;
        default:
          received satisfies never;
      }
    }
  }

  /** Ends the wait in progress, and all later ones. */
  cancel(): void {
    this.#isCanceled = true;
    this.#readiness.cancel(this.#channel.descriptor);
  }

  #close(): null {
    this.#channel.close();
    return null;
  }
}
