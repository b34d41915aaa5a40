/**
 * A caller made of datagrams: sends what real callers sent, with the cookie that it was given, and reads the answers.
 *
 * @module
 */

import { decodeHandshake, type Handshake } from "../../mod/packet/handshake.ts";
import { bytes, INDUCTION } from "../fixtures/handshakes.ts";
import { UdpPeer } from "../os/udp_peer.ts";

/** Bound until disposed of. */
export class RawCaller extends UdpPeer {
  readonly listener: { readonly address: string; readonly port: number };

  constructor(listener: { readonly address: string; readonly port: number }) {
    super(listener.address.includes(":") ? "::1" : "127.0.0.1");
    this.listener = listener;
  }

  /** Sends to the address that it calls. */
  async say(datagram: Uint8Array | string): Promise<void> {
    await this.send(typeof datagram === "string" ? bytes(datagram) : datagram, this.listener);
  }

  async answer(): Promise<Handshake> {
    const handshake = decodeHandshake(await this.receive());
    if (handshake.kind === "malformed") throw new Error(`cannot read an answer: ${handshake.text}`);
    return handshake;
  }

  /** Sends an INDUCTION and returns the cookie of its answer. */
  async induct(): Promise<number> {
    await this.say(INDUCTION);
    return (await this.answer()).cookie;
  }
}

/** A captured CONCLUSION with a cookie of its own. */
export function withCookie(hexadecimal: string, cookie: number): Uint8Array<ArrayBuffer> {
  const datagram = bytes(hexadecimal);
  new DataView(datagram.buffer).setUint32(44, cookie);
  return datagram;
}
