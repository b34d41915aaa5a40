/**
 * Puts the sections of one PID together out of packet payloads (ISO/IEC 13818-1, 2.4.4).
 *
 * @module
 */

/** `table_id` and `section_length`. */
const HEADER_BYTES = 3;
/** Longest section: `section_length` has 12 bits, of which the standards use up to 4093. */
const SECTION_BYTES = HEADER_BYTES + 0xfff;
/** What fills the rest of a payload behind the last section. */
const STUFFING = 0xff;

/** Takes a whole section, its checksum unchecked; the array is valid during the call only. */
export type SectionTaker = (section: Uint8Array) => void;

/** One PID's sections. */
export class SectionReader {
  readonly #section = new Uint8Array(SECTION_BYTES);
  #length = 0;
  #begun = false;

  /** Something is missing: what was begun is dropped. */
  interrupt(): void {
    this.#begun = false;
    this.#length = 0;
  }

  /**
   * Takes the payload of the next packet.
   *
   * @param startsUnit Whether a section begins in it (`payload_unit_start_indicator`).
   */
  take(payload: Uint8Array, startsUnit: boolean, taker: SectionTaker): void {
    if (!startsUnit) return this.#append(payload, taker);
    const start = 1 + (payload[0] ?? 0);
    if (start > 1) this.#append(payload.subarray(1, start), taker);
    this.interrupt();
    this.#begun = true;
    if (start < payload.length) this.#append(payload.subarray(start), taker);
  }

  #append(payload: Uint8Array, taker: SectionTaker): void {
    let at = 0;
    while (this.#begun && at < payload.length) {
      if (this.#length === 0 && payload[at] === STUFFING) return this.interrupt();
      const wanted = this.#length < HEADER_BYTES ? HEADER_BYTES : this.#total();
      const added = Math.min(wanted - this.#length, payload.length - at);
      this.#section.set(payload.subarray(at, at + added), this.#length);
      this.#length += added;
      at += added;
      if (this.#length < HEADER_BYTES || this.#length < this.#total()) continue;
      const section = this.#section.subarray(0, this.#length);
      this.#length = 0;
      taker(section);
    }
  }

  #total(): number {
    return HEADER_BYTES + (((this.#section[1] as number) & 0x0f) << 8 | this.#section[2] as number);
  }
}
