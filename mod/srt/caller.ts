/**
 * A caller that sends in live mode: it connects, sends messages, and reports what the listener has acknowledged.
 *
 * @module
 */

import { lastSrtError, lastSrtErrorCode, SRT_EASYNCSND, SRT_ECONNLOST, SRT_EINVSOCK, SRT_ENOCONN } from "./error.ts";
import { CallGivenUpError, connectSocket } from "./connect.ts";
import type { Libsrt } from "./library.ts";
import { SRT_ERROR } from "./raw.ts";
import type { LibsrtSymbols } from "./raw.ts";
import { SrtSocket } from "./socket.ts";
import { STATISTICS_BYTES } from "./statistics.ts";
import { formatVersion } from "./version.ts";

/** Offsets in `SRT_TRACEBSTATS` of `int pktRetransTotal` and `int pktSndDropTotal`; source: libsrt `srtcore/srt.h`. */
const RETRANS_OFFSET = 32;
const SEND_DROP_OFFSET = 64;

/** Options of a call. Null stands for libsrt's default unless stated. */
export interface CallerOptions {
  /** At most 512 bytes; null for none. */
  readonly streamId: string | null;
  /** 10..79 bytes; null: not encrypted. */
  readonly passphrase: string | null;
  /** AES key length in bytes: 16, 24 or 32. */
  readonly keyLength: number | null;
  /** Latency of both directions in ms; the listener's is used if it is larger. */
  readonly latencyMs: number | null;
  /** How long to wait for the listener's answer, in ms (libsrt: 3000). */
  readonly connectTimeoutMs: number | null;
}

/** Statistics of the sender. */
export interface SenderStatistics {
  /** Packets sent again. */
  readonly pktRetransTotal: number;
  /** Packets given up, because they were too late to be of use. */
  readonly pktSndDropTotal: number;
}

/** A connected caller. Owns its SRT socket. */
export class Caller implements Disposable {
  readonly #socket: SrtSocket;
  readonly #symbols: LibsrtSymbols;
  readonly #statistics = new Uint8Array(STATISTICS_BYTES);
  #last: SenderStatistics = { pktRetransTotal: 0, pktSndDropTotal: 0 };

  /** The receiver's latency in force, in ms. */
  readonly latencyMs: number;

  /** The listener's SRT version, such as `1.5.1`. */
  readonly peerVersion: string;

  private constructor(socket: SrtSocket) {
    this.#socket = socket;
    this.#symbols = socket.symbols;
    this.latencyMs = socket.get("peerlatency");
    this.peerVersion = formatVersion(socket.get("peerversion"));
  }

  /**
   * Calls a listener.
   *
   * @param address `struct sockaddr` of the listener; read only during the call of `srt_connect`.
   * @param options `isGivenUp`: called every few ms until the listener answers; if it returns true, the call ends.
   * @throws {CallRefusedError} Refused, or no answer in time.
   * @throws {CallGivenUpError} `isGivenUp` returned true.
   * @throws {SrtError} An option out of range, or an address that cannot be reached from here.
   */
  static async connect(
    libsrt: Libsrt,
    address: Uint8Array<ArrayBuffer>,
    { isGivenUp, ...options }: CallerOptions & { readonly isGivenUp?: () => boolean },
  ): Promise<Caller> {
    const socket = SrtSocket.create(libsrt.symbols);
    try {
      configure(socket, options);
      if (!await connectSocket(socket, address, isGivenUp)) throw new CallGivenUpError("the call was given up");
      return new Caller(socket);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Whether the connection is open. libsrt needs 5 s to notice that the listener has vanished. */
  get isOpen(): boolean {
    return this.#socket.state === "connected";
  }

  /** Packets that wait to be sent or that the listener has not acknowledged; 0 once the connection has ended. */
  get unacknowledged(): number {
    return this.isOpen ? this.#socket.get("snddata") : 0;
  }

  /**
   * Sends one message. Never waits.
   *
   * @param message At most 1316 bytes; libsrt copies it.
   * @returns `full`: the sender buffer is full, try again later; `gone`: the connection has ended.
   * @throws {SrtError} libsrt failed in an unexpected way.
   */
  send(message: Uint8Array<ArrayBuffer>): "sent" | "full" | "gone" {
    if (this.#symbols.srt_sendmsg2(this.#socket.id, message, message.length, null) !== SRT_ERROR) return "sent";
    switch (lastSrtErrorCode(this.#symbols)) {
      case SRT_EASYNCSND:
        return "full";
      case SRT_ECONNLOST:
      case SRT_ENOCONN:
      case SRT_EINVSOCK:
        return "gone";
      default:
        throw lastSrtError(this.#symbols, "cannot send a message");
    }
  }

  /** Totals since the start. After the connection has ended, returns those that were read last. */
  statistics(): SenderStatistics {
    if (this.#symbols.srt_bistats(this.#socket.id, this.#statistics, 0, 1) !== SRT_ERROR) {
      const view = new DataView(this.#statistics.buffer);
      this.#last = {
        pktRetransTotal: view.getInt32(RETRANS_OFFSET, true),
        pktSndDropTotal: view.getInt32(SEND_DROP_OFFSET, true),
      };
    }
    return this.#last;
  }

  /** Sends SHUTDOWN to the listener and closes. What was not sent yet is lost. Idempotent. */
  close(): void {
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function configure(socket: SrtSocket, options: CallerOptions): void {
  socket.set("rcvsyn", false);
  socket.set("sndsyn", false);
  if (options.connectTimeoutMs !== null) socket.set("conntimeo", options.connectTimeoutMs);
  if (options.latencyMs !== null) socket.set("latency", options.latencyMs);
  if (options.streamId !== null) socket.set("streamid", options.streamId);
  if (options.keyLength !== null) socket.set("pbkeylen", options.keyLength);
  if (options.passphrase !== null) socket.set("passphrase", options.passphrase);
}
