/**
 * A network that loses packets permanently. It keeps every payload that it delivered: exactly what a recording must contain.
 *
 * @module
 */

import { UdpRelay } from "./udp_relay.ts";

/** Header of a data packet (draft-sharabayko-srt 3.1). */
const HEADER_BYTES = 16;
/** Offset of the destination socket ID. */
const DESTINATION = 12;
const SEQUENCE_MASK = 0x7fff_ffff;
/** Key message (KMREQ): user-defined type, subtype 3. */
const KEY_MESSAGE = 0xffff_0003;
/** The first word of a SHUTDOWN (draft-sharabayko-srt 3.2.7). */
export const SHUTDOWN = 0x8005_0000;
/** Flag of a data packet that is sent again. */
const RETRANSMITTED = 0x0400_0000;
/** Message number of a data packet; packets of a packet filter (FEC) have 0 (libsrt `srtcore/packet.h`). */
const MESSAGE_NUMBER = 0x03ff_ffff;

/** A data packet on its way to the listener. */
export interface DataPacket {
  /** How many data packets were sent before it, without retransmissions. */
  readonly index: number;
  readonly retransmitted: boolean;
}

/** What a link loses or delays. */
export interface LossRules {
  /** Whether this data packet is lost. */
  readonly data?: (packet: DataPacket) => boolean;
  /** Whether this packet of a packet filter (FEC) is lost; `number` counts them from 0. */
  readonly filterPacket?: (number: number) => boolean;
  /** How long the data packet of this index is held back, in ms. */
  readonly delayMs?: (index: number) => number;
  /** Whether this control packet is lost; `type` is its first word. */
  readonly control?: (type: number, toListener: boolean) => boolean;
  /** Whether this key message of the caller is lost; `body` is the same when a message is repeated. */
  readonly keyMessage?: (body: string) => boolean;
}

/** The data packets of one connection that have reached the listener. */
export class Arrivals {
  readonly #first: number;
  /** Whether the caller's SHUTDOWN has reached the listener. */
  closed = false;
  /** Indexes of packets that followed the SHUTDOWN: libsrt's caller may still be sending one while it closes. */
  readonly afterClose = new Set<number>();
  readonly #payloads = new Map<number, Uint8Array>();

  /** @param first Sequence number of the first data packet that was sent, lost or not. */
  constructor(first: number) {
    this.#first = first;
  }

  /** The index of each packet ({@linkcode DataPacket}), ascending. */
  get indexes(): readonly number[] {
    return [...this.#payloads.keys()].sort((one, other) => one - other);
  }

  /** Their payload in order, as it was sent: encrypted if the connection is. */
  get payload(): Uint8Array<ArrayBuffer> {
    const payloads = this.indexes.map((index) => this.#payloads.get(index) ?? new Uint8Array());
    const all = new Uint8Array(payloads.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const payload of payloads) {
      all.set(payload, offset);
      offset += payload.length;
    }
    return all;
  }

  /** Returns the index ({@linkcode DataPacket}) of the packet with this sequence number. */
  indexOf(sequence: number): number {
    return (sequence - this.#first) & SEQUENCE_MASK;
  }

  /** Keeps the payload of a packet. A packet that is new after the SHUTDOWN is noted in {@linkcode Arrivals.afterClose}. */
  add(index: number, payload: Uint8Array): void {
    if (this.closed && !this.#payloads.has(index)) this.afterClose.add(index);
    this.#payloads.set(index, payload);
  }
}

/** The link of one caller, or of several that call one after the other from the same port. */
export class LossyLink implements AsyncDisposable {
  readonly #relay: UdpRelay;
  #filterPackets = 0;
  readonly #calls = new Map<number, Arrivals>();

  /** @param listenerPort Port on 127.0.0.1 that datagrams are sent to. */
  constructor(listenerPort: number, rules: LossRules) {
    const delayMs = (datagram: DataView<ArrayBuffer>, toListener: boolean) => {
      const type = datagram.getUint32(0);
      if (type > SEQUENCE_MASK || !toListener) return 0;
      return rules.delayMs?.(this.#callOf(datagram.getUint32(DESTINATION), type).indexOf(type)) ?? 0;
    };
    this.#relay = new UdpRelay(listenerPort, (datagram, toListener) => {
      const type = datagram.getUint32(0);
      if (type === KEY_MESSAGE && toListener && rules.keyMessage !== undefined) {
        return rules.keyMessage(new Uint8Array(datagram.buffer, HEADER_BYTES).toHex());
      }
      if (type > SEQUENCE_MASK || !toListener) return rules.control?.(type, toListener) ?? false;
      if (isFilterPacket(datagram)) {
        this.#filterPackets += 1;
        return rules.filterPacket?.(this.#filterPackets - 1) ?? false;
      }
      const index = this.#callOf(datagram.getUint32(DESTINATION), type).indexOf(type);
      const retransmitted = (datagram.getUint32(4) & RETRANSMITTED) !== 0;
      return rules.data?.({ index, retransmitted }) ?? false;
    }, {
      delayMs,
      passed: (datagram, toListener) => {
        const type = datagram.getUint32(0);
        const arrivals = toListener ? this.#calls.get(datagram.getUint32(DESTINATION)) : undefined;
        if (arrivals === undefined) return;
        if (type === SHUTDOWN) arrivals.closed = true;
        if (type <= SEQUENCE_MASK && !isFilterPacket(datagram)) {
          arrivals.add(arrivals.indexOf(type), new Uint8Array(datagram.buffer, HEADER_BYTES));
        }
      },
    });
  }

  /** The port for callers. */
  get port(): number {
    return this.#relay.port;
  }

  /** Packets of packet filters that were sent, lost or not. */
  get filterPackets(): number {
    return this.#filterPackets;
  }

  /** Payload of the first connection that has reached the listener, in order. */
  get arrived(): Uint8Array<ArrayBuffer> {
    return this.calls[0]?.payload ?? new Uint8Array();
  }

  /** What has arrived of each connection that sent data, in the order of their first data packets. */
  get calls(): readonly Arrivals[] {
    return [...this.#calls.values()];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#relay[Symbol.asyncDispose]();
  }

  #callOf(socketId: number, sequence: number): Arrivals {
    const known = this.#calls.get(socketId);
    if (known !== undefined) return known;
    const arrivals = new Arrivals(sequence);
    this.#calls.set(socketId, arrivals);
    return arrivals;
  }
}

/** Returns whether a data packet is one of a packet filter, which has no payload of its own. */
function isFilterPacket(datagram: DataView<ArrayBuffer>): boolean {
  return (datagram.getUint32(4) & MESSAGE_NUMBER) === 0;
}

/** Loses `percent` of the data packets and every retransmission. The same packets each time. */
export function losesPermanently(percent: number): (packet: DataPacket) => boolean {
  return ({ index, retransmitted }) => retransmitted || (Math.imul(index + 1, 0x9e37_79b1) >>> 0) % 100 < percent;
}
