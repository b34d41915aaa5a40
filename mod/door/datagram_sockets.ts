/**
 * The listening sockets: one for each local address, all on one port. They are opened and closed as the addresses of the
 * machine change.
 *
 * @module
 */

import type { CallAddresses } from "../os/caller_socket.ts";
import { DirectSocket } from "../os/direct_socket.ts";
import { freePort } from "../os/free_port.ts";
import type { Libc } from "../os/libc.ts";
import { decodeSocketAddress, encodeSocketAddress } from "../os/socket_address.ts";
import { findPortOwner } from "../os/port_owner.ts";
import { formatEndpoint } from "../report/format.ts";
import { systemProblem } from "../report/problem.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import type { Screening } from "./datagram_screen.ts";
import { ListenError, type OtherListener } from "./listen_error.ts";
import { type ListenScope, localAddresses } from "./local_addresses.ts";

/** Longest datagram that is received whole: an Ethernet frame holds 1472 bytes of payload, a libsrt handshake has 804 at most. */
const DATAGRAM_BYTES = 2048;
/**
 * Datagrams received in one step, before timers and other sockets have their turn: as many as the worst flood sends in some
 * milliseconds, and fewer than fit into a socket's buffer.
 */
const DATAGRAMS_PER_TURN = 128;
/** Attempts to find a port that is free on every address. */
const FREE_PORT_TRIES = 20;

/** A datagram that was received. */
export interface Datagram extends CallAddresses {
  /** Valid until the callback returns. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What the sockets need from outside. */
export interface DatagramSocketsOptions {
  readonly libc: Libc;
  readonly scope: ListenScope;
  /** The machine's addresses now (`Deno.networkInterfaces`). */
  readonly interfaces: () => readonly Deno.NetworkInterfaceInfo[];
  /**
   * Screens each datagram before an object is made of it.
   *
   * @param datagram Valid until it returns, and may be changed.
   * @param source Its sender: a `struct sockaddr_in` or `sockaddr_in6`.
   */
  readonly screen: (datagram: Uint8Array<ArrayBuffer>, source: Uint8Array<ArrayBuffer>) => Screening;
  readonly onDatagram: (datagram: Datagram) => void;
  /**
   * Process ID of a listener that has the port and hands it over; null or absent: none. The kernel passes each datagram to the
   * socket that was bound last.
   */
  readonly replacedPid?: number | null;
  /** Returns the listener of this program that has this process ID; null: none. */
  readonly findListener?: (pid: number) => OtherListener | null;
  readonly onWarning: (text: string) => void;
}

/** Owns the sockets until closed. */
export class DatagramSockets {
  readonly #options: DatagramSocketsOptions;
  readonly #sockets = new Map<string, Deno.DatagramConn>();
  readonly #direct = new Map<string, DirectSocket>();
  /** Addresses that could not be bound, and were reported. */
  readonly #failed = new Set<string>();
  /** The addresses of the machine could not be read, which was reported. */
  #isUnreadable = false;
  #port = 0;

  private constructor(options: DatagramSocketsOptions) {
    this.#options = options;
  }

