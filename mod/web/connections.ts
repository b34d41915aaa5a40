/**
 * Limits the connections to the web process: how long one may send no request, and how many one source may have. Deno limits neither,
 * so that one machine could use up all descriptors of the process with connections that send nothing.
 *
 * @module
 */

import { sourceNetwork } from "../admission/address_range.ts";
import type { Libc } from "../os/libc.ts";
import { endConnection, type TcpConnection, TcpConnections } from "../os/tcp_connections.ts";
import type { Endpoint } from "../vocabulary/schema.ts";

/** How long a connection may take to send its first request. Our choice. */
const FIRST_MS = 10_000;
/** How long a connection may send no further request. Our choice: longer than reverse proxies keep theirs, usually 60 s. */
const IDLE_MS = 75_000;
/** Maximum number of connections of one source. Our choice: all viewers, clients of events, downloads and other requests are 176. */
export const MAX_PER_SOURCE = 256;

/** What the limits need. */
export interface ConnectionsOptions {
  readonly libc: Libc;
  /** The port of the server. */
  readonly port: number;
  /** Maximum number of connections of all sources. */
  readonly max: number;
  /** A monotonic clock in ms. */
  readonly now: () => number;
}

/** The requests of a connection. */
interface Requests {
  /** How many are being answered. */
  open: number;
  /** When the last one had been answered. */
  endMs: number;
  /** Whether it has become a WebSocket, which ends by itself. */
  isUpgraded: boolean;
}

/** A connection that was found. */
interface Found extends TcpConnection {
  readonly name: string;
  readonly sinceMs: number;
}

/** The connections of a server. */
export class Connections implements Disposable {
  readonly #options: ConnectionsOptions;
  readonly #open: TcpConnections;
  /** By descriptor. */
  #found = new Map<number, Found>();
  /** By the name of the connection. */
  readonly #requests = new Map<string, Requests>();

  /** @throws {OsError} The descriptors of this process cannot be listed. */
  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#open = new TcpConnections(options.libc, options.port);
  }

  /** A request has arrived. `completed` settles when its response has been sent, or cannot be sent. */
  noteRequest(peer: Endpoint, completed: Promise<unknown>): void {
    const name = nameOf(peer);
    const requests = this.#requests.get(name) ?? { open: 0, endMs: 0, isUpgraded: false };
    this.#requests.set(name, requests);
    requests.open += 1;
    const end = () => {
      requests.open -= 1;
      requests.endMs = this.#options.now();
    };
    completed.then(end, end);
  }

  /** A connection has become a WebSocket. */
  noteUpgrade(peer: Endpoint): void {
    const requests = this.#requests.get(nameOf(peer));
    if (requests !== undefined) requests.isUpgraded = true;
  }

  /** Ends the connections that are beyond a limit. Call it several times a second. */
  check(): void {
    const { libc, now } = this.#options;
    const nowMs = now();
    this.#found = new Map(
      this.#open.list().map((connection) => {
        const name = nameOf(connection.peer);
        const before = this.#found.get(connection.descriptor);
        return [connection.descriptor, before?.name === name ? before : { ...connection, name, sinceMs: nowMs }];
      }),
    );
    this.#forgetEnded();
    const isLate = (connection: Found) => {
      const idleMs = this.#idleMs(connection, nowMs);
      return idleMs > (this.#requests.has(connection.name) ? IDLE_MS : FIRST_MS);
    };
    const late = [...this.#found.values()].filter(isLate);
    const others = [...this.#found.values()].filter((connection) => !isLate(connection));
    for (const connection of [...late, ...this.#excess(others, nowMs)]) endConnection(libc, connection);
  }

  /** Returns the connections beyond the limits of their sources: those that have been idle longest, then the newest. */
  #excess(connections: readonly Found[], nowMs: number): readonly Found[] {
    const sources = [...Map.groupBy(connections, ({ peer }) => sourceNetwork(peer.address)).values()];
    let limit = MAX_PER_SOURCE;
    const kept = () => sources.reduce((sum, { length }) => sum + Math.min(length, limit), 0);
    while (limit > 1 && kept() > this.#options.max) limit = Math.floor(limit / 2); // the sources with the most are limited first
    return sources.filter(({ length }) => length > limit).flatMap((source) => {
      const worstFirst = source.toSorted((one, other) => {
        return this.#idleMs(other, nowMs) - this.#idleMs(one, nowMs) || other.sinceMs - one.sinceMs;
      });
      return worstFirst.slice(0, source.length - limit);
    });
  }

  /** Returns how long a connection has had no request; -1 if it has one. */
  #idleMs({ name, sinceMs }: Found, nowMs: number): number {
    const requests = this.#requests.get(name);
    if (requests === undefined) return nowMs - sinceMs;
    return requests.open > 0 || requests.isUpgraded ? -1 : nowMs - requests.endMs;
  }

  [Symbol.dispose](): void {
    this.#open[Symbol.dispose]();
  }

  #forgetEnded(): void {
    const names = new Set([...this.#found.values()].map(({ name }) => name));
    for (const name of this.#requests.keys()) if (!names.has(name)) this.#requests.delete(name);
  }
}

function nameOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
