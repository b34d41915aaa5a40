/**
 * One SRT socket: its number, options, state and end. The sockets of listeners, connections and callers have this in common.
 *
 * @module
 */

import { lastSrtError } from "./error.ts";
import { decodeOption, encodeOption, MAX_OPTION_BYTES, optionNumber } from "./option.ts";
import type { OptionName, OptionValue } from "./option.ts";
import { SRT_ERROR } from "./raw.ts";
import type { LibsrtSymbols } from "./raw.ts";

/** `enum SRT_SOCKSTATUS`, in its order from 1. */
export const SOCKET_STATES = [
  "init",
  "opened",
  "listening",
  "connecting",
  "connected",
  "broken",
  "closing",
  "closed",
  "nonexistent",
] as const;

/** libsrt's own state of a socket. */
export type SocketState = typeof SOCKET_STATES[number];

/** One SRT socket, closed exactly once. */
export class SrtSocket implements Disposable {
  /** The functions of the library that this socket belongs to. */
  readonly symbols: LibsrtSymbols;

  /** libsrt's number of this socket (`SRTSOCKET`). */
  readonly id: number;

  #closed = false;

  /** Takes over socket `id`: {@linkcode close} closes it. */
  constructor(symbols: LibsrtSymbols, id: number) {
    this.symbols = symbols;
    this.id = id;
  }

  /**
   * Creates a socket, not bound to anything.
   *
   * @throws {SrtError} Out of resources.
   */
  static create(symbols: LibsrtSymbols): SrtSocket {
    const id = symbols.srt_create_socket();
    if (id === SRT_ERROR) throw lastSrtError(symbols, "cannot create an SRT socket");
    return new SrtSocket(symbols, id);
  }

  /** libsrt's state of this socket; `nonexistent` once libsrt has removed it. */
  get state(): SocketState {
    return SOCKET_STATES[this.symbols.srt_getsockstate(this.id) - 1] ?? "nonexistent";
  }

  /**
   * Sets an option. libsrt `docs/API/API-socket-options.md`, column "Binding", lists when each one can be set.
   *
   * @throws {SrtError} Value out of range (5003), or the option can no longer be set. The value is not quoted: it may
   * be a passphrase.
   * @throws {RangeError} From `encodeOption`.
   */
  set<Name extends OptionName>(name: Name, value: OptionValue<Name>): void {
    const bytes = encodeOption(name, value);
    if (this.symbols.srt_setsockflag(this.id, optionNumber(name), bytes, bytes.length) === SRT_ERROR) {
      throw lastSrtError(this.symbols, `cannot set option ${name}`);
    }
  }

  /**
   * Reads an option.
   *
   * @throws {SrtError} The socket does not exist (5004), or the option cannot be read.
   */
  get<Name extends OptionName>(name: Name): OptionValue<Name> {
    const bytes = new Uint8Array(MAX_OPTION_BYTES + 1);
    const length = Int32Array.of(bytes.length);
    if (this.symbols.srt_getsockflag(this.id, optionNumber(name), bytes, length) === SRT_ERROR) {
      throw lastSrtError(this.symbols, `cannot read option ${name}`);
    }
    return decodeOption(name, bytes.subarray(0, length[0]));
  }

  /** Closes the socket; a connected peer is sent SHUTDOWN before this returns. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Fails only if libsrt itself has closed a broken socket, which is the desired result.
    this.symbols.srt_close(this.id);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
