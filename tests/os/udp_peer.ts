/**
 * A plain UDP socket on loopback: a caller, a stranger or a listening socket, as the test needs it.
 *
 * @module
 */

import type { CallerSocket } from "../../mod/os/caller_socket.ts";
import { freePort } from "../../mod/os/free_port.ts";
import type { Endpoint } from "../../mod/vocabulary/schema.ts";
import { within } from "../support/deadline.ts";

/** Bound until it is disposed of, on a free port unless one is given. */
export class UdpPeer implements Disposable {
  readonly #socket: Deno.DatagramConn;

  constructor(address = "127.0.0.1", port = freePort(address)) {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname: address, port, reuseAddress: true });
  }

  get address(): Endpoint {
    const { hostname, port } = this.#socket.addr as Deno.NetAddr;
    return { address: hostname, port };
  }

  async send(datagram: Uint8Array | string, { address, port }: Endpoint): Promise<void> {
    const bytes = typeof datagram === "string" ? new TextEncoder().encode(datagram) : datagram;
    await this.#socket.send(bytes, { transport: "udp", hostname: address, port });
  }

  /** The next datagram and who sent it. */
  async receiveFrom(): Promise<{ readonly bytes: Uint8Array; readonly from: Endpoint }> {
    const [bytes, from] = await within(this.#socket.receive(new Uint8Array(2048)), "a datagram");
    const { hostname, port } = from as Deno.NetAddr;
    return { bytes, from: { address: hostname, port } };
  }

  async receive(): Promise<Uint8Array> {
    return (await this.receiveFrom()).bytes;
  }

  async receiveText(): Promise<string> {
    return new TextDecoder().decode(await this.receive());
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** What is queued in a caller socket now, oldest first; it is empty afterwards. Loopback delivers before `send` returns. */
export function takeAll(socket: CallerSocket): readonly string[] {
  const buffer = new Uint8Array(2048);
  const texts: string[] = [];
  for (let length = socket.peek(buffer); typeof length === "number"; length = socket.peek(buffer)) {
    texts.push(new TextDecoder().decode(buffer.subarray(0, length)));
    socket.drop();
  }
  return texts;
}
