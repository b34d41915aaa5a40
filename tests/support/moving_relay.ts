/**
 * A NAT whose port towards the listener changes.
 *
 * @module
 */

/** Relays one caller's datagrams; what the listener sends to an old port is lost. */
export class MovingRelay implements AsyncDisposable {
  readonly #listener: Deno.NetAddr;
  readonly #near = open();
  readonly #all: Deno.DatagramConn[] = [];
  readonly #pumps: Promise<void>[] = [];
  readonly #movesAfterFirstAnswer: boolean;
  #far: Deno.DatagramConn;
  #caller: Deno.Addr | null = null;

  /** @param options `movesAfterFirstAnswer`: the INDUCTION leaves from one port, the CONCLUSION from another. */
  constructor(listenerPort: number, { movesAfterFirstAnswer }: { readonly movesAfterFirstAnswer: boolean }) {
    this.#listener = { transport: "udp", hostname: "127.0.0.1", port: listenerPort };
    this.#movesAfterFirstAnswer = movesAfterFirstAnswer;
    this.#far = this.#openFar();
    this.#pumps.push(this.#fromCaller());
  }

  /** The port for the caller. */
  get port(): number {
    return (this.#near.addr as Deno.NetAddr).port;
  }

  /** The port that the listener sees now. */
  get farPort(): number {
    return (this.#far.addr as Deno.NetAddr).port;
  }

  /** Changes the port. */
  move(): void {
    this.#far = this.#openFar();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [this.#near, ...this.#all]) socket.close();
    await Promise.all(this.#pumps);
  }

  #openFar(): Deno.DatagramConn {
    const far = open();
    this.#all.push(far);
    this.#pumps.push(this.#fromListener(far));
    return far;
  }

  async #fromCaller(): Promise<void> {
    for await (const [datagram, from] of this.#near) {
      this.#caller = from;
      await this.#far.send(datagram, this.#listener).catch(() => {});
    }
  }

  async #fromListener(far: Deno.DatagramConn): Promise<void> {
    for await (const [datagram] of far) {
      if (far !== this.#far || this.#caller === null) continue;
      await this.#near.send(datagram, this.#caller).catch(() => {});
      if (this.#movesAfterFirstAnswer && this.#all.length === 1) this.move();
    }
  }
}

function open(): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
}
