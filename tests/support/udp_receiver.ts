/**
 * A UDP socket on loopback that receives what `--udp` sends. Its buffer holds about 90 datagrams, and further ones are lost while
 * the test process waits for a processor. A test that compares all of the payload sends at most {@linkcode HELD_DATAGRAMS}.
 *
 * @module
 */

import { freePort } from "../../mod/os/free_port.ts";
import type { OutputReport } from "../../mod/vocabulary/events.ts";
import { within } from "./deadline.ts";
import { completeReport } from "./output_report.ts";

/** Datagrams that the kernel holds in any case, on a machine with the usual `net.core.rmem_default`. */
export const HELD_DATAGRAMS = 80;

/** A datagram and when it was received, in ms of `performance.now()`. */
export interface ReceivedDatagram {
  readonly bytes: Uint8Array;
  readonly ms: number;
}

/** Bound until it is disposed of. */
export class UdpReceiver implements Disposable {
  readonly #socket: Deno.DatagramConn;
  readonly #received: ReceivedDatagram[] = [];
  #isClosed = false;
  readonly port: number;

  /** @param hostname 127.0.0.1 or ::1, or the wildcard address if a group is joined. */
  constructor(hostname = "127.0.0.1") {
    this.port = freePort(hostname.includes(":") ? "::1" : "127.0.0.1");
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port: this.port, reuseAddress: true });
  }

  /** Joins an IPv4 multicast group on the loopback interface. */
  async join(group: string): Promise<void> {
    await this.#socket.joinMulticastV4(group, "127.0.0.1");
  }

  /** Receives datagrams until they have this many bytes in total. Returns all datagrams so far. */
  async bytes(total: number): Promise<readonly ReceivedDatagram[]> {
    while (lengthOf(this.#received) < total) {
      const [bytes] = await within(
        this.#socket.receive(new Uint8Array(2048)),
        `${total} bytes by UDP`,
        () => `${lengthOf(this.#received)} bytes were received`,
      );
      this.#received.push({ bytes, ms: performance.now() });
    }
    return this.#received;
  }

  /** The report of an output that has sent `bytes` to this socket, and dropped none. */
  report(bytes: number): OutputReport {
    return completeReport({ kind: "udp", name: `udp://127.0.0.1:${this.port}`, bytes });
  }

  /** Closes the socket. Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#isClosed) this.#socket.close();
    this.#isClosed = true;
  }
}

/** Returns the payload of datagrams, joined. */
export function payloadOf(datagrams: readonly ReceivedDatagram[]): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(lengthOf(datagrams));
  let at = 0;
  for (const { bytes } of datagrams) {
    payload.set(bytes, at);
    at += bytes.length;
  }
  return payload;
}

function lengthOf(datagrams: readonly ReceivedDatagram[]): number {
  return datagrams.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
