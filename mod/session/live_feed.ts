/**
 * Passes payload to functions (taps) as soon as it is received, message by message with the time at which each was due: to the
 * outputs that send it by UDP or SRT. The recording gets the payload too, and writes it later, in batches.
 *
 * @module
 */

import type { Recording } from "../recording/recording.ts";

/**
 * Called with each message, in order, and with the time at which it was due, in ms of `performance.now()`. The array is valid
 * during the call only. Must not wait or throw.
 */
export type LiveTap = (message: Uint8Array<ArrayBuffer>, dueMs: number) => void;

/** Stands between the receiver of a session and its recording. */
export class LiveFeed {
  readonly #recording: Pick<Recording, "room" | "take">;
  readonly #taps: readonly LiveTap[];
  #room = new Uint8Array();
  /** Bytes that were passed on so far. */
  #takenBytes = 0;
  /** Messages that were noted and not passed on yet: bytes of the session before each, and when it was due. */
  #messages: { readonly at: number; readonly dueMs: number }[] = [];

  constructor(recording: Pick<Recording, "room" | "take">, taps: readonly LiveTap[]) {
    this.#recording = recording;
    this.#taps = taps;
  }

  /** Notes a message that is in the memory of {@linkcode room} from `offset` on. */
  note(offset: number, dueMs: number): void {
    this.#messages.push({ at: this.#takenBytes + offset, dueMs });
  }

  /** Same as `room` of the recording. */
  room(minBytes: number): Uint8Array<ArrayBuffer> {
    return this.#room = this.#recording.room(minBytes);
  }

  /** Passes the first `bytes` of {@linkcode room} on, which are whole messages. */
  take(bytes: number): void {
    const begin = this.#takenBytes;
    const end = begin + bytes;
    const taken = this.#messages.filter(({ at }) => at < end);
    this.#messages = this.#messages.slice(taken.length);
    this.#takenBytes = end;
    for (const [index, { at, dueMs }] of taken.entries()) {
      const message = this.#room.subarray(at - begin, (taken[index + 1]?.at ?? end) - begin);
      for (const tap of message.length === 0 ? [] : this.#taps) tap(message, dueMs);
    }
    this.#recording.take(bytes);
  }
}
