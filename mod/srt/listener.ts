/**
 * A listening SRT socket on a UDP socket that is connected to one caller: it accepts the one caller at the other end.
 *
 * libsrt reads the caller's CONCLUSION out of the UDP socket's queue by itself: the hand-off leaves it there.
 *
 * @module
 */

import { Connection } from "./connection.ts";
import { lastSrtError, lastSrtErrorCode, SRT_EASYNCRCV, SRT_ECONNLOST, SRT_ENOCONN } from "./error.ts";
import type { Libsrt } from "./library.ts";
import { SRT_EPOLL_ERR, SRT_EPOLL_IN, SRT_ERROR } from "./raw.ts";
import type { LibsrtSymbols } from "./raw.ts";
import { SrtSocket } from "./socket.ts";

/** How long one wait for the caller lasts, in ms: an abort is seen this late at most (our choice). */
const WAIT_SLICE_MS = 50;

/** One caller is all that the UDP socket lets in; one more place, for a caller that starts over, costs nothing (our choice). */
const BACKLOG = 2;

/**
 * Receiver buffer: as many packets as the flow window allows (25600 of 1472 bytes, libsrt's default of `SRTO_FC`), so that 2 s of
 * latency at 100 Mbit/s fit; libsrt's own default holds 0.9 s. It takes memory only as it fills.
 */
const RECEIVE_BUFFER_BYTES = 25_600 * 1472;

/** `sizeof(SRT_EPOLL_EVENT)`. */
const EPOLL_EVENT_BYTES = 8;

/** What the caller is offered. */
export interface ReceiverOptions {
  /** Receiver latency to ask for in ms, 0..65535; null for libsrt's default (120). The caller's own may raise it. */
  readonly latencyMs: number | null;
  /** Passphrase, 10..79 bytes; null for none. A caller whose passphrase differs is not accepted. */
  readonly passphrase: string | null;
  /** How long a caller may be silent, in ms; null for libsrt's default (5000). */
  readonly peerIdleTimeoutMs?: number | null;
}

/** How long {@linkcode AcquiredListener.accept} waits. */
export interface AcceptOptions {
  /** In ms from now. */
  readonly timeoutMs: number;
  /** Ends the wait early, within 50 ms. */
  readonly signal?: AbortSignal;
}

/** A listening socket for one caller. */
export class AcquiredListener implements Disposable {
  readonly #symbols: LibsrtSymbols;
  readonly #socket: SrtSocket;

  /** Takes over a listening socket; {@linkcode acquireListener} makes one. */
  constructor(socket: SrtSocket) {
    this.#symbols = socket.symbols;
    this.#socket = socket;
  }

  /**
   * Waits for the caller. libsrt never says why a caller was not accepted: a bad passphrase looks like silence.
   *
   * The connection does not need the listener, but a caller may: if the answer to its CONCLUSION was lost, its next CONCLUSION
   * is answered only as long as the listener is open. So close it once the first message has come.
   *
   * @returns The connection, owned by the caller of this; null when the time was over or the signal aborted.
   * @throws {SrtError} libsrt failed.
   */
  async accept(options: AcceptOptions): Promise<Connection | null> {
    const deadline = performance.now() + options.timeoutMs;
    // Watched before the first look: libsrt does not report a caller that was there before.
    const epoll = this.#createEpoll();
    try {
      const event = new Uint8Array(EPOLL_EVENT_BYTES);
      while (options.signal?.aborted !== true) {
        const connection = this.#acceptNow();
        if (connection !== null) return connection;
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) return null;
        await this.#symbols.srt_epoll_uwait(epoll, event, 1, BigInt(Math.ceil(Math.min(leftMs, WAIT_SLICE_MS))));
      }
      return null;
    } finally {
      this.#symbols.srt_epoll_release(epoll);
    }
  }

  /** Closes the listening socket, and with it the UDP socket where no connection uses it. Idempotent. */
  close(): void {
    this.#socket.close();
  }

  /** Same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #acceptNow(): Connection | null {
    const id = this.#symbols.srt_accept(this.#socket.id, null, null);
    if (id !== SRT_ERROR) return new Connection(new SrtSocket(this.#symbols, id));
    const code = lastSrtErrorCode(this.#symbols);
    // Lost and not connected: the caller went away while it waited to be accepted; it may try once more.
    if (code === SRT_EASYNCRCV || code === SRT_ECONNLOST || code === SRT_ENOCONN) return null;
    throw lastSrtError(this.#symbols, "cannot accept the caller");
  }

  #createEpoll(): number {
    const epoll = this.#symbols.srt_epoll_create();
    if (epoll === SRT_ERROR) throw lastSrtError(this.#symbols, "cannot create an SRT epoll");
    const events = Int32Array.of(SRT_EPOLL_IN | SRT_EPOLL_ERR);
    if (this.#symbols.srt_epoll_add_usock(epoll, this.#socket.id, events) === SRT_ERROR) {
      const error = lastSrtError(this.#symbols, "cannot watch the listening SRT socket");
      this.#symbols.srt_epoll_release(epoll);
      throw error;
    }
    return epoll;
  }
}

/**
 * Gives a UDP socket to libsrt and listens on it: from now on libsrt reads it and answers handshakes. The cookies are those of
 * this listener's first minute.
 *
 * libsrt's thread reads the socket as soon as it has it, and throws away what comes before `srt_listen`. A CONCLUSION that is
 * already queued gets lost so now and then, even with both calls next to each other (4 of 50 times on a busy machine), and some
 * callers never send it again. So give an empty stand-in socket here, and put the caller's socket under its number afterwards.
 *
 * @param libsrt An open library.
 * @param descriptor A UDP socket. libsrt's from the moment this returns: libsrt closes it. Where this throws, whose it is
 * depends on the step that failed; the process is of no more use.
 * @throws {SrtError} An option out of range, or a descriptor that is no UDP socket.
 */
export function acquireListener(
  libsrt: Libsrt,
  descriptor: number,
  options: ReceiverOptions,
): AcquiredListener {
  const { symbols } = libsrt;
  const socket = SrtSocket.create(symbols);
  try {
    socket.set("rcvsyn", false);
    socket.set("rcvbuf", RECEIVE_BUFFER_BYTES);
    if (options.latencyMs !== null) socket.set("rcvlatency", options.latencyMs);
    if (options.passphrase !== null) socket.set("passphrase", options.passphrase);
    if (typeof options.peerIdleTimeoutMs === "number") socket.set("peeridletimeo", options.peerIdleTimeoutMs);
    const acquired = symbols.srt_bind_acquire(socket.id, descriptor);
    if (acquired === SRT_ERROR) throw lastSrtError(symbols, `cannot acquire descriptor ${descriptor}`);
    if (symbols.srt_listen(socket.id, BACKLOG) === SRT_ERROR) throw lastSrtError(symbols, "cannot listen");
    return new AcquiredListener(socket);
  } catch (error) {
    socket.close();
    throw error;
  }
}
