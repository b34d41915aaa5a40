/**
 * A calling SRT socket on a UDP socket that is connected to one listener: it receives what that listener sends.
 *
 * @module
 */

import { connectSocket } from "./connect.ts";
import { Connection } from "./connection.ts";
import type { Libsrt } from "./library.ts";
import { acquire, type ReceiverOptions, setReceiverOptions } from "./receiver_socket.ts";
import { SrtSocket } from "./socket.ts";

/** Options of the call. */
export interface CallingOptions extends ReceiverOptions {
  /** At most 512 bytes; null for none. May be a secret. */
  readonly streamId: string | null;
  /** How long to wait for the listener's answer, in ms. */
  readonly connectTimeoutMs: number;
}

/** A connected call. */
export interface ConnectedCall {
  readonly connection: Connection;
  /** Sequence number of the listener's first packet: a listener sends with the sequence of its caller. */
  readonly initialSequence: number;
  /** AES key length in bytes; 0 if not encrypted. */
  readonly keyLength: number;
}

/** A socket that has acquired its UDP socket, and has not called yet. */
export class AcquiredCaller {
  readonly #socket: SrtSocket;
  readonly #isEncrypted: boolean;

  private constructor(socket: SrtSocket, isEncrypted: boolean) {
    this.#socket = socket;
    this.#isEncrypted = isEncrypted;
  }

  /**
   * Gives a UDP socket to libsrt.
   *
   * @param descriptor A UDP socket. libsrt owns it once this returns, and closes it. If this throws, its owner depends on the
   * step that failed, and the process cannot be used after that.
   * @throws {SrtError} An option out of range, or a descriptor that is not a UDP socket.
   */
  static acquire(libsrt: Libsrt, descriptor: number, options: CallingOptions): AcquiredCaller {
    const socket = SrtSocket.create(libsrt.symbols);
    try {
      setReceiverOptions(socket, options);
      socket.set("conntimeo", options.connectTimeoutMs);
      if (options.streamId !== null) socket.set("streamid", options.streamId);
      acquire(socket, descriptor);
      return new AcquiredCaller(socket, options.passphrase !== null);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /**
   * Calls the listener, once. The socket is closed unless the call is connected.
   *
   * @param address `struct sockaddr` of the listener.
   * @param isGivenUp Called before each wait; true ends the call.
   * @returns The connection, which the caller of this method owns; null if the call was given up.
   * @throws {CallRefusedError} Refused, or no answer in time.
   * @throws {SrtError} libsrt failed.
   */
  async call(address: Uint8Array<ArrayBuffer>, isGivenUp: () => boolean): Promise<ConnectedCall | null> {
    const socket = this.#socket;
    try {
      if (!await connectSocket(socket, address, isGivenUp)) {
        socket.close();
        return null;
      }
      return {
        connection: new Connection(socket),
        initialSequence: socket.get("isn"),
        keyLength: this.#isEncrypted ? socket.get("pbkeylen") : 0,
      };
    } catch (error) {
      socket.close();
      throw error;
    }
  }
}
