/**
 * The arrival times of a recording's bytes. Each is kept until its bytes are in a file.
 *
 * @module
 */

/** Initial capacity of the ring, in messages. */
const INITIAL_MESSAGES = 256;
/** Numbers for each message: its offset and its time. */
const FIELDS = 2;

/** The times of one recording. Offsets are bytes of the recording. */
export class ArrivalTimes {
  /** A ring of the messages that are not in a file yet, and of the last message before them. */
  #ring = new Float64Array(INITIAL_MESSAGES * FIELDS);
  #first = 0;
  #count = 0;
  #writtenBytes = 0;
  /** When the first byte of the current file arrived; null before it is written. */
  #fileStartMs: number | null = null;

  /**
   * Notes that the message whose first byte is at `offset` arrived at `ms`. Removes messages that were noted before at this
   * offset or a later one: they were dropped or empty.
   */
  note(offset: number, ms: number): void {
    while (this.#count > 0 && this.#at(this.#count - 1) >= offset) this.#count -= 1;
    if ((this.#count + 1) * FIELDS > this.#ring.length) this.#grow();
    const place = this.#place(this.#count);
    this.#ring[place] = offset;
    this.#ring[place + 1] = ms;
    this.#count += 1;
  }

  /** Notes that the next `bytes` bytes of the recording are in the current file. */
  wrote(bytes: number): void {
    if (bytes === 0) return;
    this.#fileStartMs ??= this.#timeOf(this.#writtenBytes);
    this.#writtenBytes += bytes;
    while (this.#count > 1 && this.#at(1) < this.#writtenBytes) {
      this.#first = (this.#first + 1) % (this.#ring.length / FIELDS);
      this.#count -= 1;
    }
  }

  /** Ends a file: returns when its first and its last byte arrived; both are null if the file is empty. */
  cut(): { readonly firstMs: number | null; readonly lastMs: number | null } {
    const firstMs = this.#fileStartMs;
    this.#fileStartMs = null;
    return { firstMs, lastMs: firstMs === null ? null : this.#timeOf(this.#writtenBytes - 1) };
  }

  /** When the byte at `offset` arrived; null if that is not known. */
  #timeOf(offset: number): number | null {
    let time: number | null = null;
    for (let index = 0; index < this.#count && this.#at(index) <= offset; index += 1) {
      time = this.#ring[this.#place(index) + 1] ?? null;
    }
    return time;
  }

  #place(index: number): number {
    return (this.#first + index) % (this.#ring.length / FIELDS) * FIELDS;
  }

  /** The offset of a message. */
  #at(index: number): number {
    return this.#ring[this.#place(index)] ?? 0;
  }

  #grow(): void {
    const larger = new Float64Array(this.#ring.length * 2);
    for (let index = 0; index < this.#count; index += 1) {
      const place = this.#place(index);
      larger.set(this.#ring.subarray(place, place + FIELDS), index * FIELDS);
    }
    this.#ring = larger;
    this.#first = 0;
  }
}
