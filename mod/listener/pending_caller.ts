/**
 * One caller between its INDUCTION and the verdict: a connected socket, answered from, its CONCLUSION looked at but not taken.
 *
 * @module
 */

import { CallerSocket } from "../os/caller_socket.ts";
import type { Libc } from "../os/libc.ts";
import { type Conclusion, decodeConclusion } from "../packet/conclusion.ts";
import { predictCookie } from "../packet/cookie.ts";
import { decodeHandshake, type Handshake, HANDSHAKE_TYPE, isInductionRequest } from "../packet/handshake.ts";
import { encodeInductionResponse } from "../packet/reply.ts";
import type { Endpoint } from "../vocabulary/schema.ts";

/** Longest datagram that is looked at whole; libsrt's handshakes have 600 bytes at most. */
const DATAGRAM_BYTES = 2048;
/** Datagrams taken in one go, so that a caller that floods its own socket does not hold the loop. */
const DATAGRAMS_PER_LOOK = 16;

/**
 * So many INDUCTIONs from one socket mean that the caller does not hear the answers. Our choice: a libsrt caller sends 3 to 12 in
 * the life of a slot, a scanner one.
 */
const UNHEARD_INDUCTIONS = 3;

/** Why a handshake came to nothing, in words. */
export interface Stall {
  readonly text: string;
  readonly advice: string;
}

/** What a look at the socket found. */
export type Look =
  /** Nothing yet: wait on. */
  | { readonly kind: "waiting" }
  /** The CONCLUSION is the first datagram of the queue, and still there. */
  | { readonly kind: "conclusion"; readonly conclusion: Conclusion }
  /** The CONCLUSION has the right cookie and cannot be read. It was taken out. */
  | { readonly kind: "malformed"; readonly text: string; readonly handshake: Handshake }
  /** The caller's port is closed. */
  | { readonly kind: "gone" };

/** A caller in its handshake. Owns its socket until closed. */
export class PendingCaller implements Disposable {
  readonly caller: Endpoint;
  readonly local: Endpoint;
  readonly socket: CallerSocket;
  readonly #predicted: number;
  /** The cookie that the CONCLUSION has to bring: the predicted one, or for a while a secret one. */
  #cookie: number;
  #proven: boolean;
  /** One for all: a look copies what it keeps. */
  static readonly #buffer = new Uint8Array(DATAGRAM_BYTES);
  /** The answer to this caller's CONCLUSION once it was rejected; repeats of it get the same. */
  #rejection: Uint8Array<ArrayBuffer> | null = null;
  #inductions = 0;
  #foreignCookies = 0;
  #concluded = false;

  /**
   * Makes the caller socket.
   *
   * @param options `proven`: it has brought back a secret cookie already.
   * @throws {OsError}
   */
  constructor(
    libc: Libc,
    { caller, local }: { readonly caller: Endpoint; readonly local: Endpoint },
    { proven }: { readonly proven: boolean } = { proven: false },
  ) {
    this.caller = caller;
    this.local = local;
    this.socket = CallerSocket.open(libc, { local, caller });
    this.#predicted = predictCookie(caller);
    this.#cookie = this.#predicted;
    this.#proven = proven;
  }

  /** It brought back a secret cookie: it can hear what is sent to its address. */
  get proven(): boolean {
    return this.#proven;
  }

  /** Answers an INDUCTION with the cookie that a child's libsrt will expect; a repeated one in the middle of a proof with that. */
  answer(handshake: Handshake): void {
    this.#rejection = null;
    this.#inductions += 1;
    this.socket.send(encodeInductionResponse(handshake, this.#cookie));
  }

  /** Takes the CONCLUSION out and asks for another one with a secret cookie: a second INDUCTION response, which callers answer. */
  challenge(conclusion: Handshake, cookie: number): void {
    this.socket.drop();
    this.#cookie = cookie;
    this.answer(conclusion);
  }

  /** Tells the caller no. It stays, so that a repeated CONCLUSION gets the same answer until its slot is over. */
  reject(rejection: Uint8Array<ArrayBuffer>): void {
    this.#rejection = rejection;
    this.socket.drop();
    this.socket.send(rejection);
  }

  /** What kept it from going on, as far as its repeats show; null where it went on, or tried once only. */
  get stall(): Stall | null {
    if (this.#concluded) return null;
    if (this.#foreignCookies > 0) {
      return {
        text: "its CONCLUSION does not carry the cookie that it was given",
        advice: "update the caller; or look for a NAT between that changes its port during the handshake",
      };
    }
    if (this.#inductions < UNHEARD_INDUCTIONS) return null;
    return {
      text: "it does not hear the answers: it repeats its first packet and never goes on",
      advice:
        `look for a firewall or NAT that keeps UDP from port ${this.local.port} of this machine away from the caller`,
    };
  }

  /** Looks at what came; takes out everything that is not this caller's first CONCLUSION. */
  look(): Look {
    for (let datagrams = 0; datagrams < DATAGRAMS_PER_LOOK; datagrams += 1) {
      const peeked = this.socket.peek(PendingCaller.#buffer);
      if (peeked === "unreachable") return { kind: "gone" };
      if (peeked === "empty") return { kind: "waiting" };
      const look = this.#consider(PendingCaller.#buffer.subarray(0, peeked));
      if (look !== null) return look;
    }
    return { kind: "waiting" };
  }

  /** Closes the socket; a child that inherited it keeps its own. Idempotent. */
  close(): void {
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Null where the datagram was dealt with and taken out. */
  #consider(datagram: Uint8Array<ArrayBuffer>): Look | null {
    const handshake = decodeHandshake(datagram);
    if (handshake.kind === "handshake" && handshake.type === HANDSHAKE_TYPE.CONCLUSION) {
      if (handshake.cookie === this.#cookie) return this.#considerConclusion(datagram, handshake);
      this.#foreignCookies += 1;
    } else if (isInductionRequest(handshake)) {
      this.answer(handshake);
    }
    this.socket.drop();
    return null;
  }

  #considerConclusion(datagram: Uint8Array<ArrayBuffer>, handshake: Handshake): Look | null {
    if (this.#cookie !== this.#predicted) {
      this.#proven = true;
      this.#cookie = this.#predicted;
      this.socket.drop();
      this.answer(handshake);
      return null;
    }
    this.#concluded = true;
    if (this.#rejection !== null) {
      this.reject(this.#rejection);
      return null;
    }
    const conclusion = decodeConclusion(datagram.slice()); // it outlives the buffer
    if (conclusion.kind === "conclusion") return { kind: "conclusion", conclusion };
    this.socket.drop();
    return { kind: "malformed", text: conclusion.text, handshake };
  }
}
