/**
 * The programs that receive the events of a listener over its control socket.
 *
 * @module
 */

import type { Channel } from "../handoff/channel.ts";
import type { ControlAnswer } from "../handoff/control_message.ts";
import type { SplitterEvent } from "../vocabulary/events.ts";

/** Maximum number of subscribers. Our choice: each event is written once for each of them. */
export const MAX_SUBSCRIBERS = 16;

/** Owns the channels of the subscribers until they are closed. A subscriber that does not read misses events. */
export class EventSubscribers {
  readonly #channels = new Set<Channel>();

  /** Adds a subscriber. Returns false if there are too many; the code that called this then still owns the channel. */
  add(channel: Channel): boolean {
    this.#removeClosed();
    if (this.#channels.size >= MAX_SUBSCRIBERS) return false;
    this.#channels.add(channel);
    return true;
  }

  /** Sends an event to all of them. Never waits. */
  report(event: SplitterEvent): void {
    if (this.#channels.size === 0) return;
    const answer: ControlAnswer = { answer: "event", event };
    const text = JSON.stringify(answer);
    for (const channel of this.#channels) {
      channel.send(text, { canBeMissed: true });
      if (channel.isBroken) this.#remove(channel);
    }
  }

  /** Sends what waits, which takes at most 2 s, and closes all channels. */
  async close(): Promise<void> {
    await Promise.all([...this.#channels].map(async (channel) => {
      await channel.flushed();
      this.#remove(channel);
    }));
  }

  #removeClosed(): void {
    for (const channel of this.#channels) {
      if (channel.receive().kind === "closed") this.#remove(channel);
    }
  }

  #remove(channel: Channel): void {
    this.#channels.delete(channel);
    channel.close();
  }
}
