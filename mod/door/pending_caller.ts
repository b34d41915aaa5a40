/**
 * One caller from its INDUCTION to the verdict: a connected socket that answers it, and whose queue keeps its CONCLUSION.
 *
 * @module
 */

import { classifyDatagram } from "../packet/header.ts";
import { type CallAddresses, CallerSocket } from "../os/caller_socket.ts";
import type { Libc } from "../os/libc.ts";
import { type Conclusion, decodeConclusion } from "../packet/conclusion.ts";
import { predictCookie } from "../packet/cookie.ts";
import { decodeHandshake, type Handshake, HANDSHAKE_TYPE, isInductionRequest } from "../packet/handshake.ts";
import { encodeInductionResponse } from "../packet/reply.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import type { Stall } from "./refusal.ts";

/** Longest datagram that is read whole; a libsrt handshake has 804 bytes at most. */
const DATAGRAM_BYTES = 2048;
/** Datagrams read in one step, so that a caller that floods its own socket does not delay the others. */
const DATAGRAMS_PER_READ = 16;
/** Datagrams that are searched for a later call. Our choice: a caller repeats its CONCLUSION 12 times before it gives up. */
const DATAGRAMS_SEARCHED = 64;
/**
 * Our choice: a call that is older than this when its CONCLUSION arrives counts as this old, so that its child still has time to
 * start. The caller may still wait, because its timeout may be longer than libsrt's default of 3 s.
 */
const LATEST_MS = 2000;
/** SRT socket IDs that are remembered for one address and port. Our choice: an encoder may send a few streams from one port. */
const SOCKET_IDS = 16;

/**
 * This many INDUCTIONs from one socket mean that the caller does not receive the answers. Our choice: a libsrt caller sends 3 to
 * 12 before its handshake times out, a scanner one.
 */
const UNANSWERED_INDUCTIONS = 3;

/** Our choice: how often a caller that repeats its CONCLUSION is asked again for another cookie. */
const ASK_AGAIN_MS = 200;
/** How long a caller may take to return a cookie. Our choice: more than two round trips over a satellite. */
const UNRETURNED_MS = 1500;

/** What {@linkcode PendingCaller.read} found. */
export type Received =
  /** Nothing for the door to decide: all datagrams that were read have been removed, and answered if they need an answer. */
  | { readonly kind: "nothing" }
  /**
   * The CONCLUSION is the first datagram of the queue, and still in it. `arrivalMs`: when its call began, or
   * {@linkcode LATEST_MS} ago if that is later.
   */
  | { readonly kind: "conclusion"; readonly conclusion: Conclusion; readonly arrivalMs: number }
  /** A CONCLUSION with the right cookie, from a socket ID that never sent an INDUCTION here. It is still in the queue. */
  | { readonly kind: "stranger"; readonly conclusion: Conclusion }
  /** A CONCLUSION with the right cookie that cannot be decoded. It was removed from the queue. */
  | { readonly kind: "malformed"; readonly text: string; readonly handshake: Handshake }
  /** Payload of a caller that was asked for another cookie, and treated that as success. It was removed from the queue. */
  | { readonly kind: "mistaken"; readonly conclusion: Conclusion }
  /**
   * A CONCLUSION without the cookie that its caller should have returned: it was asked for it at least {@linkcode UNRETURNED_MS}
   * ago. The CONCLUSION is still in the queue.
   */
  | { readonly kind: "unreturned"; readonly conclusion: Conclusion }
  /** The caller's port is closed. */
  | { readonly kind: "unreachable" };

/** A request for another cookie, and the CONCLUSION that it answered. */
interface Question {
  readonly conclusion: Conclusion;
  readonly firstAskedMs: number;
  lastAskedMs: number;
}

/** A caller in its handshake. Owns its socket until closed. */
export class PendingCaller implements CallAddresses, Disposable {
  readonly caller: Endpoint;
  readonly local: Endpoint;
  readonly socket: CallerSocket;
  readonly #predicted: number;
  /** The cookie that a CONCLUSION must carry: the predicted one, or a secret one until the caller has returned it. */
  #cookie: number;
  #proven: boolean;
  readonly #keyLength: number;
  /** Shared by all callers, because the parts of a datagram that are kept are copied. */
  static readonly #buffer = new Uint8Array(DATAGRAM_BYTES);
  /**
   * SRT socket IDs whose INDUCTION was answered, oldest first, and when that INDUCTION first arrived. A CONCLUSION with another
   * socket ID comes from a stranger.
   */
  readonly #answered = new Map<number, number>();
  /** The answer to each socket ID whose CONCLUSION was rejected; repeats of the CONCLUSION get the same answer. */
  readonly #rejections = new Map<number, Uint8Array<ArrayBuffer>>();
  /** The last request for another cookie; null once that cookie was returned. */
  #question: Question | null = null;
  #inductions = 0;
  #wrongCookies = 0;
  #concluded = false;
  readonly #now: () => number;
  #lastCallMs: number;

