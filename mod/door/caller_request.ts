/**
 * A caller whose CONCLUSION has arrived and waits for a verdict: what it sent, and the answers that it can get.
 *
 * @module
 */

import type { CallAddresses, CallerSocket } from "../os/caller_socket.ts";
import { pause } from "../os/deadline.ts";
import type { Conclusion } from "../packet/conclusion.ts";
import { encodeHsv4Rejection, encodeRejection, encodeShutdown } from "../packet/reply.ts";
import type { StreamId } from "../packet/stream_id.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import type { PendingCaller } from "./pending_caller.ts";

/** An HSv4 caller needs a SHUTDOWN about this many ms after a rejection. */
const HSV4_SHUTDOWN_MS = 5;

/** Time between two checks of a waiting caller's queue for a repeat. */
const HEARD_CHECK_MS = 100;

/** What a request needs from the door. */
export interface RequestParts {
  readonly pending: PendingCaller;
  readonly conclusion: Conclusion;
  readonly streamId: StreamId;
  /** When the caller's handshake began, or 2 s before its CONCLUSION was found if that is later: ms of the door's clock. */
  readonly arrivalMs: number;
  /** Reports whether the caller can still be answered; false once its socket is closed here. */
  readonly isOpen: () => boolean;
  /** Makes a secret cookie for the caller. `cause`: why the caller must return it (`admission/verdict.ts`). */
  readonly secretCookie: (cause: "sessions" | "tries") => number;
  /** The request was answered: the door receives from the caller again, or closes its socket. */
  readonly settle: (how: "receive" | "close") => void;
  /** Drops this call and answers the INDUCTION of a later one from the same port. */
  readonly startAgain: (induction: Uint8Array<ArrayBuffer>) => void;
}

/** A caller that asks to be recorded. It gets exactly one answer, or none if its socket is closed first. */
export class CallerRequest implements CallAddresses {
  readonly caller: Endpoint;
  readonly local: Endpoint;
  readonly conclusion: Conclusion;
  readonly streamId: StreamId;
  /** It returned a secret cookie, so it receives what is sent to its address. */
  readonly proven: boolean;
  /** See {@linkcode RequestParts.arrivalMs}. */
  readonly arrivalMs: number;
  /** When its CONCLUSION was found, in ms since the epoch: usually a few ms after it arrived. */
  readonly concludedMs = Date.now();
  readonly #parts: RequestParts;

  constructor(parts: RequestParts) {
    const { pending: { caller, local, proven }, conclusion, streamId, arrivalMs } = parts;
    this.caller = caller;
    this.local = local;
    this.conclusion = conclusion;
    this.streamId = streamId;
    this.proven = proven;
    this.arrivalMs = arrivalMs;
    this.#parts = parts;
  }

  /** Reports whether the caller can still be answered. */
  get isOpen(): boolean {
    return this.#parts.isOpen();
  }

  /** Waits for another datagram of the caller, such as a repeat of its CONCLUSION. Returns whether one arrived within `ms`. */
  async isHeardWithin(ms: number): Promise<boolean> {
    const { pending: { socket }, isOpen } = this.#parts;
    const queuedBytes = isOpen() ? socket.queuedBytes : 0;
    for (let waitedMs = 0; waitedMs < ms; waitedMs += HEARD_CHECK_MS) {
      await pause(HEARD_CHECK_MS);
      if (!isOpen()) return false;
      if (socket.queuedBytes > queuedBytes) return true;
    }
    return false;
  }

  /** Rejects the caller with an SRT rejection reason (API value); its repeats get the same answer. */
  reject(reason: number): void {
    if (!this.isOpen) return;
    const { pending, conclusion: { handshake, hsVersion }, settle } = this.#parts;
    if (hsVersion === 5) {
      pending.reject(handshake, encodeRejection(handshake, reason));
    } else {
      pending.reject(handshake, encodeHsv4Rejection(handshake));
      setTimeout(() => pending.socket.send(encodeShutdown(handshake.socketId)), HSV4_SHUTDOWN_MS);
    }
    settle("receive");
  }

  /** Asks the caller for a secret cookie. If the caller returns it, there is a new request, which is `proven`. */
  challenge(cause: "sessions" | "tries"): void {
    if (!this.isOpen) return;
    const { pending, conclusion, secretCookie, settle } = this.#parts;
    pending.challenge(conclusion, secretCookie(cause));
    settle("receive");
  }

  /**
   * Drops this call if the caller has called again from the same port while this request waited: a child would accept this call,
   * and no payload would follow. The later call becomes a request of its own.
   *
   * @returns Whether the call was dropped
   */
  yieldToLaterCall(): boolean {
    if (!this.isOpen) return false;
    const { pending, conclusion, startAgain } = this.#parts;
    const induction = pending.laterCall(conclusion.handshake);
    if (induction === null) return false;
    startAgain(induction);
    return true;
  }

  /**
   * Hands the caller socket over, with the CONCLUSION in its queue, and closes it here.
   *
   * @param start Passes the socket to a child. If it throws, the caller still waits for an answer.
   */
  handOff<Child>(start: (socket: CallerSocket) => Child): Child {
    const { pending, settle } = this.#parts;
    const child = start(pending.socket);
    settle("close");
    return child;
  }
}
