/**
 * The stdin of the process that forwards: the ticket in its first line, then payload.
 *
 * @module
 */

import type { ForwardTicket } from "../recording/forward_template.ts";

const NEWLINE = 0x0a;
/** Our choice: 10 ms at 50 Mbit/s. */
const READ_BYTES = 65_536;

/** Reads the ticket, then payload. */
export class ForwardInput {
  readonly #read: (buffer: Uint8Array<ArrayBuffer>) => Promise<number | null>;
  readonly #buffer = new Uint8Array(READ_BYTES);
  /** Payload that was read together with the ticket. */
  #rest: Uint8Array<ArrayBuffer> | null = null;

  /** @param read Reads the next bytes into a buffer, and returns how many; null at the end. */
  constructor(read: (buffer: Uint8Array<ArrayBuffer>) => Promise<number | null>) {
    this.#read = read;
  }

  /** Returns null if stdin ends before the end of the ticket. */
  async ticket(): Promise<ForwardTicket | null> {
    let line: Uint8Array<ArrayBuffer> = new Uint8Array(0);
    while (true) {
      const bytes = await this.read();
      if (bytes === null) return null;
      const all = new Uint8Array(line.length + bytes.length);
      all.set(line);
      all.set(bytes, line.length);
      line = all;
      const end = line.indexOf(NEWLINE);
      if (end === -1) continue;
      if (end + 1 < line.length) this.#rest = line.subarray(end + 1);
      return JSON.parse(new TextDecoder().decode(line.subarray(0, end)));
    }
  }

  /** Returns the next bytes, which are valid until the next call; null at the end. */
  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) return rest;
    const length = await this.#read(this.#buffer);
    return length === null ? null : this.#buffer.subarray(0, length);
  }
}