  /**
   * Makes the caller socket.
   *
   * @param options `proven`: it has returned a secret cookie already. `keyLength`: what is proposed to it, in bytes; 0 for
   * none. `now`: a monotonic clock in ms.
   * @throws {OsError}
   */
  constructor(
    libc: Libc,
    { caller, local }: CallAddresses,
    { proven, keyLength, now }: {
      readonly proven: boolean;
      readonly keyLength: number;
      readonly now: () => number;
    },
  ) {
    this.caller = caller;
    this.local = local;
    this.#now = now;
    this.#lastCallMs = now();
    this.socket = CallerSocket.open(libc, { local, caller });
    this.#predicted = predictCookie(caller);
    this.#cookie = this.#predicted;
    this.#proven = proven;
    this.#keyLength = keyLength;
  }

  /** The cookie that its child's libsrt will expect, unsigned. */
  get predictedCookie(): number {
    return this.#predicted >>> 0;
  }

  /** Whether it returned a secret cookie, which proves that it receives what is sent to its address. */
  get proven(): boolean {
    return this.#proven;
  }

  /**
   * When its last call began, or when it was asked for another cookie if that is later. A caller that was rejected may call again
   * from the same port.
   */
  get lastCallMs(): number {
    return this.#lastCallMs;
  }

  /** Answers an INDUCTION with the cookie that its CONCLUSION must carry. */
  answer({ socketId, ...handshake }: Handshake): void {
    if (this.#rejections.delete(socketId) || !this.#answered.has(socketId)) {
      const [oldest] = this.#answered.keys();
      if (this.#answered.size >= SOCKET_IDS && oldest !== undefined) this.#answered.delete(oldest);
      this.#lastCallMs = this.#now();
      this.#answered.set(socketId, this.#lastCallMs);
    }
    this.#inductions += 1;
    this.socket.send(encodeInductionResponse({ socketId, ...handshake }, this.#cookie, { keyLength: this.#keyLength }));
  }

  /** Expects the CONCLUSION of a caller whose INDUCTION was answered before this object was made. */
  expect(socketId: number): void {
    this.#answered.set(socketId, this.#lastCallMs);
  }

  /**
   * Removes the CONCLUSION from the queue and requests another one with a secret cookie. The request is a second INDUCTION
   * response.
   */
  challenge(conclusion: Conclusion, secretCookie: number): void {
    this.socket.drop();
    this.#cookie = secretCookie;
    this.askForCookie(conclusion);
  }

  /** Requests another CONCLUSION, with the cookie that is valid now. */
  askForCookie(conclusion: Conclusion): void {
    const nowMs = this.#now();
    this.#question = { conclusion, firstAskedMs: nowMs, lastAskedMs: nowMs };
    this.#lastCallMs = nowMs;
    this.answer(conclusion.handshake);
  }

  /** The CONCLUSION of a caller that has not returned the cookie that it was asked for; null for any other caller. */
  get asked(): Conclusion | null {
    return this.#question?.conclusion ?? null;
  }

  /** Removes the CONCLUSION from the queue, and answers it and its repeats with `rejection`. */
  reject({ socketId }: Handshake, rejection: Uint8Array<ArrayBuffer>): void {
    this.#rejections.set(socketId, rejection);
    this.socket.drop();
    this.socket.send(rejection);
  }

  /** Why the handshake did not continue; null if it did, or if too few datagrams arrived to know the cause. */
  get stall(): Stall | null {
    if (this.#concluded) return null;
    if (this.#wrongCookies > 0) {
      return {
        text: "its CONCLUSION does not have the cookie that the caller was given",
        advice: "update the caller, or check whether a NAT on the way changes its port during the handshake",
      };
    }
    if (this.#inductions < UNANSWERED_INDUCTIONS) return null;
    return {
      text: "it does not receive the answers: it repeats its INDUCTION and does not continue",
      advice:
        `check the firewalls and NATs on the way for UDP from port ${this.local.port} of this machine to the caller`,
    };
  }

  /**
   * Reads the queue up to the first datagram about which the door must decide, at most {@linkcode DATAGRAMS_PER_READ} datagrams.
   * Removes those before it, and answers them if they need an answer.
   */
  read(): Received {
    for (let datagrams = 0; datagrams < DATAGRAMS_PER_READ; datagrams += 1) {
      const peeked = this.socket.peek(PendingCaller.#buffer);
      if (peeked === "unreachable") return { kind: "unreachable" };
      if (peeked === "empty") return { kind: "nothing" };
      const received = this.#receive(PendingCaller.#buffer.subarray(0, peeked));
      if (received !== null) return received;
    }
    return { kind: "nothing" };
  }

  /**
   * Checks whether the caller has called again since the CONCLUSION at the head of the queue. A new call is an INDUCTION with
   * another socket ID. If the CONCLUSION is repeated after it, two callers share the port, and there is no new call.
   *
   * @returns The first INDUCTION of the new call, or null.
   */
  laterCall({ socketId }: Handshake): Uint8Array<ArrayBuffer> | null {
    let call: Uint8Array<ArrayBuffer> | null = null;
    for (const datagram of this.socket.peekAll({ max: DATAGRAMS_SEARCHED, bytes: DATAGRAM_BYTES })) {
      const handshake = decodeHandshake(datagram);
      if (handshake.kind === "malformed") continue;
      if (handshake.socketId === socketId) call = null;
      else if (isInductionRequest(handshake)) call ??= datagram;
    }
    return call;
  }

  /** Closes the socket here; a child that has received it keeps its own descriptor. Idempotent. */
  close(): void {
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Null if the datagram was removed from the queue and needs nothing more. */
  #receive(datagram: Uint8Array<ArrayBuffer>): Received | null {
    const handshake = decodeHandshake(datagram);
    if (handshake.kind === "handshake" && handshake.type === HANDSHAKE_TYPE.CONCLUSION) {
      if (handshake.cookie === this.#cookie) return this.#receiveConclusion(datagram, handshake);
      return this.#receiveOldCookie(handshake);
    }
    const isPayload = classifyDatagram(datagram) === "data";
    if (isInductionRequest(handshake)) this.answer(handshake);
    this.socket.drop();
    return isPayload && this.#question !== null ? { kind: "mistaken", conclusion: this.#question.conclusion } : null;
  }

  /**
   * Reads a CONCLUSION without the current cookie. If it repeats a CONCLUSION whose caller was asked for another cookie, the
   * request was lost, or the caller does not understand the request.
   */
  #receiveOldCookie(handshake: Handshake): Received | null {
    const { cookie, socketId } = handshake;
    const question = this.#question;
    const asked = question?.conclusion.handshake;
    if (question === null || asked?.cookie !== cookie || asked.socketId !== socketId) {
      this.#wrongCookies += 1;
      this.socket.drop();
      return null;
    }
    const rejection = this.#rejections.get(socketId);
    if (rejection !== undefined) {
      this.reject(handshake, rejection);
      return null;
    }
    const nowMs = this.#now();
    if (nowMs - question.firstAskedMs >= UNRETURNED_MS) return { kind: "unreturned", conclusion: question.conclusion };
    this.socket.drop();
    if (nowMs - question.lastAskedMs < ASK_AGAIN_MS) return null;
    question.lastAskedMs = nowMs;
    this.answer(handshake);
    return null;
  }

  #receiveConclusion(datagram: Uint8Array<ArrayBuffer>, handshake: Handshake): Received | null {
    if (this.#cookie !== this.#predicted) { // it returned the secret one, and now gets the one that libsrt expects
      this.#proven = true;
      this.#cookie = this.#predicted;
      this.socket.drop();
      const conclusion = decodeConclusion(datagram.slice());
      if (conclusion.kind === "malformed") return { kind: "malformed", text: conclusion.text, handshake };
      this.askForCookie(conclusion);
      return null;
    }
    this.#question = null;
    this.#concluded = true;
    const rejection = this.#rejections.get(handshake.socketId);
    if (rejection !== undefined) {
      this.reject(handshake, rejection);
      return null;
    }
    const conclusion = decodeConclusion(datagram.slice()); // a copy, because the next datagram overwrites the buffer
    if (conclusion.kind === "malformed") {
      this.socket.drop();
      return { kind: "malformed", text: conclusion.text, handshake };
    }
    const arrivalMs = this.#answered.get(handshake.socketId);
    if (arrivalMs === undefined) return { kind: "stranger", conclusion };
    return { kind: "conclusion", conclusion, arrivalMs: Math.max(arrivalMs, this.#now() - LATEST_MS) };
  }
}
