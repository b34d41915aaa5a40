/**
 * The command `web`: serves a running listener by HTTP. `listen --web` starts it as a process of its own.
 *
 * @module
 */

import { VERSION } from "../mod/cli/about.ts";
import type { WebSettings } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { readWebToken, type WebAddress } from "../mod/cli/web_option.ts";
import { parseAnswer } from "../mod/handoff/control_message.ts";
import { withDeadline } from "../mod/os/deadline.ts";
import { type Libc, openLibc } from "../mod/os/libc.ts";
import { protectMemory, raiseFileLimit } from "../mod/os/own_process.ts";
import { sleep } from "../mod/os/timer.ts";
import { formatEndpoint } from "../mod/report/format.ts";
import { systemProblem } from "../mod/report/problem.ts";
import { Connections } from "../mod/web/connections.ts";
import { type Ask, ListenerClient } from "../mod/web/listener_client.ts";
import type { KeptLogins } from "../mod/web/login.ts";
import { replyTooMany } from "../mod/web/reply.ts";
import { WebServer } from "../mod/web/web_server.ts";
import { ANSWER_MS, processOf, reportSilent, type RunningListener, withOneListener } from "./control_connection.ts";
import type { Output } from "./output.ts";
import { pageUrl } from "./page_urls.ts";
import type { RoleProcess } from "./process.ts";
import { warnOfTelemetry } from "./telemetry.ts";

/** How long binding an address in use is tried again: the web process of an earlier listener may be ending. */
const BIND_MS = 2000;
/** Pause between two tries. */
const RETRY_MS = 100;
/** Time between two checks of whether the server still accepts connections. */
const ACCEPT_CHECK_MS = 250;
/** Shortest time between two warnings that the server did not accept connections. */
const ACCEPT_WARNING_MS = 60_000;
/** Time between two checks of the limits of connections. */
const LIMITS_CHECK_MS = 250;
/** Maximum number of connections. Our choice: one that does not read its answer needs up to 0.5 MB. */
const MAX_CONNECTIONS = 1024;
/** Files that may be open besides connections: those that viewers and downloads read, and others. */
const OTHER_FILES = 256;
/** With a lower hard limit, one machine can open more connections between two checks than there are descriptors. Our choice. */
const ENOUGH_FILES = 4096;
/** How long responses in progress may take at the end. */
const SHUTDOWN_MS = 1000;

type HttpServer = Deno.HttpServer<Deno.NetAddr>;
type Handler = Deno.ServeHandler<Deno.NetAddr>;

/** Serves until the listener ends or a signal arrives, and returns the exit code. */
export async function runWeb(settings: WebSettings, process: RoleProcess, output: Output): Promise<number> {
  const libc = openLibc();
  if (settings.tokenFile !== null) protectMemory(libc);
  const token = settings.tokenFile === null ? null : readWebToken(settings.tokenFile);
  return await withOneListener(settings.listener, output, async (listener) => {
    const { place, connection, connect, connectSession } = listener;
    const answer = await connection.ask({ hello: "command", command: "events" }, ANSWER_MS);
    if (answer?.answer === "failed") {
      output.error(`cannot serve ${processOf(place)}: ${answer.problem}`);
      return EXIT.noListener;
    }
    if (answer?.answer !== "events") return reportSilent(place, output);
    const ask: Ask = async (request, deadlineMs) => {
      using another = connect();
      return another === null ? null : await another.ask(request, deadlineMs);
    };
    const now = () => performance.now();
    warnOfTelemetry(libc, output.warn);
    if (isTelemetryOn()) {
      const { exportMetrics, openMeter } = await import("../mod/web/telemetry.ts");
      const client = new ListenerClient(ask, now);
      exportMetrics(openMeter(VERSION), { snapshot: () => client.snapshot(), onFailure: output.warn });
    }
    const web = new WebServer({
      access: token === null ? null : { token, kept: await keptLogins(ask, settings.address) },
      version: VERSION,
      libc,
      ask,
      connectSession,
      now,
      time: () => Date.now(),
      onFailure: output.warn,
    });
    return await serve(web, { address: settings.address, libc, listener, process, output });
  });
}

/**
 * Returns the part of the logins that the listener keeps, so that they outlast this process. A listener of an earlier version
 * keeps nothing: logins end with this process then.
 */
async function keptLogins(ask: Ask, { host, port }: WebAddress): Promise<KeptLogins> {
  const request = { hello: "command", command: "web-logins" } as const;
  const answer = await ask({ ...request, ended: [] }, ANSWER_MS);
  if (answer?.answer !== "web-logins") return { key: crypto.randomUUID(), ended: [], end: () => Promise.resolve(true) };
  return {
    // with the address, because another web process of this listener would not know of a logout here
    key: `${answer.key} ${formatEndpoint({ address: host, port })}`,
    ended: answer.ended,
    end: async (ids) => (await ask({ ...request, ended: [...ids] }, ANSWER_MS))?.answer === "web-logins",
  };
}

/**
 * Reports whether Deno exports telemetry (`OTEL_DENO`). If so, it has registered its providers where @opentelemetry/api finds
 * them.
 */
function isTelemetryOn(): boolean {
  return Symbol.for("opentelemetry.js.api.1") in globalThis;
}

