/**
 * Sends the payload of a session to its viewers if the session writes no files. The process of the session sends the payload once,
 * however many viewers there are. A viewer that is too slow misses payload, and continues at a random-access point.
 *
 * @module
 */

import type { LiveReceiver } from "../handoff/live_receiver.ts";
import { LiveRing } from "../ts/live_ring.ts";

/** Maximum number of bytes that are kept for viewers. Our choice: 6 s at 20 Mbit/s. */
const MAX_BYTES = 16_777_216;

/** What a viewer reads: a file, or a feed. */
export interface LiveSource {
  /** Waits for the next payload, which must not be changed. Null: the session has ended. One call at a time. */
  readonly next: () => Promise<Uint8Array<ArrayBuffer> | null>;
  /** Frees what it has open, and ends a wait. Idempotent. */
  readonly close: () => void;
}

/** The connection to the process of a session. */
export type FeedReceiver = Pick<LiveReceiver, "next" | "finish" | "close">;

/** Reads the payload of one session until the session ends, or {@linkcode SessionFeed.close} is called. */
export class SessionFeed {
  readonly #receiver: FeedReceiver;
  readonly #ring = new LiveRing(MAX_BYTES);
  readonly #viewers = new Set<FeedViewer>();
  readonly #onUnused: () => void;
  #hasEnded = false;

  /**
   * Reads from now on.
   *
   * @param receiver Owned from now on.
   * @param onUnused Called when the last viewer has left.
   */
  constructor(receiver: FeedReceiver, onUnused: () => void) {
    this.#receiver = receiver;
    this.#onUnused = onUnused;
    void this.#receive();
  }

  /** Whether no payload follows. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether it has viewers. */
  get isUsed(): boolean {
    return this.#viewers.size > 0;
  }

  /** Adds a viewer. It begins at the last random-access point, or at the next one if there has been none. */
  open(): LiveSource {
    const viewer = new FeedViewer(this.#ring, {
      hasEnded: () => this.#hasEnded,
      leave: () => {
        if (this.#viewers.delete(viewer) && !this.isUsed) this.#onUnused();
      },
    });
    this.#viewers.add(viewer);
    return viewer;
  }

  /** Stops reading. The viewers get what has arrived, and then the end. Idempotent. */
  close(): void {
    this.#receiver.finish();
  }

  async #receive(): Promise<void> {
    for (let next = await this.#receiver.next(); next !== null; next = await this.#receiver.next()) {
      this.#ring.push(next.payload, next.isAfterGap);
      this.#wakeAll();
    }
    this.#hasEnded = true;
    this.#receiver.close();
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const viewer of this.#viewers) viewer.wake();
  }
}

class FeedViewer implements LiveSource {
  readonly #ring: LiveRing;
  readonly #feed: { readonly hasEnded: () => boolean; readonly leave: () => void };
  #position: number | null = null;
  #wake: (() => void) | null = null;
  #hasLeft = false;

  constructor(ring: LiveRing, feed: { readonly hasEnded: () => boolean; readonly leave: () => void }) {
    this.#ring = ring;
    this.#feed = feed;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | null> {
    while (!this.#hasLeft) {
      this.#position ??= this.#ring.start;
      const bytes = this.#position === null ? null : this.#ring.read(this.#position);
      if (bytes === "missed") this.#position = null;
      else if (bytes !== null && this.#position !== null) {
        this.#position += bytes.length;
        return bytes;
      } else if (this.#feed.hasEnded()) return null;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return null;
  }

  wake(): void {
    this.#wake?.();
    this.#wake = null;
  }

  close(): void {
    this.#hasLeft = true;
    this.wake();
    this.#feed.leave();
  }
}