  /**
   * Binds a port on every address of the scope.
   *
   * @param port 0 takes a port that is free on all of them.
   * @throws {ListenError} One of them cannot be bound; none is left open. An address that the machine does not have yet is bound
   * later instead, if another one can be bound.
   */
  static bind(port: number, options: DatagramSocketsOptions): DatagramSockets {
    const sockets = new DatagramSockets(options);
    const addresses = localAddresses(options.scope, options.interfaces());
    if (addresses.length === 0 && options.scope.kind !== "none") {
      const kind = { "every-ipv4": "IPv4 ", "every-ipv6": "IPv6 ", every: "", one: "" }[options.scope.kind];
      throw new ListenError(`cannot listen: this machine has no ${kind}address`, {
        hint: "name an address, such as 127.0.0.1:9000",
      });
    }
    let triesLeft = port === 0 ? FREE_PORT_TRIES : 1;
    do {
      triesLeft -= 1;
    } while (!sockets.#bindAll(addresses, port, { isLastTry: triesLeft === 0 }));
    return sockets;
  }

  /** The port of all sockets. */
  get port(): number {
    return this.#port;
  }

  /** The addresses that are bound now. */
  get endpoints(): readonly Endpoint[] {
    return Array.from(this.#sockets.keys(), (address) => ({ address, port: this.#port }));
  }

  /** Sends a datagram from one of the addresses. It is lost if that address was removed or the kernel refuses it. */
  send(datagram: Uint8Array<ArrayBuffer>, { local, caller }: CallAddresses): void {
    const direct = this.#direct.get(local.address);
    if (direct !== undefined) return direct.send(datagram, caller);
    const to = { transport: "udp", hostname: caller.address, port: caller.port } as const;
    this.#sockets.get(local.address)?.send(datagram, to).catch(() => {});
  }

  /** Binds addresses that the machine has now, and closes those that it no longer has. */
  refresh(): void {
    const addresses = this.#readAddresses();
    if (addresses === null) return;
    for (const address of [...this.#sockets.keys()].filter((address) => !addresses.has(address))) this.#drop(address);
    for (const address of [...this.#failed].filter((address) => !addresses.has(address))) this.#failed.delete(address);
    for (const address of addresses) {
      if (this.#sockets.has(address)) continue;
      try {
        this.#bindOne(address, this.#port);
        this.#failed.delete(address);
      } catch (error) {
        if (!(error instanceof ListenError)) throw error;
        this.#postpone(address, error);
      }
    }
  }

  /** Closes all sockets. Idempotent. */
  close(): void {
    for (const address of [...this.#sockets.keys()]) this.#drop(address);
  }

  /** Returns false, with nothing bound, if it failed and this was not the last try. */
  #bindAll(addresses: readonly string[], port: number, { isLastTry }: { readonly isLastTry: boolean }): boolean {
    try {
      this.#bindUsable(addresses, port);
      return true;
    } catch (error) {
      this.close();
      this.#port = 0;
      if (isLastTry) throw error;
      return false;
    }
  }

  /**
   * Binds the addresses that can be bound now. A new IPv6 address cannot be bound for some seconds (duplicate address detection),
   * and is bound later.
   *
   * @throws {ListenError} All addresses are new, or one cannot be bound for another reason.
   */
  #bindUsable(addresses: readonly string[], port: number): void {
    const later = new Map<string, ListenError>();
    for (const address of addresses) {
      try {
        this.#bindOne(address, port === 0 ? this.#port : port);
      } catch (error) {
        const isNew = error instanceof ListenError && error.cause instanceof Deno.errors.AddrNotAvailable;
        if (!isNew) throw error;
        later.set(address, error);
      }
    }
    const [first] = later.values();
    if (first !== undefined && later.size === addresses.length) throw first;
    for (const [address, error] of later) this.#postpone(address, error);
  }

  #postpone(address: string, { message }: ListenError): void {
    if (!this.#failed.has(address)) this.#options.onWarning(`${message}; trying again`);
    this.#failed.add(address);
  }

  /** Reads the addresses to listen on; null if the system does not report them, with one warning until it does. */
  #readAddresses(): ReadonlySet<string> | null {
    const { scope, interfaces, onWarning } = this.#options;
    try {
      const addresses = new Set(localAddresses(scope, scope.kind === "one" ? [] : interfaces()));
      this.#isUnreadable = false;
      return addresses;
    } catch (error) {
      if (!this.#isUnreadable) {
        onWarning(`cannot read the addresses of this machine: ${systemProblem(error)}; trying again`);
      }
      this.#isUnreadable = true;
      return null;
    }
  }

  #bindOne(address: string, port: number): void {
    const at = formatEndpoint({ address, port });
    const owner = port === 0 ? null : findPortOwner(this.#options.libc, { address, port });
    const isReplaced = owner !== null && owner.pid !== null && owner.pid === this.#options.replacedPid;
    if (owner !== null && !isReplaced) {
      const other = owner.pid === null ? null : this.#options.findListener?.(owner.pid) ?? null;
      throw ListenError.inUse(at, owner, other);
    }
    let socket: Deno.DatagramConn;
    try {
      const chosen = port === 0 ? freePort(address) : port;
      socket = Deno.listenDatagram({ transport: "udp", hostname: address, port: chosen, reuseAddress: true });
    } catch (cause) {
      throw ListenError.of(at, port, cause);
    }
    this.#port = (socket.addr as Deno.NetAddr).port;
    this.#sockets.set(address, socket);
    const direct = DirectSocket.of(this.#options.libc, { address, port: this.#port });
    if (direct !== null) this.#direct.set(address, direct);
    this.#receive(socket, { address, port: this.#port });
  }

  async #receive(socket: Deno.DatagramConn, local: Endpoint): Promise<void> {
    const buffer = new Uint8Array(DATAGRAM_BYTES);
    while (this.#sockets.get(local.address) === socket) {
      let received: [Uint8Array<ArrayBuffer>, Deno.Addr];
      try {
        received = await socket.receive(buffer) as [Uint8Array<ArrayBuffer>, Deno.Addr];
      } catch (error) {
        if (this.#sockets.get(local.address) !== socket) return; // closed by us
        this.#options.onWarning(`cannot receive on ${local.address} port ${local.port}: ${systemProblem(error)}`);
        this.#drop(local.address); // the next refresh binds it again
        return;
      }
      const [bytes, { hostname, port: callerPort }] = received as [Uint8Array<ArrayBuffer>, Deno.NetAddr];
      const caller = { address: hostname, port: callerPort };
      const screening = this.#options.screen(bytes, encodeSocketAddress(this.#options.libc, caller));
      if (screening === "receive") this.#options.onDatagram({ bytes, caller, local });
      else if (screening !== "drop") this.send(screening, { local, caller });
      if (this.#drain(buffer, local)) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Receives queued datagrams through FFI: Deno takes ten times as long for each. Returns whether more may be queued. */
  #drain(buffer: Uint8Array<ArrayBuffer>, local: Endpoint): boolean {
    for (let count = 0; count < DATAGRAMS_PER_TURN; count += 1) {
      const direct = this.#direct.get(local.address);
      const length = direct?.receive(buffer) ?? null;
      if (direct === undefined || length === null) return false;
      const bytes = buffer.subarray(0, length);
      const screening = this.#options.screen(bytes, direct.source);
      if (screening === "drop") continue;
      if (screening !== "receive") direct.reply(screening);
      else this.#options.onDatagram({ bytes, caller: decodeSocketAddress(this.#options.libc, direct.source), local });
    }
    return true;
  }

  #drop(address: string): void {
    const socket = this.#sockets.get(address);
    this.#sockets.delete(address);
    this.#direct.get(address)?.close();
    this.#direct.delete(address);
    socket?.close();
  }
}
