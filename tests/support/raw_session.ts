/**
 * An SRT caller made of datagrams: it is accepted like any other and then sends what a test needs, well-formed or not.
 *
 * @module
 */

import { CONCLUSION_SID } from "../fixtures/handshakes.ts";
import { SHUTDOWN } from "./lossy_link.ts";
import { makePayload } from "./payload.ts";
import { conclusionAfter, COOKIE_OFFSET, RawCaller, SOCKET_ID_OFFSET } from "./raw_caller.ts";

const HANDSHAKE_TYPE_OFFSET = 36;
const INITIAL_SEQUENCE_OFFSET = 24;
const HEADER_BYTES = 16;
const INDUCTION = 1;
const CONCLUSION = 0xffff_ffff;
/** A whole message, to be delivered in order (draft-sharabayko-srt 3.1). */
const SOLO_IN_ORDER = 0xe000_0000;
/** Difference between the time stamps of two packets, in microseconds: about 1 Mbit/s of packets with seven TS packets each. */
const STEP_US = 10_000;

/** Fields of a data packet; the others follow from the packet before. */
export interface RawPacket {
  /** Added to the sequence number that is due next. */
  readonly ahead?: number;
  /** Added to the time stamp that is due next, in microseconds. */
  readonly aheadUs?: number;
  /** Its second word without the message number: boundaries, order, encryption; a whole message in order unless given. */
  readonly flags?: number;
  /** Socket ID that it is for; that of the connection unless given. */
  readonly to?: number;
  /** Seven TS packets unless given. */
  readonly payload?: Uint8Array<ArrayBuffer>;
}

/** An accepted caller. */
export class RawSession implements Disposable {
  readonly #caller: RawCaller;
  /** SRT socket ID of the connection on the side of srt-splitter. */
  readonly peer: number;
  readonly #cookie: number;
  #sequence: number;
  #message = 0;
  #timestampUs = 0;
  #last: Uint8Array<ArrayBuffer> | null = null;

  private constructor(caller: RawCaller, cookie: number, answer: DataView) {
    this.#caller = caller;
    this.#cookie = cookie;
    this.peer = answer.getUint32(SOCKET_ID_OFFSET);
    this.#sequence = answer.getUint32(INITIAL_SEQUENCE_OFFSET);
  }

  /** Calls with the stream ID `abcde`. @throws {Error} If it is not accepted. */
  static async call(port: number): Promise<RawSession> {
    const caller = new RawCaller(port);
    let cookie = await caller.induce();
    let answer = await caller.conclude(CONCLUSION_SID, cookie);
    while (answer.getUint32(HANDSHAKE_TYPE_OFFSET) === INDUCTION) { // a challenge
      cookie = answer.getUint32(COOKIE_OFFSET);
      answer = await caller.conclude(CONCLUSION_SID, cookie);
    }
    if (answer.getUint32(HANDSHAKE_TYPE_OFFSET) !== CONCLUSION) {
      throw new Error(`cannot connect: ${answer.getUint32(HANDSHAKE_TYPE_OFFSET)}`);
    }
    return new RawSession(caller, cookie, answer);
  }

  /** The caller's own UDP port. */
  get port(): number {
    return this.#caller.port;
  }

  /** Sends a data packet and returns its payload. A packet with `ahead` does not change the next sequence number. */
  async data({ ahead = 0, aheadUs = 0, flags = SOLO_IN_ORDER, to, payload }: RawPacket = {}): Promise<
    Uint8Array<ArrayBuffer>
  > {
    const body = payload ?? makePayload(1, this.#sequence & 0xffff);
    const sequence = (this.#sequence + ahead) & 0x7fff_ffff;
    this.#message += 1;
    await this.#send([sequence, flags + this.#message, this.#timestampUs + aheadUs, to ?? this.peer], body);
    if (ahead === 0) this.#sequence = (this.#sequence + 1) & 0x7fff_ffff;
    this.#timestampUs += STEP_US;
    return body;
  }

  /** Sends a control packet: `type` is its first word. `to`: the socket ID that it is for; the connection's unless given. */
  async control(
    type: number,
    { body = new Uint8Array(4), to = this.peer }: {
      readonly body?: Uint8Array<ArrayBuffer>;
      readonly to?: number;
    } = {},
  ): Promise<void> {
    await this.#send([type, 0, this.#timestampUs, to], body);
  }

  /** Sends its CONCLUSION again, with another stream ID than the first time if `conclusion` has one. */
  async concludeAgain(conclusion: string = CONCLUSION_SID): Promise<void> {
    await this.#caller.send(conclusionAfter(this.#cookie, conclusion));
  }

  /** Sends a datagram as it is. */
  async datagram(bytes: Uint8Array<ArrayBuffer> | string): Promise<void> {
    await this.#caller.send(bytes);
  }

  /** Sends the last packet again. */
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

  async #send(header: readonly number[], body: Uint8Array<ArrayBuffer>): Promise<void> {
    const datagram = new Uint8Array(HEADER_BYTES + body.length);
    const view = new DataView(datagram.buffer);
    header.forEach((word, index) => view.setUint32(index * 4, word));
    datagram.set(body, HEADER_BYTES);
    this.#last = datagram;
    await this.#caller.send(datagram);
  }
}
