/**
 * The first look at a datagram, out of its own bytes: what a flood is made of is answered or dropped here, and nothing is made of
 * it that lives on, not even text of its address. What is made 50,000 times a second is found in memory later.
 *
 * @module
 */

import { ArrivalRate } from "../admission/arrival_rate.ts";
import type { HandshakeSlots } from "../admission/handshake_slots.ts";
import type { SecretCookie } from "../admission/secret_cookie.ts";
import { HANDSHAKE_TYPE } from "../packet/handshake.ts";
import { answerInPlace, isInductionResponse, peekCookie, peekType } from "../packet/peek_handshake.ts";
import type { FirstLook } from "./datagram_sockets.ts";
import type { Pressure } from "./pressure.ts";

/** Our choice: callers in rendezvous mode that are told to the operator in one second; they get no answer anyway. */
const RENDEZVOUS_PER_SECOND = 100;

/** What the threshold knows. It owns none of it. */
export interface ThresholdOptions {
  readonly slots: HandshakeSlots;
  readonly secret: SecretCookie;
  readonly pressure: Pressure;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/** Looks at datagrams. */
export class Threshold {
  readonly #options: ThresholdOptions;
  readonly #rendezvous = new ArrivalRate(RENDEZVOUS_PER_SECOND);

  constructor(options: ThresholdOptions) {
    this.#options = options;
  }

  /**
   * Looks at a datagram.
   *
   * @param datagram changed where the answer stands in it
   * @param source who sent it, a `struct sockaddr`
   */
  look(datagram: Uint8Array<ArrayBuffer>, source: Uint8Array): FirstLook {
    const { slots, secret, now } = this.#options;
    if (!hasPort(source)) return "drop";
    switch (peekType(datagram)) {
      case HANDSHAKE_TYPE.INDUCTION:
        if (isInductionResponse(datagram)) return "drop";
        return slots.askInRush(now()) ? this.challenge(datagram, source) : "pass";
      case HANDSHAKE_TYPE.CONCLUSION:
        // one that answers no secret cookie belongs to a slot that is over: it starts again by itself
        return secret.fits(peekCookie(datagram), source, now()) ? "pass" : "drop";
      case HANDSHAKE_TYPE.WAVEAHAND:
        return this.#rendezvous.arrive(now()) ? "pass" : "drop";
      default:
        return "drop";
    }
  }

  /** The answer to an INDUCTION with a secret cookie, in its own bytes; nothing is kept of it. */
  challenge(induction: Uint8Array<ArrayBuffer>, source: Uint8Array): Uint8Array<ArrayBuffer> {
    const { pressure, secret, now } = this.#options;
    const nowMs = now();
    pressure.note(nowMs);
    return answerInPlace(induction, secret.make(source, nowMs));
  }
}

/**
 * Whether an answer can reach the source. There is no caller behind port 0; and a socket that is connected to it would be taken
 * by the kernel for one that is connected to every port of that address, and keep all others there out.
 *
 * @param source a `struct sockaddr`: the port stands behind the family
 */
function hasPort(source: Uint8Array): boolean {
  return source[2] !== 0 || source[3] !== 0;
}
