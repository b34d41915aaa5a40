/**
 * Answers the HTTP requests of the web process.
 *
 * @module
 */

import { sourceNetwork } from "../admission/address_range.ts";
import type { ListedSession } from "../handoff/control_message.ts";
import type { Libc } from "../os/libc.ts";
import { messageOf, readProblem } from "../report/problem.ts";
import type { SplitterEvent } from "../vocabulary/events.ts";
import { judgeAccess, type Refusal } from "./access.ts";
import { runningSession } from "./api_schema.ts";
import { EventHistory } from "./event_history.ts";
import { EventHub, EVENTS_HEADERS } from "./event_hub.ts";
import { type Ask, ListenerClient, type ListenerSnapshot } from "./listener_client.ts";
import { asksForWebSocket, sendOverWebSocket } from "./live_socket.ts";
import { METRICS_TYPE, metricsText } from "./metrics.ts";
import { LIVE_HEADERS, LiveStreams, type LiveStreamsOptions } from "./live_streams.ts";
import { cookieName, Login, type LoginOptions } from "./login.ts";
import { openApiDocument } from "./openapi.ts";
import { Pictures } from "./pictures.ts";
import { Orders, replyNoSession, replyUnanswered } from "./orders.ts";
import { isPageAsset, PAGE_POLICY, PageAssets } from "./page_assets.ts";
import { RecordingFiles } from "./recording_files.ts";
import { reply, replyJson, replyProblem, withoutBody } from "./reply.ts";
import { type MatchedRoute, routesFor } from "./routes.ts";
import { WrongTokens } from "./wrong_tokens.ts";

/** Maximum number of requests that wait for their response. Further ones are refused. Our choice. */
const MAX_REQUESTS = 64;

/** Errors of a folder that was removed, replaced, or made unreadable while the listener runs. */
const UNREADABLE = [Deno.errors.NotFound, Deno.errors.PermissionDenied, Deno.errors.NotADirectory] as const;

/** What the server needs. */
export interface WebServerOptions {
  /** The token that each request needs, and its logins; null: no token is needed. */
  readonly access: Pick<LoginOptions, "token" | "kept"> | null;
  /** Version of srt-splitter. */
  readonly version: string;
  readonly libc: Libc;
  readonly ask: Ask;
  /** Connects to the process of a session whose payload is not written to files. Null if it does not send its payload. */
  readonly connectSession: LiveStreamsOptions["connect"];
  /** A monotonic clock in ms. */
  readonly now: () => number;
  /** The time in ms since 1970. */
  readonly time: () => number;
  /** Reports a bug. */
  readonly onFailure: (text: string) => void;
}

/** Answers requests. */
export class WebServer {
  readonly #options: WebServerOptions;
  readonly #login: Login | null;
  readonly #wrongTokens: WrongTokens;
  readonly #client: ListenerClient;
  readonly #orders: Orders;
  readonly #events = new EventHub();
  readonly #history = new EventHistory(crypto.randomUUID());
  #recordings: { readonly folder: string; readonly files: RecordingFiles } | null = null;
  readonly #viewers: LiveStreams;
  readonly #pictures: Pictures;
  readonly #assets = new PageAssets(Deno.build.standalone);
  #requests = 0;

  constructor(options: WebServerOptions) {
    this.#options = options;
    const { access, now, time } = options;
    const wrongTokens = this.#wrongTokens = new WrongTokens({ now });
    this.#login = access === null ? null : new Login({ ...access, time, wrongTokens });
    this.#client = new ListenerClient(options.ask, now);
    this.#viewers = new LiveStreams({ connect: options.connectSession });
    this.#pictures = new Pictures(options.libc);
    this.#orders = new Orders(this.#client);
  }

  /** Whether requests need a token. A token is required if other machines can send requests. */
  get needsToken(): boolean {
    return this.#login !== null;
  }

