/**
 * An encoder like RootEncoder (Android apps): it sends INDUCTION and CONCLUSION once, and treats every handshake but a
 * rejection as success. It calls again only after a SHUTDOWN, a rejection, or no answer.
 *
 * @module
 */

import { withDeadline } from "../../mod/os/deadline.ts";
import { bytes, INDUCTION } from "../fixtures/handshakes.ts";
import { SHUTDOWN } from "./lossy_link.ts";
import { makePayload } from "./payload.ts";
import { COOKIE_OFFSET, SOCKET_ID_OFFSET } from "./raw_caller.ts";

const OFFSET = { sequence: 24, type: 36 } as const;
const HANDSHAKE = 0x8000_0000;
/** Handshake types from 1000 up are rejections, except the highest ones, such as CONCLUSION and AGREEMENT. */
const FIRST_REJECTION = 1000;
const FIRST_OTHER = 0xffff_0000;
/** A whole message, to be delivered in order. */
const SOLO_IN_ORDER = 0xe000_0000;
/** How long the encoder waits for an answer, in ms. */
const ANSWER_MS = 5000;
/** Time between two packets, in ms. */
const STEP_MS = 20;

/** What happened to a call. */
export type CallEnd = "shutdown" | "rejected" | "unanswered" | "hung up";

/** One encoder; held by `using`. */
export class RootEncoder implements Disposable {
  readonly #to: Deno.NetAddr;
  readonly #conclusion: string;
  #socket = open();
  #hungUp = false;
  /** How its calls ended so far. */
  readonly ends: CallEnd[] = [];
  /** Handshake type of the answer to each call that it treated as successful. */
  readonly successes: number[] = [];

  /** @param conclusion A captured CONCLUSION. */
  constructor(port: number, conclusion: string) {
    this.#to = { transport: "udp", hostname: "127.0.0.1", port };
    this.#conclusion = conclusion;
  }

  /** Calls, and calls again after each end, until {@linkcode hangUp}. */
  async run(): Promise<void> {
    while (!this.#hungUp) {
      const end = await this.#call();
      if (!this.#hungUp) this.ends.push(end);
    }
  }

  /** Stops without a SHUTDOWN. */
  hangUp(): void {
    this.#hungUp = true;
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    if (!this.#hungUp) this.hangUp();
  }

  async #call(): Promise<CallEnd> {
    this.#socket.close();
    this.#socket = open();
    const socket = this.#socket;
    const socketId = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
    try {
      const response = await this.#ask(patched(INDUCTION, { socketId }));
      if (response === "late") return "unanswered";
      const cookie = response.getUint32(COOKIE_OFFSET);
      const answer = await this.#ask(patched(this.#conclusion, { socketId, cookie }));
      if (answer === "late") return "unanswered";
      const type = answer.getUint32(OFFSET.type);
      if (type >= FIRST_REJECTION && type < FIRST_OTHER) return "rejected";
      this.successes.push(type);
      return await this.#send(socket, answer);
    } catch (error) {
      if (this.#hungUp && error instanceof Deno.errors.BadResource) return "hung up";
      throw error;
    }
  }

  async #ask(datagram: Uint8Array<ArrayBuffer>): Promise<DataView<ArrayBuffer> | "late"> {
    const socket = this.#socket;
    await socket.send(datagram, this.#to);
    const receiving = socket.receive();
    const received = await withDeadline(receiving, ANSWER_MS);
    if (received !== "late") return new DataView(received[0].slice().buffer);
    receiving.catch(() => {}); // it ends with the socket
    return "late";
  }

  /** Sends payload until a SHUTDOWN arrives. */
  async #send(socket: Deno.DatagramConn, answer: DataView): Promise<CallEnd> {
    const peer = answer.getUint32(SOCKET_ID_OFFSET);
    let sequence = answer.getUint32(OFFSET.sequence);
    const startMs = performance.now();
    const sending = setInterval(() => {
      const datagram = new Uint8Array(16 + 1316);
      const view = new DataView(datagram.buffer);
      const timestampUs = Math.round((performance.now() - startMs) * 1000);
      [sequence, SOLO_IN_ORDER + 1, timestampUs, peer].forEach((word, index) => view.setUint32(index * 4, word));
      datagram.set(makePayload(1, sequence & 0xffff), 16);
      sequence = (sequence + 1) & 0x7fff_ffff;
      socket.send(datagram, this.#to).catch(() => {});
    }, STEP_MS);
    try {
      for await (const [datagram] of socket) {
        if (new DataView(datagram.slice().buffer).getUint32(0) === SHUTDOWN) return "shutdown";
      }
      return "hung up";
    } finally {
      clearInterval(sending);
    }
  }
}

/** A captured handshake with another socket ID and cookie. */
function patched(
  handshake: string,
  { socketId, cookie }: { readonly socketId: number; readonly cookie?: number },
): Uint8Array<ArrayBuffer> {
  const datagram = bytes(handshake);
  const view = new DataView(datagram.buffer);
  view.setUint32(0, HANDSHAKE);
  view.setUint32(SOCKET_ID_OFFSET, socketId);
  if (cookie !== undefined) view.setUint32(COOKIE_OFFSET, cookie);
  return datagram;
}

function open(): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
}
