/**
 * A network that loses packets for good and remembers every payload that it let pass: what a recording has to hold, exactly.
 *
 * @module
 */

import { UdpRelay } from "./udp_relay.ts";

/** Header of a data packet (draft-sharabayko-srt 3.1). */
const HEADER_BYTES = 16;
const SEQUENCE_MASK = 0x7fff_ffff;
/** Key message (KMREQ): user-defined type, subtype 3. */
const KEY_MESSAGE = 0xffff_0003;
/** Flag of a data packet that is sent again. */
const RETRANSMITTED = 0x0400_0000;

/** A data packet on its way to the listener. */
export interface DataPacket {
  /** How many data packets were sent before it, repeats not counted. */
  readonly index: number;
  readonly retransmitted: boolean;
}

/** What a link loses. */
export interface LossRules {
  /** Whether this data packet is lost. */
  readonly data?: (packet: DataPacket) => boolean;
  /** Whether this control packet is lost; `type` is its first word. */
  readonly control?: (type: number, toListener: boolean) => boolean;
  /** Whether this key message of the caller is lost; `body` is the same for repeats of one. */
  readonly keyMessage?: (body: string) => boolean;
}

/** One caller's link. */
export class LossyLink implements AsyncDisposable {
  readonly #relay: UdpRelay;
  readonly #passed = new Map<number, Uint8Array>();
  #first: number | null = null;

  /** @param listenerPort Where datagrams go to, on 127.0.0.1. */
  constructor(listenerPort: number, rules: LossRules) {
    this.#relay = new UdpRelay(listenerPort, (datagram, toListener) => {
      const type = datagram.getUint32(0);
      if (type === KEY_MESSAGE && toListener && rules.keyMessage !== undefined) {
        return rules.keyMessage(new Uint8Array(datagram.buffer, HEADER_BYTES).toHex());
      }
      if (type > SEQUENCE_MASK || !toListener) return rules.control?.(type, toListener) ?? false;
      this.#first ??= type;
      const index = (type - this.#first) & SEQUENCE_MASK;
      const retransmitted = (datagram.getUint32(4) & RETRANSMITTED) !== 0;
      if (rules.data?.({ index, retransmitted }) ?? false) return true;
      this.#passed.set(index, new Uint8Array(datagram.buffer, HEADER_BYTES));
      return false;
    });
  }

  /** Where callers call. */
  get port(): number {
    return this.#relay.port;
  }

  /** Payload of every data packet that has reached the listener, in order. */
  get arrived(): Uint8Array<ArrayBuffer> {
    const payloads = [...this.#passed].sort(([one], [other]) => one - other).map(([, payload]) => payload);
    const all = new Uint8Array(payloads.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const payload of payloads) {
      all.set(payload, offset);
      offset += payload.length;
    }
    return all;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#relay[Symbol.asyncDispose]();
  }
}

/** Loses `percent` of the data packets and every retransmission. The same packets each time. */
export function losesForGood(percent: number): (packet: DataPacket) => boolean {
  return ({ index, retransmitted }) => retransmitted || (Math.imul(index + 1, 0x9e37_79b1) >>> 0) % 100 < percent;
}
