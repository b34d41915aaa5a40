import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { TcpConnections } from "../../mod/os/tcp_connections.ts";
import { LIMIT_SYMBOLS } from "../../mod/os/raw.ts";
import { Connections } from "../../mod/web/connections.ts";
import { waitUntil } from "../support/processes.ts";

const libc = openLibc();
const IPV4 = "127.0.0.1";
const IPV6 = "::1";

/** A server whose connections are limited. */
class LimitedServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #limits: Connections;
  readonly #open: TcpConnections;
  readonly #sockets: Deno.TcpConn[] = [];
  readonly #held = Promise.withResolvers<void>();
  nowMs = 0;
  /** Requests that have arrived, and those whose response has been sent. */
  requests = 0;
  answered = 0;

  constructor({ max = 10_000 }: { readonly max?: number } = {}) {
    this.#server = Deno.serve({ hostname: "::", port: 0, onListen: () => {} }, async (request, info) => {
      const { remoteAddr: { hostname: address, port }, completed } = info;
      const { pathname } = new URL(request.url);
      this.#limits.noteRequest({ address, port }, completed);
      completed.finally(() => this.answered += 1);
      this.requests += 1;
      if (pathname === "/held") await this.#held.promise;
      if (pathname !== "/socket") return new Response("answer");
      this.#limits.noteUpgrade({ address, port });
      return Deno.upgradeWebSocket(request).response;
    });
    this.#open = new TcpConnections(libc, this.port);
    this.#limits = new Connections({ libc, port: this.port, max, now: () => this.nowMs });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** Connections that it has, by whether they are from IPv4. */
  counts(): readonly [ipv4: number, ipv6: number] {
    const connections = this.#open.list();
    const ipv4 = connections.filter(({ peer }) => peer.address.endsWith(IPV4)).length;
    return [ipv4, connections.length - ipv4];
  }

  /** Opens connections that send `text`, and waits until they are accepted. */
  async connect(hostname: string, { text = "", count = 1 }: { readonly text?: string; readonly count?: number } = {}) {
    const before = this.counts();
    for (let index = 0; index < count; index += 1) {
      const socket = await Deno.connect({ hostname, port: this.port });
      this.#sockets.push(socket);
      await socket.write(new TextEncoder().encode(text));
    }
    const at = hostname === IPV4 ? 0 : 1;
    await waitUntil("the connections", () => this.counts()[at] === before[at] + count);
  }

  applyLimits(): void {
    this.#limits.check();
  }

  /** Applies the limits, and waits until this many connections are left. */
  async check(ipv4: number, ipv6: number): Promise<void> {
    this.applyLimits();
    await waitUntil(`${ipv4} and ${ipv6} connections`, () => {
      const counts = this.counts();
      return counts[0] === ipv4 && counts[1] === ipv6;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#held.resolve();
    for (const socket of this.#sockets) socket.close();
    await this.#server.shutdown();
    this.#limits[Symbol.dispose]();
    this.#open[Symbol.dispose]();
  }
}

function get(path: string, ...headers: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");
}

for (const text of ["", "GET / HTTP/1.1\r\nHost: localhost\r\n", "\r\n"]) {
  Deno.test(`Connections ends a connection that sends ${JSON.stringify(text)} after 10 s`, async () => {
    await using server = new LimitedServer();
    await server.connect(IPV4, { text });
    await server.check(1, 0);
    server.nowMs = 9_000;
    await server.connect(IPV6, { text });
    await server.check(1, 1);
    server.nowMs = 10_001;
    await server.check(0, 1);
    server.nowMs = 19_002;
    await server.check(0, 0);
    strictEqual(server.requests, 0);
  });
}

Deno.test("Connections ends a connection that sends no further request after 75 s", async () => {
  await using server = new LimitedServer();
  for (const [index, hostname] of [IPV4, IPV6].entries()) {
    server.nowMs = index * 10_000;
    await server.connect(hostname, { text: get("/") });
    await waitUntil("the answer", () => server.answered === index + 1);
  }
  server.nowMs = 75_000;
  await server.check(1, 1);
  server.nowMs = 75_001;
  await server.check(0, 1);
});

Deno.test("Connections keeps a connection whose request is being answered, and a WebSocket", async () => {
  await using server = new LimitedServer();
  const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  await server.connect(IPV4, { text: get("/held") });
  await server.connect(IPV6, { text: get("/socket", ...upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==") });
  await waitUntil("the requests", () => server.requests === 2 && server.answered === 1);
  await server.check(1, 1);
  server.nowMs = 3_600_000;
  await server.check(1, 1);
});

Deno.test("Connections keeps 256 connections of a source, those with requests first, and all of another one", async () => {
  await using server = new LimitedServer();
  await server.connect(IPV4, { text: get("/held"), count: 2 });
  await server.connect(IPV4, { count: 298 });
  await server.connect(IPV6);
  await waitUntil("the requests", () => server.requests === 2);
  await server.check(256, 1);
  server.nowMs = 10_001;
  await server.check(2, 0);
});

Deno.test("Connections keeps a connection with a request, and ends others, while no descriptor is free", async () => {
  await using server = new LimitedServer();
  await server.connect(IPV4, { text: get("/held") });
  await server.connect(IPV6);
  await waitUntil("the request", () => server.requests === 1);
  await server.check(1, 1);
  server.nowMs = 10_001;
  withoutFreeDescriptor(() => server.applyLimits());
  await server.check(1, 0);
  server.nowMs = 30_000;
  await server.check(1, 0);
});

/** Allows this process no further descriptor meanwhile. */
function withoutFreeDescriptor(act: () => void): void {
  const NOFILE = 7; // asm-generic/resource.h: RLIMIT_NOFILE
  const { symbols: { getrlimit, setrlimit } } = Deno.dlopen("libc.so.6", LIMIT_SYMBOLS);
  const limits = new BigUint64Array(2); // soft, hard
  getrlimit(NOFILE, limits);
  setrlimit(NOFILE, BigUint64Array.of(0n, limits[1] ?? 0n));
  try {
    act();
  } finally {
    setrlimit(NOFILE, limits);
  }
}

Deno.test("Connections limits the sources with the most connections if there are too many", async () => {
  await using server = new LimitedServer({ max: 40 });
  await server.connect(IPV4, { count: 100 });
  await server.connect(IPV6, { count: 8 });
  await server.check(32, 8);
  deepStrictEqual(server.counts(), [32, 8]);
});

/** Counts how many of 300 requests of a source are answered. They never end. */
function answeredOf(connections: Connections, address: string): number {
  const pending = Promise.withResolvers<void>().promise;
  const requests = Array.from({ length: 300 }, (_, index) => ({ address, port: 1 + index % 3 }));
  return requests.filter((peer) => connections.noteRequest(peer, pending)).length;
}

Deno.test("Connections refuses requests of a source with 256 others, and answers those of another one", async () => {
  using connections = new Connections({ libc, port: 1, max: 1024, now: () => 0 });
  const first = Promise.withResolvers<void>();
  strictEqual(connections.noteRequest({ address: "192.0.2.1", port: 1 }, first.promise), true);
  deepStrictEqual(["192.0.2.1", "192.0.2.2"].map((address) => answeredOf(connections, address)), [255, 256]);
  first.resolve();
  await first.promise;
  strictEqual(answeredOf(connections, "192.0.2.1"), 1);
});

Deno.test("Connections refuses the source with the most requests first if all have too many", () => {
  using connections = new Connections({ libc, port: 1, max: 100, now: () => 0 });
  deepStrictEqual(["192.0.2.1", "192.0.2.2"].map((address) => answeredOf(connections, address)), [100, 36]);
});
