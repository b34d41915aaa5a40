/**
 * Divides payload into datagrams: seven TS packets each. No byte is left out, and the order stays.
 *
 * @module
 */

const PACKET_BYTES = 188;
const PACKETS = 7;
/** First byte of a TS packet. */
const SYNC = 0x47;

/** Maximum bytes of a datagram: seven TS packets, which fit into an Ethernet frame together with the headers of IPv6 and UDP. */
export const DATAGRAM_BYTES = PACKETS * PACKET_BYTES;

/** Called with each datagram, which is valid during the call only. */
type OnDatagram = (datagram: Uint8Array<ArrayBuffer>) => void;

/** Divides the payload of one session. */
export class TsDatagrams {
  readonly #onDatagram: OnDatagram;
  readonly #open = new Uint8Array(DATAGRAM_BYTES);
  /** Bytes of the datagram that is not complete. */
  #filled = 0;

  constructor(onDatagram: OnDatagram) {
    this.#onDatagram = onDatagram;
  }

  /** Accepts the next SRT message. Payload that is not TS becomes a datagram of its own, several if it is longer than one. */
  push(message: Uint8Array<ArrayBuffer>): void {
    let rest = message;
    while (rest.length > 0) {
      const next = this.#nextPacket;
      const isPacket = next >= rest.length || rest[next] === SYNC;
      const isAlone = this.#filled === 0 && rest.length > PACKET_BYTES && rest[PACKET_BYTES] !== SYNC;
      if (!isPacket || isAlone) return this.#pushBroken(rest);
      rest = rest.subarray(this.#fill(rest, this.#packetsIn(rest, next)));
    }
  }

  /** Passes on the datagram that is not complete. */
  flush(): void {
    const bytes = this.#open.subarray(0, this.#filled);
    this.#filled = 0;
    if (bytes.length > 0) this.#onDatagram(bytes);
  }

  /** Forgets the datagram that is not complete. */
  reset(): void {
    this.#filled = 0;
  }

  /** Bytes up to the next TS packet. */
  get #nextPacket(): number {
    return (PACKET_BYTES - this.#filled % PACKET_BYTES) % PACKET_BYTES;
  }

  /** Returns how many bytes of `rest` are before the first packet without a sync byte. `next`: where the first packet begins. */
  #packetsIn(rest: Uint8Array, next: number): number {
    let end = next;
    while (end < rest.length && rest[end] === SYNC) end += PACKET_BYTES;
    return Math.min(end, rest.length);
  }

  /** Adds the first `bytes` of `rest`, or what fits, and returns how many. */
  #fill(rest: Uint8Array<ArrayBuffer>, bytes: number): number {
    if (this.#filled === 0 && bytes >= DATAGRAM_BYTES) {
      this.#onDatagram(rest.subarray(0, DATAGRAM_BYTES));
      return DATAGRAM_BYTES;
    }
    const added = Math.min(bytes, DATAGRAM_BYTES - this.#filled);
    this.#open.set(rest.subarray(0, added), this.#filled);
    this.#filled += added;
    if (this.#filled === DATAGRAM_BYTES) this.flush();
    return added;
  }

  /** Passes on payload up to the next TS packet as it is. It is not TS, or payload before it was lost. */
  #pushBroken(message: Uint8Array<ArrayBuffer>): void {
    this.flush();
    const start = findPacket(message);
    for (let begin = 0; begin < start; begin += DATAGRAM_BYTES) {
      this.#onDatagram(message.subarray(begin, Math.min(start, begin + DATAGRAM_BYTES)));
    }
    if (start < message.length) this.push(message.subarray(start));
  }
}

/** Returns the offset of the first TS packet that another one follows; the length if there is none. */
function findPacket(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(SYNC); at !== -1; at = bytes.indexOf(SYNC, at + 1)) {
    if (bytes[at + PACKET_BYTES] === SYNC) return at;
  }
  return bytes.length;
}
