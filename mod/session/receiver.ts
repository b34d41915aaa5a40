/**
 * Receives what is due from libsrt, batch by batch, and keeps noise out of the recording.
 *
 * In live mode messages become due one by one, and waking for each of them costs most of the processor time. So everything that
 * is due goes into one buffer and from there to the recording.
 *
 * @module
 */

import { type Connection, MAX_MESSAGE_BYTES, NO_MESSAGE } from "../srt/connection.ts";
import type { NoiseWatch } from "../ts/noise_watch.ts";

/** Room for 60 ms at 35 Mbit/s; more than that is written in several steps. */
const BUFFER_BYTES = 262_144;
/** Sequence numbers have 31 bits (draft-sharabayko-srt 3.1). */
const SEQUENCE_MASK = 0x7fff_ffff;

/** Where messages come from and go to. */
export interface ReceiverOptions {
  readonly connection: Pick<Connection, "receiveInto" | "packetSequence">;
  /** Receives a batch of whole messages, which are copied or written when it returns. */
  readonly write: (payload: Uint8Array<ArrayBuffer>) => void;
  /** Called for each message before it is written: its sequence number, and how many bytes of this batch stand before it. */
  readonly onMessage: (sequence: number, offset: number) => void;
  /** Recognizes payload that was decrypted with a stale key; null for a session that is not encrypted. */
  readonly noise: Pick<NoiseWatch, "push"> | null;
  /** Sequence number of the caller's first packet. */
  readonly initialSequence: number;
}

/** Receives one session's messages. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  /** Bytes at the start of the buffer that may be written; what follows is suspected to be noise. */
  #clean = 0;
  #nextSequence: number;
  #messages = 0;
  /** Messages that may still be written once damage is known, or null. */
  #allowance: number | null = null;
  #damaged = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#nextSequence = options.initialSequence;
  }

  /** Messages taken so far. */
  get messages(): number {
    return this.#messages;
  }

  /** Whether damaged payload was reached: nothing more will be written. */
  get damaged(): boolean {
    return this.#damaged;
  }

  /**
   * Packets that could not be decrypted have arrived: from now on nothing suspect is written, and at most `messages` more, which
   * had arrived before.
   */
  expectDamage(messages: number): void {
    this.#allowance ??= messages;
  }

  /**
   * Receives and writes every message that is due.
   *
   * @returns Whether a gap was met
   */
  drain(): boolean {
    const { connection } = this.#options;
    let gap = false;
    while (!this.#damaged) {
      const length = connection.receiveInto(this.#buffer, this.#filled);
      if (length === NO_MESSAGE) break;
      const sequence = connection.packetSequence;
      gap ||= sequence !== this.#nextSequence;
      this.#nextSequence = (sequence + 1) & SEQUENCE_MASK;
      if (length === 0) this.#takeEmpty(sequence);
      else this.#take(sequence, length);
      if (this.#buffer.length - this.#filled < MAX_MESSAGE_BYTES) this.#write();
    }
    this.#write();
    return gap;
  }

  /**
   * Drops what was not written. Messages that are still suspect are not written: an encrypted session that ends in them lost its
   * key.
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

  #write(): void {
    if (this.#clean > 0) this.#options.write(this.#buffer.subarray(0, this.#clean));
    this.#buffer.copyWithin(0, this.#clean, this.#filled);
    this.#filled -= this.#clean;
    this.#clean = 0;
  }
}
