/**
 * Limits the connections to the web process: how long a connection may send no request, and how many connections and requests one
 * source may have. Deno limits none of these. Without the limits, one machine could use up all descriptors of the process with
 * connections that send nothing, or its memory with requests whose responses it does not read.
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
/** Maximum number of connections of one source. Our choice: viewers, event clients, downloads and requests need at most 176. */
export const MAX_PER_SOURCE = 256;

/**
 * Maximum number of requests of one source whose response is being made or sent. With HTTP/1.1, each connection has one; with
 * HTTP/2, up to 200. Our choice.
 */
const MAX_REQUESTS_PER_SOURCE = MAX_PER_SOURCE;
/** A connection with this many refused requests between two checks is ended: perhaps it does not read the responses. Our choice. */
const MAX_REFUSALS = 32;

/** What the limits need. */
export interface ConnectionsOptions {
  readonly libc: Libc;
  /** The port of the server. */
  readonly port: number;
  /** Maximum number of connections of all sources, and of their requests. */
  readonly max: number;
  /** A monotonic clock in ms. */
  readonly now: () => number;
}

/** The requests of a connection. */
interface Requests {
  readonly source: string;
  /** How many are being answered. */
  open: number;
  /** How many were refused since the last check. */
  refused: number;
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

  /**
   * A request has arrived. `completed` settles when its response has been sent, or cannot be sent.
   *
   * @returns False if it has to be refused, because its source has too many others.
   */
  noteRequest(peer: Endpoint, completed: Promise<unknown>): boolean {
    const name = nameOf(peer);
    const source = sourceNetwork(peer.address);
    const requests = this.#requests.get(name) ?? { source, open: 0, refused: 0, endMs: 0, isUpgraded: false };
    const mayAnswer = this.#mayAnswer(source);
    this.#requests.set(name, requests);
    const end = () => {
      requests.open -= 1;
      requests.endMs = this.#options.now();
    };
    requests.open += 1;
    if (mayAnswer) {
      completed.then(end, end);
    } else {
      requests.refused += 1;
      end();
    }
    return mayAnswer;
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
    const isRefused = ({ name }: Found) => (this.#requests.get(name)?.refused ?? 0) >= MAX_REFUSALS;
    const mustEnd = (connection: Found) => isLate(connection) || isRefused(connection);
    const ended = [...this.#found.values()].filter(mustEnd);
    const others = [...this.#found.values()].filter((connection) => !mustEnd(connection));
    for (const connection of [...ended, ...this.#excess(others, nowMs)]) endConnection(libc, connection);
    for (const requests of this.#requests.values()) requests.refused = 0;
  }

  /** Reports whether a source may have another request. While all together have too many, those with the most are refused first. */
  #mayAnswer(source: string): boolean {
    const counts = new Map<string, number>();
    for (const { source, open } of this.#requests.values()) counts.set(source, (counts.get(source) ?? 0) + open);
    const limit = limitPerSource([...counts.values()], { limit: MAX_REQUESTS_PER_SOURCE, max: this.#options.max - 1 });
    return (counts.get(source) ?? 0) < limit;
  }

  /** Returns the connections beyond the limits of their sources: those that have been idle longest, then the newest. */
  #excess(connections: readonly Found[], nowMs: number): readonly Found[] {
    const sources = [...Map.groupBy(connections, ({ peer }) => sourceNetwork(peer.address)).values()];
    const counts = sources.map(({ length }) => length);
    const limit = limitPerSource(counts, { limit: MAX_PER_SOURCE, max: this.#options.max });
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

/** Halves the limit of a source until all sources together are within `max`, so that those with the most are limited first. */
function limitPerSource(
  counts: readonly number[],
  { limit, max }: { readonly limit: number; readonly max: number },
): number {
  const kept = counts.reduce((sum, count) => sum + Math.min(count, limit), 0);
  return limit === 1 || kept <= max ? limit : limitPerSource(counts, { limit: Math.floor(limit / 2), max });
}

function nameOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
