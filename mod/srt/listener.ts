/**
 * A listening SRT socket on a UDP socket that is connected to one caller. It accepts that caller.
 *
 * libsrt itself reads the caller's CONCLUSION, which the hand-off leaves in the queue of the UDP socket. For that, libsrt first
 * acquires an empty socket, which is then replaced by the caller's (`InheritedSocket.handOver`).
 *
 * @module
 */

import { Connection } from "./connection.ts";
import { lastSrtError, lastSrtErrorCode, SRT_EASYNCRCV, SRT_ECONNLOST, SRT_ENOCONN } from "./error.ts";
import type { Libsrt } from "./library.ts";
import { SRT_EPOLL_ERR, SRT_EPOLL_IN, SRT_ERROR } from "./raw.ts";
import type { LibsrtSymbols } from "./raw.ts";
import { MAX_OPTION_BYTES } from "./option.ts";
import { acquire, type ReceiverOptions, setReceiverOptions } from "./receiver_socket.ts";
import { SrtSocket } from "./socket.ts";

/** How long one wait for the caller lasts, in ms (our choice). An abort takes effect after two waits at most. */
const WAIT_SLICE_MS = 50;

/** Room for the caller, and for one call that {@linkcode ListeningOptions.onCall} rejects (our choice). */
const BACKLOG = 2;

/** `sizeof(SRT_EPOLL_EVENT)`. */
const EPOLL_EVENT_BYTES = 8;

/** Options of the listening socket. */
export interface ListeningOptions extends ReceiverOptions {
  /**
   * Decides on each call that reaches the listener, by the bytes of its stream ID (empty without one): true accepts it, false
   * rejects it with {@linkcode REJECTED_REASON}. Runs on the thread of this program, while libsrt's receiving thread waits for
   * it: it must be quick, and the listener must not be closed meanwhile.
   */
  readonly onCall?: (streamId: Uint8Array) => boolean;
}

/** `SRT_REJX_CONFLICT`: the reason for a caller that {@linkcode ListeningOptions.onCall} rejects. */
export const REJECTED_REASON = 1409;

/** How long {@linkcode AcquiredListener.accept} waits. */
export interface AcceptOptions {
  /** In ms from now. */
  readonly timeoutMs: number;
  /** Ends the wait early, within 100 ms. */
  readonly signal?: AbortSignal;
  /**
   * Called before each wait but the first, at intervals of {@linkcode WAIT_SLICE_MS} at most. It may abort the signal. It
   * replaces a timer: the first timer of a process takes 8 ms of processor time.
   */
  readonly beforeNextWait?: () => void;
  /** Called after each wait; true ends the waiting, because libsrt has rejected the caller. */
  readonly isRejected?: () => boolean;
}

/** A listening socket for one caller. */
export class AcquiredListener implements Disposable {
  readonly #symbols: LibsrtSymbols;
  readonly #socket: SrtSocket;
  readonly #hook: CallHook | null;

  /** Takes over a listening socket and its callback for calls; {@linkcode acquireListener} makes both. */
  constructor(socket: SrtSocket, hook: CallHook | null) {
    this.#symbols = socket.symbols;
    this.#socket = socket;
    this.#hook = hook;
  }

  /**
   * Waits for the caller. libsrt does not report that it has rejected the caller: `isRejected` must detect it.
   *
   * The connection does not need the listener, but a caller may: if the answer to its CONCLUSION was lost, its next CONCLUSION
   * is answered only as long as the listener is open. So close the listener once the first message has arrived.
   *
   * A caller whose CONCLUSION is waiting when the signal aborts is accepted too: libsrt may have answered it already, so that the
   * caller sends payload.
   *
   * @returns The connection, owned by the caller of this method; null if the time passed, the signal aborted, or
   * the caller was rejected.
   * @throws {SrtError} libsrt failed.
   */
  async accept(options: AcceptOptions): Promise<Connection | null> {
    const deadline = performance.now() + options.timeoutMs;
    // Created before the first check: the epoll does not report a caller that arrived earlier, but the check finds it.
    const epoll = this.#createEpoll();
    try {
      const event = new Uint8Array(EPOLL_EVENT_BYTES);
      for (let isLast = false, isFirst = true;; isFirst = false) {
        const connection = this.#acceptNow();
        if (connection !== null) return connection;
        const leftMs = Math.max(0, deadline - performance.now());
        if (isLast || leftMs === 0 || (!isFirst && options.isRejected?.())) return null;
        if (!isFirst) options.beforeNextWait?.();
        isLast = options.signal?.aborted === true;
        await this.#symbols.srt_epoll_uwait(epoll, event, 1, BigInt(Math.ceil(Math.min(leftMs, WAIT_SLICE_MS))));
      }
    } finally {
      this.#symbols.srt_epoll_release(epoll);
    }
  }

