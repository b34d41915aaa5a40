/**
 * Receives due payload from libsrt, batch by batch, and does not pass noise to the recording: payload that was decrypted with a
 * stale key.
 *
 * In live mode messages become due one by one, and waking for each of them costs most of the processor time. So everything that
 * is due goes at once into the memory of the recording.
 *
 * @module
 */

import type { Recording } from "../recording/recording.ts";
import { type Connection, MAX_MESSAGE_BYTES, NO_MESSAGE } from "../srt/connection.ts";
import type { NoiseDetector } from "../ts/noise_detector.ts";

/** Sequence numbers have 31 bits (draft-sharabayko-srt 3.1). */
const SEQUENCE_MASK = 0x7fff_ffff;

/** Where messages come from and go to. */
export interface ReceiverOptions {
  readonly connection: Pick<Connection, "receiveInto" | "packetSequence">;
  /** Provides the memory that messages are received into, and accepts batches of whole messages in it. */
  readonly sink: Pick<Recording, "room" | "take">;
  /** Called for each message before it is written: its sequence number, and how many bytes of this batch are before it. */
  readonly onMessage: (sequence: number, offset: number) => void;
  /** Recognizes payload that was decrypted with a stale key; null for a session that is not encrypted. */
  readonly noise: Pick<NoiseDetector, "push"> | null;
  /** Sequence number of the caller's first packet. */
  readonly initialSequence: number;
}

/** Receives one session's messages. */
export class Receiver {
  readonly #options: ReceiverOptions;
  #buffer = new Uint8Array();
  #filled = 0;
  /** Bytes at the start of the buffer that may be written; what follows is suspected to be noise. */
  #clean = 0;
  #nextSequence: number;
  #messages = 0;
  /** How many messages may be written in total, once damage is known, otherwise null. */
  #allowance: number | null = null;
  #damaged = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#nextSequence = options.initialSequence;
  }

  /** Messages received so far. */
  get messages(): number {
    return this.#messages;
  }

  /** Whether damaged payload was reached: nothing more will be written. */
  get damaged(): boolean {
    return this.#damaged;
  }

  /**
   * Packets that could not be decrypted have arrived. From now on, nothing suspect is written. In the whole session, no more than
   * `messages` messages are written: that is how many had arrived by now.
   */
  expectDamage(messages: number): void {
    this.#allowance ??= messages;
  }

  /**
   * Receives every message that is due, and passes on those that are not suspected to be noise.
   *
   * @returns Whether a gap was met
   */
  drain(): boolean {
    const { connection, sink } = this.#options;
    let gap = false;
    if (this.#filled === 0) this.#buffer = sink.room(MAX_MESSAGE_BYTES);
    while (!this.#damaged) {
      const length = connection.receiveInto(this.#buffer, this.#filled);
      if (length === NO_MESSAGE) break;
      const sequence = connection.packetSequence;
      gap ||= sequence !== this.#nextSequence;
      this.#nextSequence = (sequence + 1) & SEQUENCE_MASK;
      if (length === 0) this.#takeEmpty(sequence);
      else this.#take(sequence, length);
      if (this.#buffer.length - this.#filled < MAX_MESSAGE_BYTES) this.#passOn();
    }
    if (this.#clean > 0) this.#passOn();
    return gap;
  }

  /**
   * Drops what was not written. Messages that are still suspect are not written: an encrypted session that ends with them has
   * lost its key.
   */
  finish(): void {
    if (this.#filled > 0 && this.#options.noise !== null) this.#damaged = true;
    this.#filled = 0;
  }

  #takeEmpty(sequence: number): void {
    this.#messages += 1;
    this.#options.onMessage(sequence, this.#filled);
  }

  #take(sequence: number, length: number): void {
    const { noise, onMessage } = this.#options;
    const end = this.#filled + length;
    const verdict = noise?.push(this.#buffer.subarray(this.#filled, end)) ?? "clean";
    if (
      verdict === "noise" || (this.#allowance !== null && (verdict === "suspect" || this.#messages >= this.#allowance))
    ) {
      this.#damaged = true;
      this.#filled = this.#clean;
      return;
    }
    this.#messages += 1;
    onMessage(sequence, this.#filled);
    this.#filled = end;
    if (verdict === "clean") this.#clean = end;
  }

  /** Passes clean payload on, and copies suspect payload to the start of the next memory. */
  #passOn(): void {
    const { sink } = this.#options;
    const suspect = this.#buffer.subarray(this.#clean, this.#filled);
    if (this.#clean > 0) sink.take(this.#clean);
    this.#buffer = sink.room(suspect.length + MAX_MESSAGE_BYTES);
    this.#buffer.set(suspect);
    this.#filled = suspect.length;
    this.#clean = 0;
  }
}
