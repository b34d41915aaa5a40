/**
 * A stand-in for the listener in tests of mod/srt: answers INDUCTIONs as mod/door does and returns the caller's connected UDP
 * socket with the CONCLUSION still in its queue.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { CallerSocket } from "../../mod/os/caller_socket.ts";
import { freePort } from "../../mod/os/free_port.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { DEADLINE_MS } from "../support/deadline.ts";

const libc = openLibc();

const HOST = "127.0.0.1";
const INDUCTION = 1;
const CONCLUSION = 0xffffffff;

/** A UDP port on 127.0.0.1 that callers may call. */
export class FrontDoor implements Disposable {
  readonly #socket: Deno.DatagramConn;

  private constructor(socket: Deno.DatagramConn) {
    this.#socket = socket;
  }

  static open(): FrontDoor {
    return new FrontDoor(
      Deno.listenDatagram({ transport: "udp", hostname: HOST, port: freePort(HOST), reuseAddress: true }),
    );
  }

  get port(): number {
    return address(this.#socket.addr).port;
  }

  /**
   * Waits for a caller's CONCLUSION.
   *
   * @returns The caller's connected UDP socket. libsrt owns it once it has acquired it; until then, the test must close it.
   */
  async nextCaller(): Promise<CallerSocket> {
    const [induction, from] = await this.#socket.receive();
    const view = new DataView(induction.buffer, induction.byteOffset, induction.length);
    if (view.getUint32(36) !== INDUCTION) throw new Error("cannot take the first datagram: not an INDUCTION");
    const caller = address(from);
    const socket = CallerSocket.open(libc, {
      local: { address: HOST, port: this.port },
      caller: { address: caller.hostname, port: caller.port },
    });
    socket.send(answer(view, `${caller.hostname}:${caller.port}:0`));
    const peeked = new Uint8Array(1500);
    const deadline = performance.now() + DEADLINE_MS;
    while (performance.now() < deadline) {
      if (typeof socket.peek(peeked) === "number") {
        if (new DataView(peeked.buffer).getUint32(36) === CONCLUSION) return socket;
        socket.drop(); // an INDUCTION that was repeated, because the answer came late
      } else await new Promise((resolve) => setTimeout(resolve, 1));
    }
    socket.close();
    throw new Error(`cannot wait longer than ${DEADLINE_MS} ms for a CONCLUSION`);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** The INDUCTION response with the cookie that a fresh libsrt listener expects. */
function answer(induction: DataView<ArrayBuffer>, cookieText: string): Uint8Array<ArrayBuffer> {
  const response = new Uint8Array(induction.buffer.slice(induction.byteOffset, induction.byteOffset + 64));
  const view = new DataView(response.buffer);
  view.setUint32(12, induction.getUint32(40));
  view.setUint32(16, 5);
  view.setUint32(20, 0x4a17);
  const digest = createHash("md5").update(cookieText).digest();
  view.setUint32(44, digest.readUInt32LE(0));
  return response;
}

function address(from: Deno.Addr): Deno.NetAddr {
  if (from.transport !== "udp") throw new Error(`cannot take an address of transport ${from.transport}`);
  return from;
}
