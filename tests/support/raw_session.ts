/**
 * An SRT caller made of datagrams: it is accepted like any other and then sends whatever a test wants, well-formed or not.
 *
 * @module
 */

import { CONCLUSION_SID } from "../fixtures/handshakes.ts";
import { SHUTDOWN } from "./lossy_link.ts";
import { makePayload } from "./payload.ts";
import { RawCaller } from "./raw_caller.ts";

const HANDSHAKE_TYPE_OFFSET = 36;
const SOCKET_ID_OFFSET = 40;
const INITIAL_SEQUENCE_OFFSET = 24;
const CONCLUSION = 0xffff_ffff;
/** A whole message, to be delivered in order (draft-sharabayko-srt 3.1). */
const SOLO_IN_ORDER = 0xe000_0000;
/** Time between two packets, in microseconds: 1 Mbit/s of seven TS packets. */
const STEP_US = 10_000;

/** Fields of a data packet; the others follow from the packet before. */
export interface RawPacket {
  /** How far its sequence number is ahead of the next one. */
  readonly ahead?: number;
  /** How far its time stamp is ahead of the next one, in microseconds. */
  readonly aheadUs?: number;
}

/** An accepted caller. */
export class RawSession implements Disposable {
  readonly #caller: RawCaller;
  /** Our listener's socket ID of the connection. */
  readonly peer: number;
  #sequence: number;
  #message = 0;
  #timestampUs = 0;
  #last: Uint8Array<ArrayBuffer> | null = null;

  private constructor(caller: RawCaller, { peer, sequence }: { readonly peer: number; readonly sequence: number }) {
    this.#caller = caller;
    this.peer = peer;
    this.#sequence = sequence;
  }

  /** Calls with the stream ID `abcde`. @throws {Error} If it is not accepted. */
  static async call(port: number): Promise<RawSession> {
    const caller = new RawCaller(port);
    const answer = await caller.conclude(CONCLUSION_SID);
    if (answer.getUint32(HANDSHAKE_TYPE_OFFSET) !== CONCLUSION) {
      throw new Error(`cannot connect: ${answer.getUint32(HANDSHAKE_TYPE_OFFSET)}`);
    }
    const peer = answer.getUint32(SOCKET_ID_OFFSET);
    return new RawSession(caller, { peer, sequence: answer.getUint32(INITIAL_SEQUENCE_OFFSET) });
  }

  /** The caller's own UDP port. */
  get port(): number {
    return this.#caller.port;
  }

  /** Sends a message of seven TS packets and returns its payload. */
  async data({ ahead = 0, aheadUs = 0 }: RawPacket = {}): Promise<Uint8Array<ArrayBuffer>> {
    const payload = makePayload(1, this.#sequence & 0xffff);
    const sequence = (this.#sequence + ahead) & 0x7fff_ffff;
    this.#message += 1;
    await this.#send(sequence, SOLO_IN_ORDER + this.#message, this.#timestampUs + aheadUs, payload);
    if (ahead === 0) this.#sequence = (this.#sequence + 1) & 0x7fff_ffff;
    this.#timestampUs += STEP_US;
    return payload;
  }

  /** Sends a control packet: `type` is its first word. */
  async control(type: number, body: Uint8Array<ArrayBuffer> = new Uint8Array(4)): Promise<void> {
    await this.#send(type, 0, this.#timestampUs, body);
  }

  /** Sends any datagram from the caller's port. */
  async datagram(datagram: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#caller.send(datagram);
  }

  /** Sends the last packet once more. */
  async copy(): Promise<void> {
    if (this.#last !== null) await this.#caller.send(this.#last);
  }

  /** Closes the connection as libsrt does. */
  async shutDown(): Promise<void> {
    await this.control(SHUTDOWN);
  }

  /** Waits until it receives a SHUTDOWN; other datagrams are ignored. */
  async receiveShutdown(): Promise<void> {
    while ((await this.#caller.receive()).getUint32(0) !== SHUTDOWN);
  }

  [Symbol.dispose](): void {
    this.#caller[Symbol.dispose]();
  }

  async #send(first: number, second: number, timestampUs: number, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const datagram = new Uint8Array(16 + body.length);
    const view = new DataView(datagram.buffer);
    [first, second, timestampUs, this.peer].forEach((word, index) => view.setUint32(index * 4, word));
    datagram.set(body, 16);
    this.#last = datagram;
    await this.#caller.send(datagram);
  }
}
