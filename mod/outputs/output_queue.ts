/**
 * Payload that waits for a program: a queue with a limit. What exceeds it is dropped in whole TS packets, so that the program
 * can continue to read the stream.
 *
 * @module
 */

/** Our choice: 6 s at 20 Mbit/s. */
const LIMIT_BYTES = 16_777_216;
/**
 * After payload was dropped, payload is accepted again when at most this part of the limit waits. Our choice: this causes few
 * gaps.
 */
const RESUME_PART = 0.5;
/** First byte of a TS packet. */
const SYNC = 0x47;
/** Forms of TS packets: plain, after a time stamp (M2TS), before FEC bytes (DVB). `sync`: offset of the sync byte. */
const PACKET_FORMS = [{ bytes: 188, sync: 0 }, { bytes: 192, sync: 4 }, { bytes: 204, sync: 0 }] as const;
/** Packets that are checked to find their length. */
const CHECKED_PACKETS = 5;

/** First in, first out. */
export class OutputQueue {
  readonly #limitBytes: number;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  #droppedBytes = 0;
  #isDropping = false;
  /** Whether the last chunk is payload that was not copied yet. */
  #isBorrowed = false;
  /** Payload bytes so far, those that were dropped included. */
  #offset = 0;
  #packetBytes: number | null = null;

  constructor(limitBytes: number = LIMIT_BYTES) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Bytes that were dropped so far. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /**
   * Accepts the next payload, and drops what exceeds the limit. The payload must not change until it no longer waits, or
   * until {@linkcode own} has copied it.
   */
  push(payload: Uint8Array<ArrayBuffer>): void {
    this.#packetBytes ??= packetBytesOf(payload);
    const unit = this.#packetBytes;
    const toBoundary = (unit - this.#offset % unit) % unit;
    let kept = payload;
    if (this.#isDropping) {
      const hasRoom = this.#waitingBytes <= this.#limitBytes * RESUME_PART;
      this.#isDropping = !hasRoom || payload.length <= toBoundary;
      kept = this.#isDropping ? payload.subarray(0, 0) : payload.subarray(toBoundary);
      this.#droppedBytes += payload.length - kept.length;
      this.#offset += payload.length - kept.length;
    }
    this.#take(kept, unit);
  }

  /** Copies the payload of the last {@linkcode push}, if it still waits. */
  own(): void {
    const last = this.#isBorrowed ? this.#chunks.pop() : undefined;
    if (last !== undefined) this.#chunks.push(last.slice());
    this.#isBorrowed = false;
  }

  /** Drops the next payload. */
  skip(payload: Uint8Array): void {
    this.#droppedBytes += payload.length;
    this.#offset += payload.length;
    this.#isDropping = true;
  }

  /** The oldest bytes that wait; null if none do. They stay valid until they are {@linkcode drop}ped. */
  peek(): Uint8Array<ArrayBuffer> | null {
    return this.#chunks[0] ?? null;
  }

  /** Removes the first `length` bytes of what {@linkcode peek} returned last. */
  drop(length: number): void {
    const [first] = this.#chunks;
    if (first === undefined || length > first.length) throw new RangeError("cannot drop more than waits");
    this.#waitingBytes -= length;
    if (length < first.length) this.#chunks[0] = first.subarray(length);
    else this.#chunks.shift();
  }

  /** Drops all that waits, and continues with the next whole TS packet. */
  clear(): void {
    this.#droppedBytes += this.#waitingBytes;
    this.#waitingBytes = 0;
    this.#chunks = [];
    this.#isDropping = true;
  }

  /** Accepts `payload`, or its whole packets that fit. The rest of a packet that has begun is accepted even beyond the limit. */
  #take(payload: Uint8Array<ArrayBuffer>, unit: number): void {
    const toBoundary = (unit - this.#offset % unit) % unit;
    const room = Math.max(0, this.#limitBytes - this.#waitingBytes - toBoundary);
    const fitting = Math.min(payload.length, toBoundary + Math.floor(room / unit) * unit);
    const isAll = this.#waitingBytes + payload.length <= this.#limitBytes;
    const taken = isAll ? payload : payload.subarray(0, fitting);
    this.#offset += payload.length;
    if (taken.length > 0) {
      this.#chunks.push(taken);
      this.#isBorrowed = true;
      this.#waitingBytes += taken.length;
    }
    if (taken.length === payload.length) return;
    this.#droppedBytes += payload.length - taken.length;
    this.#isDropping = true;
  }
}

/** Returns the length of the TS packets in the first payload, or 188 if none are found. */
function packetBytesOf(payload: Uint8Array): number {
  const form = PACKET_FORMS.find(({ bytes, sync }) => {
    const packets = Math.min(CHECKED_PACKETS, Math.floor(payload.length / bytes));
    return packets > 1 && Array.from({ length: packets }, (_, index) => payload[index * bytes + sync]).every(isSync);
  });
  return form?.bytes ?? PACKET_FORMS[0].bytes;
}

function isSync(byte: number | undefined): boolean {
  return byte === SYNC;
}
