/**
 * Screens handshakes that arrive at a listening socket, by their bytes and their source.
 *
 * A flood is answered or dropped here, without an object, a string or an address that stays in memory.
 *
 * @module
 */

import { HANDSHAKE_TYPE } from "../packet/handshake.ts";
import { answerInPlace, isInductionResponse, isProbe, peekCookie, peekType } from "../packet/peek_handshake.ts";
import { ArrivalRate } from "./arrival_rate.ts";
import type { FloodReport } from "./flood_report.ts";
import type { HandshakeSlots } from "./handshake_slots.ts";
import type { SecretCookie } from "./secret_cookie.ts";

/** What happens to a datagram: it is received, it is dropped, or these bytes are sent back to its source. */
export type Screening = "receive" | "drop" | Uint8Array<ArrayBuffer>;

/** Our choice: callers in rendezvous mode that are reported in one second; they get no answer in any case. */
const RENDEZVOUS_PER_SECOND = 100;

/** Everything that the decisions of a screen depend on. The screen owns none of it. */
export interface DatagramScreenOptions {
  readonly slots: HandshakeSlots;
  readonly secret: SecretCookie;
  readonly flood: FloodReport;
  /** Whether this cookie (unsigned) was given to a caller that is in its handshake or whose slot has expired. */
  readonly isIssued: (cookie: number) => boolean;
  /** Key length in bytes that is proposed to callers now; 0 for none. */
  readonly keyLength: () => number;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
}

/** Screens handshakes. */
export class DatagramScreen {
  readonly #options: DatagramScreenOptions;
  readonly #rendezvous = new ArrivalRate(RENDEZVOUS_PER_SECOND);

  constructor(options: DatagramScreenOptions) {
    this.#options = options;
  }

  /**
   * Screens a datagram.
   *
   * @param datagram Overwritten with the answer if there is one.
   * @param source Its sender: a `struct sockaddr`.
   */
  screen(datagram: Uint8Array<ArrayBuffer>, source: Uint8Array): Screening {
    const { slots, secret, isIssued, now } = this.#options;
    if (!hasPort(source)) return "drop";
    switch (peekType(datagram)) {
      case HANDSHAKE_TYPE.INDUCTION:
        if (isInductionResponse(datagram)) return "drop";
        if (isProbe(datagram)) return this.answer(datagram, source);
        return slots.arriveInFlood(now()) ? this.challenge(datagram, source) : "receive";
      case HANDSHAKE_TYPE.CONCLUSION: {
        // any other cookie is old or forged: a real caller starts again by itself
        const cookie = peekCookie(datagram);
        return secret.fits(cookie, source, now()) || isIssued(cookie) ? "receive" : "drop";
      }
      case HANDSHAKE_TYPE.WAVEAHAND:
        return this.#rendezvous.arrive(now()) ? "receive" : "drop";
      default:
        return "drop";
    }
  }

  /** As {@linkcode DatagramScreen.answer}, and counts the caller as part of a flood. */
  challenge(induction: Uint8Array<ArrayBuffer>, source: Uint8Array): Uint8Array<ArrayBuffer> {
    const { flood, now } = this.#options;
    flood.addChallenge(now());
    return this.answer(induction, source);
  }

  /** Turns an INDUCTION into its response, with a secret cookie, in place. Keeps nothing of it. */
  answer(induction: Uint8Array<ArrayBuffer>, source: Uint8Array): Uint8Array<ArrayBuffer> {
    const { secret, keyLength, now } = this.#options;
    return answerInPlace(induction, secret.make(source, now()), { keyLength: keyLength() });
  }
}

/**
 * Reports whether an answer can reach the source. No caller has port 0; and the kernel treats a socket that is connected to port
 * 0 as connected to every port of that address, so it would receive the datagrams of all other callers there.
 *
 * @param source A `struct sockaddr`: the port follows the family.
 */
function hasPort(source: Uint8Array): boolean {
  return source[2] !== 0 || source[3] !== 0;
}
