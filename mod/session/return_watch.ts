/**
 * Whether a session's caller has started again on the same address and port.
 *
 * Its new INDUCTION goes to the connected socket of the old session, where the filter drops it and the kernel counts it. A drop
 * alone proves nothing: a full receive buffer is counted too, and anybody can forge a datagram. But a caller that lives sends
 * data or, at rest, a KEEPALIVE each second. So it has started again when something was dropped after the last datagram that was
 * read, and nothing was read for longer than that.
 *
 * @module
 */

/** Our choice: a libsrt caller at rest says once a second that it lives; that may come half a second late. */
const SILENT_MS = 1500;

/** What is looked at. */
export interface WatchedSocket {
  /** When the last datagram that was read arrived, in ms since the epoch, or null. */
  readonly lastArrivalMs: () => number | null;
  /** Datagrams that the kernel dropped at this socket, ever. */
  readonly drops: () => number;
}

/** Looks again and again. */
export class ReturnWatch {
  readonly #socket: WatchedSocket;
  #arrivalMs: number | null = null;
  #drops = 0;

  constructor(socket: WatchedSocket) {
    this.#socket = socket;
  }

  /** True once the caller has started again. To be called several times a second. */
  look(nowMs: number): boolean {
    const arrivalMs = this.#socket.lastArrivalMs();
    const drops = this.#socket.drops();
    if (arrivalMs === null || arrivalMs !== this.#arrivalMs) {
      this.#arrivalMs = arrivalMs;
      this.#drops = drops;
      return false;
    }
    return drops > this.#drops && nowMs - arrivalMs >= SILENT_MS;
  }
}