  /** Answers a request. Never rejects. `address`: of the client. */
  async handle(request: Request, address: string): Promise<Response> {
    const pathname = URL.parse(request.url)?.pathname;
    if (pathname === undefined) return replyProblem(400, "the Host header is not a valid address");
    try {
      return await this.#answer(request, { pathname, source: sourceNetwork(address) });
    } catch (error) {
      this.#options.onFailure(`cannot answer ${request.method} ${pathname}: ${messageOf(error)}`);
      return replyProblem(500, "the request could not be answered", {
        hint: "the output of the program has the cause",
      });
    }
  }

  /** Passes an event on to the clients of `/api/events`, and keeps it for clients that connect later. */
  publish(event: SplitterEvent): void {
    this.#history.note(event);
    this.#events.publish(event);
  }

  /** Ends the responses of events and of live streams. */
  close(): void {
    this.#events.close();
    this.#viewers.close();
  }

  async #answer(
    request: Request,
    { pathname, source }: { readonly pathname: string; readonly source: string },
  ): Promise<Response> {
    const fitting = routesFor(pathname);
    const isAsset = isPageAsset(pathname);
    const isOpen = isAsset || fitting.some(({ route }) => route.isOpen === true);
    const refusal = judgeAccess(request, this.#login, { isOpen });
    if (refusal !== null) return await this.#refuse(refusal, source);
    const methods: readonly string[] = isAsset ? ["GET"] : fitting.map(({ route }) => route.method);
    if (methods.length === 0) {
      return replyProblem(404, "there is nothing at this path", { hint: "the API is described by /api/openapi.json" });
    }
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (!methods.includes(method)) {
      const allow = methods.flatMap((one) => one === "GET" ? ["GET", "HEAD"] : [one]).join(", ");
      return replyProblem(405, `${request.method} is not possible here`, { headers: { allow } });
    }
    const matched = fitting.find(({ route }) => route.method === method);
    const answer = () => matched === undefined ? this.#asset(pathname) : this.#carryOut(matched, { request, source });
    // a login has limits of its own: it needs no token, and must not take the places of other requests
    const response = await (matched?.route.name === "login" ? answer() : this.#inPlace(answer));
    return request.method === "HEAD" ? await withoutBody(response) : response;
  }

  async #refuse({ status, error, hint, isWrongToken }: Refusal, source: string): Promise<Response> {
    const headers: Record<string, string> = status === 401 ? { "www-authenticate": "Bearer" } : {};
    const refusal = replyProblem(status, error, { hint, headers });
    return isWrongToken ? await this.#wrongTokens.answer(source, refusal) : refusal;
  }

  /** Answers in one of the places of requests that wait for their response. */
  async #inPlace(answer: () => Promise<Response>): Promise<Response> {
    if (this.#requests >= MAX_REQUESTS) {
      return replyProblem(503, "too many requests at the same time", { headers: { "retry-after": "1" } });
    }
    this.#requests += 1;
    try {
      return await answer();
    } finally {
      this.#requests -= 1;
    }
  }

  async #carryOut(
    { route: { name }, parameter }: MatchedRoute,
    { request, source }: { readonly request: Request; readonly source: string },
  ): Promise<Response> {
    switch (name) {
      case "sessions":
        return await this.#withState(({ sessions }) => replyJson({ sessions: sessions.map(runningSession) }));
      case "session":
        return await this.#withState((snapshot) => {
          const found = sessionIn(snapshot, parameter);
          return found === undefined ? replyNoSession(parameter) : replyJson(runningSession(found));
        });
      case "state":
        return await this.#withState(({ state }) => replyJson(state));
      case "live":
        return await this.#live(parameter, request);
      case "picture":
        return await this.#pictures.serve(parameter, () => this.#openLive(parameter));
      case "metrics":
        return await this.#withState((snapshot) => {
          return reply(metricsText(snapshot), { headers: { "content-type": METRICS_TYPE } });
        });
      case "stop":
        return await this.#orders.act(parameter, "stop");
      case "cut":
        return await this.#orders.act(parameter, "cut");
      case "events":
        return request.method === "HEAD" ? reply(null, { headers: EVENTS_HEADERS }) : this.#events.open();
      case "history":
        return replyJson(this.#history.since(new URL(request.url).searchParams.get("after")));
      case "bans": {
        const answer = await this.#client.question("bans");
        return answer?.answer === "bans" ? replyJson({ bans: answer.bans }) : replyUnanswered(answer);
      }
      case "ban":
        return await this.#orders.ban(request);
      case "lift-ban":
        return await this.#orders.liftBan(new URL(request.url).searchParams.get("subject"));
      case "clear-lost":
        return await this.#orders.clearLost(parameter);
      case "recordings":
        return await this.#withRecordings(listRecordings);
      case "recording":
        return await this.#withRecordings((files) => {
          return files.serve(parameter, request.method === "HEAD" ? new Headers() : request.headers); // without Range
        });
      case "login":
        return await this.#login?.open(request, source) ?? noLogin();
      case "logout":
        return await this.#login?.close(request.headers) ?? noLogin();
      case "openapi": {
        const cookie = this.#login === null ? null : cookieName(request.headers);
        return replyJson(openApiDocument({ version: this.#options.version, cookie }));
      }
      default:
        return name satisfies never;
    }
  }

  async #asset(pathname: string): Promise<Response> {
    const { bytes, type } = await this.#assets.get(pathname);
    return reply(bytes, { headers: { "content-type": type, "content-security-policy": PAGE_POLICY } });
  }

  async #withState(answer: (snapshot: ListenerSnapshot) => Response | Promise<Response>): Promise<Response> {
    const state = await this.#client.question("state");
    return state?.answer === "state" ? await answer(state) : replyUnanswered(state);
  }

  async #withRecordings(answer: (files: RecordingFiles) => Promise<Response>): Promise<Response> {
    return await this.#withState(async ({ state: { listening: { out } } }) => {
      if (out === null) {
        return replyProblem(404, "the listener records into no folder", { hint: "start it with --out DIR" });
      }
      if (this.#recordings?.folder !== out) {
        this.#recordings = { folder: out, files: new RecordingFiles(out, this.#options.now) };
      }
      return await answer(this.#recordings.files);
    });
  }

  async #live(id: string, request: Request): Promise<Response> {
    if (request.method === "HEAD") return await this.#withStream(id, () => reply(null, { headers: LIVE_HEADERS }));
    const open = () => this.#openLive(id);
    return asksForWebSocket(request) ? await sendOverWebSocket(request, open) : await open();
  }

  async #openLive(id: string): Promise<Response> {
    return await this.#withStream(id, async ({ file }) => {
      if (file === null) return await this.#viewers.openFeed(id);
      return await this.#viewers.openFile(file, async () => {
        const now = await this.#client.snapshot();
        if (now === null) return "unknown";
        const running = sessionIn(now, id);
        return running === undefined ? null : running.file ?? "unknown";
      });
    });
  }

  /** Answers for a session whose payload is a transport stream, or not known yet. */
  async #withStream(
    id: string,
    answer: (session: ListedSession) => Response | Promise<Response>,
  ): Promise<Response> {
    return await this.#withState((snapshot) => {
      const session = sessionIn(snapshot, id);
      if (session === undefined) return replyNoSession(id);
      if (session.figures?.ts?.payload === "other") return replyProblem(409, "its payload is not a transport stream");
      return answer(session);
    });
  }
}

function sessionIn({ sessions }: ListenerSnapshot, id: string): ListedSession | undefined {
  return sessions.find(({ start }) => start.session === id);
}

async function listRecordings(files: RecordingFiles): Promise<Response> {
  try {
    return replyJson(await files.list());
  } catch (error) {
    if (!UNREADABLE.some((kind) => error instanceof kind)) throw error;
    return replyProblem(503, `the folder of recordings cannot be read: ${readProblem(error, "folder")}`);
  }
}

function noLogin(): Response {
  return replyProblem(409, "this server needs no token");
}
