/**
 * A network between a caller and the listener that loses the datagrams that a test chooses.
 *
 * @module
 */

/** Whether a datagram is lost. `toListener`: whether it goes from the caller to the listener. */
export type Loses = (datagram: DataView<ArrayBuffer>, toListener: boolean) => boolean;

/** Returns a datagram as it goes on, if it is not lost. */
export type Rewrites = (datagram: Uint8Array<ArrayBuffer>, toListener: boolean) => Uint8Array<ArrayBuffer>;

/** Called with each datagram that the kernel has accepted, sometimes also with those to a closed port. */
export type Passed = (datagram: DataView<ArrayBuffer>, toListener: boolean) => void;

/** Relays one caller's datagrams. */
export class UdpRelay implements AsyncDisposable {
  readonly #near = listen();
  readonly #far = listen();
  readonly #pumps: readonly Promise<void>[];
  #caller: Deno.Addr | null = null;
  #closed = false;

  /** @param listenerPort Where datagrams go to, on 127.0.0.1. */
  constructor(
    listenerPort: number,
    loses: Loses,
    passed: Passed = () => {},
    rewrites: Rewrites = (datagram) => datagram,
  ) {
    const listener: Deno.NetAddr = { transport: "udp", hostname: "127.0.0.1", port: listenerPort };
    this.#pumps = [
      this.#pump(this.#near, async (datagram, from) => {
        this.#caller = from;
        const view = new DataView(datagram.buffer);
        if (loses(view, true)) return;
        await this.#far.send(rewrites(datagram, true), listener);
        passed(view, true);
      }),
      this.#pump(this.#far, async (datagram) => {
        const view = new DataView(datagram.buffer);
        if (this.#caller === null || loses(view, false)) return;
        await this.#near.send(rewrites(datagram, false), this.#caller);
        passed(view, false);
      }),
    ];
  }

  /** Where callers call. */
  get port(): number {
    return this.#near.addr.transport === "udp" ? this.#near.addr.port : 0;
  }

  /** Closes both sides: what is sent to them from then on is answered by ICMP. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#near.close();
      this.#far.close();
    }
    await Promise.all(this.#pumps);
  }

  async #pump(
    socket: Deno.DatagramConn,
    relay: (datagram: Uint8Array<ArrayBuffer>, from: Deno.Addr) => Promise<void>,
  ): Promise<void> {
    for await (const [datagram, from] of socket) {
      // A closed port answers with ICMP; the datagram is lost then.
      await relay(datagram.slice(), from).catch(() => {});
    }
  }
}

function listen(): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
}