  /**
   * Closes the listening socket, and with it the UDP socket if no connection uses it. Idempotent. Do not call this while
   * {@linkcode ListeningOptions.onCall} runs: each would wait for the other.
   */
  close(): void {
    this.#socket.close();
    this.#hook?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #acceptNow(): Connection | null {
    const id = this.#symbols.srt_accept(this.#socket.id, null, null);
    if (id !== SRT_ERROR) return new Connection(new SrtSocket(this.#symbols, id));
    const code = lastSrtErrorCode(this.#symbols);
    // The last two mean that the caller left before it was accepted. It may call again.
    if (code === SRT_EASYNCRCV || code === SRT_ECONNLOST || code === SRT_ENOCONN) return null;
    throw lastSrtError(this.#symbols, "cannot accept the caller");
  }

  #createEpoll(): number {
    const epoll = this.#symbols.srt_epoll_create();
    if (epoll === SRT_ERROR) throw lastSrtError(this.#symbols, "cannot create an SRT epoll");
    const events = Int32Array.of(SRT_EPOLL_IN | SRT_EPOLL_ERR);
    if (this.#symbols.srt_epoll_add_usock(epoll, this.#socket.id, events) === SRT_ERROR) {
      const error = lastSrtError(this.#symbols, "cannot add the listening SRT socket to an SRT epoll");
      this.#symbols.srt_epoll_release(epoll);
      throw error;
    }
    return epoll;
  }
}

/**
 * Gives a UDP socket to libsrt and listens on it: from now on libsrt reads it and answers handshakes. The SYN cookie
 * that a caller must return is the one that libsrt computes in this listener's first minute.
 *
 * The socket must be empty: libsrt discards what it reads before `srt_listen`, so what is queued may be lost (4 of 50 times on a
 * busy machine).
 *
 * @param libsrt An open library.
 * @param descriptor A UDP socket. Once this function returns, libsrt owns the descriptor and closes it. If this function throws,
 * the owner depends on the step that failed: the process must end.
 * @throws {SrtError} An option out of range, or a descriptor that is not a UDP socket.
 */
export function acquireListener(
  libsrt: Libsrt,
  descriptor: number,
  options: ListeningOptions,
): AcquiredListener {
  const { symbols } = libsrt;
  const socket = SrtSocket.create(symbols);
  let hook: CallHook | null = null;
  try {
    setReceiverOptions(socket, options);
    if (options.onCall !== undefined) hook = installHook(socket, options.onCall);
    acquire(socket, descriptor);
    if (symbols.srt_listen(socket.id, BACKLOG) === SRT_ERROR) throw lastSrtError(symbols, "cannot listen");
    return new AcquiredListener(socket, hook);
  } catch (error) {
    socket.close();
    hook?.close();
    throw error;
  }
}

/** `srt_listen_callback_fn`: opaque, socket, handshake version, address, stream ID; -1 rejects. */
const HOOK = {
  parameters: ["pointer", "i32", "i32", "pointer", "pointer"],
  result: "i32",
} as const satisfies Deno.UnsafeCallbackDefinition;

/** Keeps the callback alive as long as libsrt may call it. */
type CallHook = Deno.UnsafeCallback<typeof HOOK>;

function installHook(socket: SrtSocket, onCall: (streamId: Uint8Array) => boolean): CallHook {
  const { symbols, id } = socket;
  const hook: CallHook = new Deno.UnsafeCallback(HOOK, (_opaque, call, _version, _address, text) => {
    if (onCall(text === null ? new Uint8Array() : readCString(text))) return 0;
    symbols.srt_setrejectreason(call, REJECTED_REASON);
    return -1;
  });
  if (symbols.srt_listen_callback(id, hook.pointer, null) === SRT_ERROR) {
    throw lastSrtError(symbols, "cannot set the listener's callback");
  }
  return hook;
}

/** Copies a C string. `getCString` of Deno would replace bytes that are not UTF-8. */
function readCString(text: Deno.PointerObject): Uint8Array {
  const view = new Deno.UnsafePointerView(text);
  let length = 0;
  while (length < MAX_OPTION_BYTES && view.getUint8(length) !== 0) length += 1;
  return new Uint8Array(view.getArrayBuffer(length).slice(0));
}
