/**
 * Assembles the sections of one PID from packet payloads (ISO/IEC 13818-1, 2.4.4).
 *
 * @module
 */

/** `table_id` and `section_length`. */
const HEADER_BYTES = 3;
/** Longest section that fits: `section_length` has 12 bits, although the standards allow no value above 4093. */
const SECTION_BYTES = HEADER_BYTES + 0xfff;
/** Fills a payload after its last section. */
const STUFFING = 0xff;

/** Receives a whole section with an unverified checksum; the array is valid during the call only. */
export type OnSection = (section: Uint8Array) => void;

/** The sections of one PID. */
export class SectionReader {
  readonly #section = new Uint8Array(SECTION_BYTES);
  #length = 0;
  #started = false;

  /** Drops an incomplete section. Call it when a packet is missing. */
  interrupt(): void {
    this.#started = false;
    this.#length = 0;
  }

  /**
   * Reads the payload of the next packet, and passes each section that is complete to `onSection`.
   *
   * @param payload Not kept.
   * @param options `startsUnit`: whether a section starts in it (`payload_unit_start_indicator`)
   */
  read(
    payload: Uint8Array,
    { startsUnit, onSection }: { readonly startsUnit: boolean; readonly onSection: OnSection },
  ): void {
    if (!startsUnit) return this.#append(payload, onSection);
    const start = 1 + (payload[0] ?? 0);
    if (start > 1) this.#append(payload.subarray(1, start), onSection);
    this.interrupt();
    this.#started = true;
    if (start < payload.length) this.#append(payload.subarray(start), onSection);
  }

  #append(payload: Uint8Array, onSection: OnSection): void {
    let at = 0;
    while (this.#started && at < payload.length) {
      if (this.#length === 0 && payload[at] === STUFFING) return this.interrupt();
      const wanted = this.#length < HEADER_BYTES ? HEADER_BYTES : this.#total();
      const added = Math.min(wanted - this.#length, payload.length - at);
      this.#section.set(payload.subarray(at, at + added), this.#length);
      this.#length += added;
      at += added;
      if (this.#length < HEADER_BYTES || this.#length < this.#total()) continue;
      const section = this.#section.subarray(0, this.#length);
      this.#length = 0;
      onSection(section);
    }
  }

  #total(): number {
    return HEADER_BYTES + (((this.#section[1] as number) & 0x0f) << 8 | this.#section[2] as number);
  }
}
