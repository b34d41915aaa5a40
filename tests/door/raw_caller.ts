/**
 * A caller made of datagrams: sends captured handshakes with the cookie that it was given, and reads the answers.
 *
 * @module
 */

import { decodeHandshake, type Handshake } from "../../mod/packet/handshake.ts";
import { bytes, INDUCTION } from "../fixtures/handshakes.ts";
import { UdpPeer } from "../os/udp_peer.ts";

/** Bound until disposed of. */
export class RawCaller extends UdpPeer {
  readonly listener: { readonly address: string; readonly port: number };

  /** @param from Its own address, and a port; any free one unless given. */
  constructor(
    listener: { readonly address: string; readonly port: number },
    from: { readonly address: string; readonly port?: number } = {
      address: listener.address.includes(":") ? "::1" : "127.0.0.1",
    },
  ) {
    super(from.address, from.port);
    this.listener = listener;
  }

  /** Sends a datagram to the address that it calls. */
  async transmit(datagram: Uint8Array | string): Promise<void> {
    await this.send(typeof datagram === "string" ? bytes(datagram) : datagram, this.listener);
  }

  async answer(): Promise<Handshake> {
    const handshake = decodeHandshake(await this.receive());
    if (handshake.kind === "malformed") throw new Error(`cannot read an answer: ${handshake.text}`);
    return handshake;
  }

  /** Sends an INDUCTION and returns the cookie of its answer. */
  async induct(): Promise<number> {
    await this.transmit(INDUCTION);
    return (await this.answer()).cookie;
  }
}

/** A captured CONCLUSION with this cookie, and with the socket ID of INDUCTION, which was captured from another caller. */
export function withCookie(hexadecimal: string, cookie: number): Uint8Array<ArrayBuffer> {
  const datagram = ofSocket(bytes(hexadecimal), new DataView(bytes(INDUCTION).buffer).getUint32(40));
  new DataView(datagram.buffer).setUint32(44, cookie);
  return datagram;
}

/** A handshake with another SRT socket ID. */
export function ofSocket(handshake: Uint8Array, socketId: number): Uint8Array<ArrayBuffer> {
  const copy = handshake.slice();
  new DataView(copy.buffer).setUint32(40, socketId);
  return copy;
}