async function serve(
  web: WebServer,
  { address, libc, listener: { place, connection }, process, output }: {
    readonly address: WebAddress;
    readonly libc: Libc;
    readonly listener: RunningListener;
    readonly process: RoleProcess;
    readonly output: Output;
  },
): Promise<number> {
  let connections: Connections | null = null;
  const handler: Handler = async (request, { remoteAddr: { hostname, port }, completed }) => {
    const peer = { address: hostname, port };
    if (connections?.noteRequest(peer, completed) === false) return replyTooMany();
    const response = await web.handle(request, hostname);
    if (response.status === 101) connections?.noteUpgrade(peer);
    return response;
  };
  let server: HttpServer;
  try {
    server = await bind(address, handler);
  } catch (error) {
    const orStop = error instanceof Deno.errors.AddrInUse ? ", or stop the program that uses it" : "";
    output.error(
      `cannot serve HTTP on ${pageUrl({ address: address.host, port: address.port })}: ${
        systemProblem(error)
      }\nchoose another address or port${orStop}`,
    );
    return EXIT.noListener;
  }
  const { port } = server.addr;
  const files = raiseFileLimit();
  if (web.needsToken && files < ENOUGH_FILES) output.warn(fewFiles(files));
  using limited = new Connections({ libc, port, max: maxConnections(files), now: () => performance.now() });
  connections = limited;
  using _limiting = checkLimits(limited);
  output.out.write(
    `serving ${placeOf({ host: address.host, port })} for ${processOf(place)}\n`,
  );
  const stop = Promise.withResolvers<"signal">();
  process.onSignals(["SIGINT", "SIGTERM"], () => stop.resolve("signal"));
  using accepting = keepAccepting(server, { host: address.host, handler, output });
  const followed = followEvents(connection, web);
  const end = await Promise.race([followed, stop.promise]);
  web.close();
  await withDeadline(accepting.shutDown(), SHUTDOWN_MS);
  if (end !== "cut-off") return EXIT.ok;
  output.error(
    `${processOf(place)} has ended without a clean stop\nstart the command again with the listener`,
  );
  return EXIT.noListener;
}

/** Passes events on until the listener ends. */
async function followEvents(
  connection: RunningListener["connection"],
  web: WebServer,
): Promise<"stopped" | "cut-off"> {
  let isStopped = false;
  for (let text = await connection.next(); text !== null; text = await connection.next()) {
    const answer = parseAnswer(text);
    if (answer?.answer !== "event") continue;
    web.publish(answer.event);
    isStopped ||= answer.event.event === "stopped";
  }
  return isStopped ? "stopped" : "cut-off";
}

/** Serves the address. Rejects if it cannot be bound. */
async function bind(
  { host, port }: Pick<WebAddress, "host" | "port">,
  handler: Handler,
): Promise<HttpServer> {
  const lastMs = performance.now() + BIND_MS;
  while (true) {
    try {
      return startServer({ host, port }, handler);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || performance.now() > lastMs) throw error;
    }
    await sleep(RETRY_MS);
  }
}

/** @throws {Error} The address cannot be bound. */
function startServer(
  { host: hostname, port }: Pick<WebAddress, "host" | "port">,
  handler: Handler,
): HttpServer {
  const server = Deno.serve({ hostname, port, onListen: () => {}, handler });
  server.finished.catch(() => {}); // keepAccepting starts another one
  return server;
}

/**
 * Starts another server when the current one has closed its listening socket, as Deno does after a connection could not be
 * accepted because no descriptor was free. Connections that were accepted continue. To find out, it tries to bind
 * the address at intervals, which fails while the socket is open. `finished` cannot be used: in Deno 2.6, it settles only after
 * the last connection has ended.
 */
function keepAccepting(
  first: HttpServer,
  { host, handler, output }: {
    readonly host: string;
    readonly handler: Handler;
    readonly output: Output;
  },
): Disposable & { readonly shutDown: () => Promise<void> } {
  const { port } = first.addr;
  const servers = new Set<HttpServer>();
  const add = (server: HttpServer) => {
    servers.add(server);
    server.finished.catch(() => {}).finally(() => servers.delete(server));
  };
  add(first);
  let warnedMs = -Infinity;
  const timer = setInterval(() => {
    try {
      add(startServer({ host, port }, handler));
    } catch {
      return; // it is accepting, or still cannot accept
    }
    const nowMs = performance.now();
    if (nowMs - warnedMs < ACCEPT_WARNING_MS) return;
    warnedMs = nowMs;
    output.warn(
      "HTTP connections were refused for a while: too many open files\n" +
        "raise the hard limit of open files: ulimit -Hn, or LimitNOFILE= of the service",
    );
  }, ACCEPT_CHECK_MS);
  return {
    [Symbol.dispose]: () => clearInterval(timer),
    shutDown: async () => {
      clearInterval(timer);
      await Promise.allSettled([...servers].map((server) => server.shutdown()));
    },
  };
}

/** Ends connections that are beyond a limit, from now on. */
function checkLimits(connections: Connections): Disposable {
  const timer = setInterval(() => connections.check(), LIMITS_CHECK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function fewFiles(files: number): string {
  return `only ${files} files can be open, so one machine can cause HTTP connections of others to fail\n` +
    `raise the hard limit of open files to ${ENOUGH_FILES} or more: ulimit -Hn, or LimitNOFILE= of the service`;
}

function maxConnections(files: number): number {
  return Math.min(MAX_CONNECTIONS, Math.max(files - OTHER_FILES, Math.floor(files / 2)));
}

/** Describes where the page is served, for a message. */
function placeOf({ host, port }: Pick<WebAddress, "host" | "port">): string {
  if (host !== "::" && host !== "0.0.0.0") return pageUrl({ address: host, port });
  const addresses = host === "::" ? "other address" : "other IPv4 address";
  return `${pageUrl({ address: "127.0.0.1", port })} and on port ${port} of every ${addresses} of this machine`;
}
