/**
 * A caller that sends raw datagrams: captured handshakes with the cookie that it received, or any bytes.
 *
 * @module
 */

import { bytes, INDUCTION } from "../fixtures/handshakes.ts";
import { within } from "./deadline.ts";

/** Length of the smallest handshake. */
const HANDSHAKE_BYTES = 64;
/** Offset in a handshake of the SRT socket ID of its sender. */
export const SOCKET_ID_OFFSET = 40;
/** Offset in a handshake of the SYN cookie. */
export const COOKIE_OFFSET = 44;

/** Returns a captured CONCLUSION with the socket ID of {@linkcode INDUCTION} and this cookie, as if one caller had sent both. */
export function conclusionAfter(cookie: number, conclusion: string): Uint8Array<ArrayBuffer> {
  const datagram = bytes(conclusion);
  const view = new DataView(datagram.buffer);
  view.setUint32(SOCKET_ID_OFFSET, new DataView(bytes(INDUCTION).buffer).getUint32(SOCKET_ID_OFFSET));
  view.setUint32(COOKIE_OFFSET, cookie);
  return datagram;
}

/** A UDP socket on 127.0.0.1; held by `using`. */
export class RawCaller implements Disposable {
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  readonly #to: Deno.NetAddr;

  /** @param port The listener's port. */
  constructor(port: number) {
    this.#to = { transport: "udp", hostname: "127.0.0.1", port };
  }

  /** Its own port. */
  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  /** Sends one datagram, given as bytes or in hexadecimal. */
  async send(datagram: Uint8Array<ArrayBuffer> | string): Promise<void> {
    await this.#socket.send(typeof datagram === "string" ? bytes(datagram) : datagram, this.#to);
  }

  /** Waits for the next datagram and returns it as a view. */
  async receive(): Promise<DataView<ArrayBuffer>> {
    const [datagram] = await within(this.#socket.receive(), "an answer");
    return new DataView(datagram.slice().buffer);
  }

  /** Sends an INDUCTION and returns the cookie of the answer. */
  async induce(): Promise<number> {
    await this.send(INDUCTION);
    let answer = await this.receive();
    // skips a SHUTDOWN for a session that had this port before
    while (answer.byteLength < HANDSHAKE_BYTES) answer = await this.receive();
    return answer.getUint32(COOKIE_OFFSET);
  }

  /**
   * Sends a captured CONCLUSION with the socket ID of its INDUCTION, and returns the answer.
   *
   * @param cookie The cookie to return; unless given, an INDUCTION is sent first to obtain one.
   */
  async conclude(conclusion: string, cookie?: number): Promise<DataView<ArrayBuffer>> {
    await this.send(conclusionAfter(cookie ?? await this.induce(), conclusion));
    return await this.receive();
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
