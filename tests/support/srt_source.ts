/**
 * An SRT listener that sends: libsrt's own, by FFI, in the process of the test.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { lastSrtError } from "../../mod/srt/error.ts";
import { SrtSocket } from "../../mod/srt/socket.ts";
import { DEADLINE_MS } from "./deadline.ts";
import { bind, configureSender, freePort, libsrt, SAFE_LATENCY_MS, SrtCaller } from "./srt_caller.ts";

/** Time between two checks for a call, in ms. */
const POLL_MS = 2;
/** Calls that may wait. */
const BACKLOG = 5;

/** A listener on an address of this machine. */
export class SrtSource implements Disposable {
  readonly port: number;
  readonly #socket: SrtSocket;

  private constructor(socket: SrtSocket, port: number) {
    this.#socket = socket;
    this.port = port;
  }

  /** Listens from now on. `port`: any free one unless given. `host`: a numeric address; 127.0.0.1 unless given. */
  static listen(
    { port = freePort(), host, passphrase, keyLength }: {
      readonly port?: number;
      readonly host?: string;
      readonly passphrase?: string;
      readonly keyLength?: number;
    } = {},
  ): SrtSource {
    const { symbols } = libsrt;
    const socket = SrtSocket.create(symbols);
    try {
      socket.set("rcvsyn", false);
      socket.set("sndsyn", false);
      configureSender(socket);
      if (keyLength !== undefined) socket.set("pbkeylen", keyLength);
      if (passphrase !== undefined) socket.set("passphrase", passphrase);
      bind(socket, port, host);
      if (symbols.srt_listen(socket.id, BACKLOG) < 0) throw lastSrtError(symbols, "cannot listen");
      return new SrtSource(socket, port);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Waits for the next call, and returns its connection. */
  async accept(): Promise<SrtCaller> {
    const deadlineMs = performance.now() + DEADLINE_MS;
    while (performance.now() < deadlineMs) {
      const accepted = this.acceptNow();
      if (accepted !== null) return accepted;
      await pause(POLL_MS);
    }
    throw new Error("cannot accept: there was no call in time");
  }

  /** Returns the connection of a call that waits; null if there is none. */
  acceptNow(): SrtCaller | null {
    const id = libsrt.symbols.srt_accept(this.#socket.id, null, null);
    return id < 0 ? null : SrtCaller.accepted(new SrtSocket(libsrt.symbols, id));
  }

  /** Does not listen any more. Its connections continue. Idempotent. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** A payload rate that any machine can send and record. */
export const SOURCE_PACE = { bitsPerSecond: 4_000_000 };

/** Returns the address of a listener on this machine. A call may take long on a busy one. */
export function sourceAddress(port: number, query = ""): string {
  return `srt://127.0.0.1:${port}?latency=${SAFE_LATENCY_MS}ms&conntimeo=20s${query === "" ? "" : `&${query}`}`;
}

/** Sends payload, waits until it is delivered, and closes. */
export async function deliver(connection: SrtCaller, payload: Uint8Array<ArrayBuffer>): Promise<void> {
  await using _closed = connection;
  await connection.send(payload, SOURCE_PACE);
  await connection.waitUntilDelivered();
}
