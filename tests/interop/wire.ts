/**
 * The handshakes that a caller and the listener send to each other, read from the datagrams between them.
 *
 * @module
 */

import { UdpRelay } from "../support/udp_relay.ts";

/** The first word of a handshake, and the offset of its type. */
const HANDSHAKE = 0x8000_0000;
const TYPE_OFFSET = 36;

const INDUCTION = 1;

/** The handshake type of a rejection is 1000 plus the reason. */
const FIRST_REJECTION = 1000;
const LAST_REJECTION = 0xffff;

/** A relay that reads handshakes. */
export class Wire implements AsyncDisposable {
  readonly #relay: UdpRelay;
  /** Reasons of the rejections that reached the caller, in order. */
  readonly rejections: number[] = [];
  /** Whether the caller called again after a rejection. */
  callsAgain = false;
  /** How many calls began. A caller may repeat an INDUCTION, so this may be too high. */
  inductions = 0;

  constructor(listenerPort: number) {
    this.#relay = new UdpRelay(listenerPort, () => false, {
      passed: (datagram, toListener) => {
        if (datagram.byteLength < TYPE_OFFSET + 4 || datagram.getUint32(0) !== HANDSHAKE) return;
        const type = datagram.getUint32(TYPE_OFFSET);
        if (toListener && type === INDUCTION) {
          this.inductions += 1;
          this.callsAgain ||= this.rejections.length > 0;
        }
        if (!toListener && type >= FIRST_REJECTION && type <= LAST_REJECTION) {
          this.rejections.push(type - FIRST_REJECTION);
        }
      },
    });
  }

  /** The port that the caller calls. */
  get port(): number {
    return this.#relay.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay[Symbol.asyncDispose]();
  }
}
