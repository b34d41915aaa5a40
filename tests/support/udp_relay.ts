/**
 * A network between a caller and the listener that loses, delays or rewrites the datagrams that a test chooses.
 *
 * @module
 */

/** Whether a datagram is lost. `toListener`: whether it goes from the caller to the listener. */
export type Loses = (datagram: DataView<ArrayBuffer>, toListener: boolean) => boolean;

/** Returns the datagram to forward in place of this one. */
export type Rewrites = (datagram: Uint8Array<ArrayBuffer>, toListener: boolean) => Uint8Array<ArrayBuffer>;

/** How long a datagram is held back, in ms; 0: not at all. */
export type Delays = (datagram: DataView<ArrayBuffer>, toListener: boolean) => number;

/** Called with each datagram after `send` succeeded. It can succeed even if the destination port is closed. */
export type Passed = (datagram: DataView<ArrayBuffer>, toListener: boolean) => void;

/** Relays one caller's datagrams. */
export class UdpRelay implements AsyncDisposable {
  readonly #near = listen();
  readonly #far = listen();
  readonly #pumps: readonly Promise<void>[];
  /** Timers of datagrams that are held back. */
  readonly #held = new Set<ReturnType<typeof setTimeout>>();
  readonly #listener: Deno.NetAddr;
  #caller: Deno.Addr | null = null;
  #closed = false;

  /** @param listenerPort Port on 127.0.0.1 that datagrams are sent to. */
  constructor(
    listenerPort: number,
    loses: Loses,
    { passed = () => {}, rewrites = (datagram) => datagram, delayMs = () => 0 }: {
      readonly passed?: Passed;
      readonly rewrites?: Rewrites;
      readonly delayMs?: Delays;
    } = {},
  ) {
    const relay = async (
      datagram: Uint8Array<ArrayBuffer>,
      { socket, to, toListener }: { socket: Deno.DatagramConn; to: Deno.Addr | null; toListener: boolean },
    ): Promise<void> => {
      const view = new DataView(datagram.buffer);
      if (to === null || loses(view, toListener)) return;
      const send = async () => {
        await socket.send(rewrites(datagram, toListener), to);
        passed(view, toListener);
      };
      const ms = delayMs(view, toListener);
      if (ms === 0) return await send();
      const timer = setTimeout(() => {
        this.#held.delete(timer);
        send().catch(() => {});
      }, ms);
      this.#held.add(timer);
    };
    this.#listener = { transport: "udp", hostname: "127.0.0.1", port: listenerPort };
    this.#pumps = [
      this.#pump(this.#near, async (datagram, from) => {
        this.#caller = from;
        await relay(datagram, { socket: this.#far, to: this.#listener, toListener: true });
      }),
      this.#pump(this.#far, (datagram) => relay(datagram, { socket: this.#near, to: this.#caller, toListener: false })),
    ];
  }

  /** The port for callers. */
  get port(): number {
    return this.#near.addr.transport === "udp" ? this.#near.addr.port : 0;
  }

  /** Sends a datagram to the listener as if the caller had. */
  async forge(datagram: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#far.send(datagram, this.#listener);
  }

  /** Closes both sides: later datagrams to them are answered by ICMP. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      for (const timer of this.#held) clearTimeout(timer);
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
      // a closed port answers with ICMP, and the datagram is lost
      await relay(datagram.slice(), from).catch(() => {});
    }
  }
}

function listen(): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
}
