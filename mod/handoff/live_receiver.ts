/**
 * Reads the payload of a session while it arrives (`live_sender.ts`).
 *
 * @module
 */

import type { MessageSocket } from "../os/message_socket.ts";
import type { Readiness } from "../os/readiness.ts";
import { AFTER_GAP, LIVE_BYTES } from "./live_sender.ts";

/** Payload of a session. */
export interface LivePayload {
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Whether payload before it is missing: it is the first, or reading was too slow. */
  readonly isAfterGap: boolean;
}

/** A connection to the process of a session; owns its socket. */
export class LiveReceiver implements Disposable {
  readonly #socket: MessageSocket;
  readonly #readiness: Readiness;
  readonly #into = new Uint8Array(1 + LIVE_BYTES);
  #isFinishing = false;

  constructor(socket: MessageSocket, readiness: Readiness) {
    this.#socket = socket;
    this.#readiness = readiness;
  }

  /**
   * Waits for the next payload. Returns null once the session has ended, this connection is closed, or {@linkcode finish} was
   * called and no payload is left to read. One call at a time.
   */
  async next(): Promise<LivePayload | null> {
    while (true) {
      const length = this.#socket.receive(this.#into);
      if (length === "closed") return null;
      if (length !== "empty") {
        return { payload: this.#into.slice(1, length), isAfterGap: this.#into[0] === AFTER_GAP };
      }
      if (this.#isFinishing) return null;
      await this.#readiness.readable(this.#socket.descriptor);
    }
  }

  /** Stops waiting: what has arrived can still be read. Idempotent. */
  finish(): void {
    this.#isFinishing = true;
    this.#readiness.cancel(this.#socket.descriptor);
  }

  /** Closes the connection. Idempotent. */
  close(): void {
    this.#readiness.cancel(this.#socket.descriptor);
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
