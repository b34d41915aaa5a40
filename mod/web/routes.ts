/**
 * The routes of the HTTP API: what is requested and what is answered. Requests are matched with this table, and the OpenAPI
 * document follows from it.
 *
 * @module
 */

import type { TSchema } from "@sinclair/typebox";
import { ListenerState } from "../handoff/control_message.ts";
import {
  Banned,
  BanOrder,
  Bans,
  Cut,
  EventHistory,
  ListedRecordings,
  LoginOrder,
  RunningSession,
  Sessions,
  Stopped,
} from "./api_schema.ts";

/** The name of a route. */
export type RouteName =
  | "sessions"
  | "session"
  | "stop"
  | "cut"
  | "state"
  | "events"
  | "history"
  | "bans"
  | "ban"
  | "lift-ban"
  | "clear-lost"
  | "recordings"
  | "recording"
  | "live"
  | "picture"
  | "metrics"
  | "login"
  | "logout"
  | "openapi";

/** A body that no schema describes: it is not JSON, or it is the OpenAPI document. */
export interface OtherBody {
  readonly type: string;
  readonly description: string;
}

/** One route. */
export interface Route {
  readonly name: RouteName;
  readonly method: "GET" | "POST" | "DELETE";
  /** As in OpenAPI: `{id}` is a part of the path, `{path}` all the rest. */
  readonly path: string;
  readonly summary: string;
  /** The body of a success; null: it has none, and the status is 204. */
  readonly answer: TSchema | OtherBody | null;
  /** The body of the request, if it needs one. */
  readonly body?: TSchema;
  /** Parameters of the query, all required, with their description. */
  readonly query?: Readonly<Record<string, string>>;
  /** Status codes other than those that every route has, with their meaning. */
  readonly failures: Readonly<Record<number, string>>;
  /** True if it needs no token; absent if it needs one. */
  readonly isOpen?: true;
}

const NO_SESSION = "There is no such session.";
const BUSY = "Too many requests of this kind are in progress, or the listener does not answer.";
/** Failures of every route with a body. */
const BODY_FAILURES: Route["failures"] = {
  400: "The body is not JSON of this form, or does not arrive; or the Host is not a valid address.",
  413: "The body is too long.",
  415: "The body is not application/json.",
};

/** Every route. A path that fits several of them belongs to the first. */
export const ROUTES: readonly Route[] = [
  {
    name: "sessions",
    method: "GET",
    path: "/api/sessions",
    summary: "Lists the running sessions.",
    answer: Sessions,
    failures: { 503: BUSY },
  },
  {
    name: "session",
    method: "GET",
    path: "/api/sessions/{id}",
    summary: "Returns a running session.",
    answer: RunningSession,
    failures: { 404: NO_SESSION, 503: BUSY },
  },
  {
    name: "stop",
    method: "POST",
    path: "/api/sessions/{id}/stop",
    summary: "Ends a session cleanly, and waits for its end.",
    answer: Stopped,
    failures: { 404: NO_SESSION, 503: BUSY },
  },
  {
    name: "cut",
    method: "POST",
    path: "/api/sessions/{id}/cut",
    summary: "Begins a new file of a session, and waits for it: at most 15 s.",
    answer: Cut,
    failures: { 404: NO_SESSION, 409: "It has no new file.", 503: BUSY },
  },
  {
    name: "state",
    method: "GET",
    path: "/api/state",
    summary: "Returns the state of the listener.",
    answer: ListenerState,
    failures: { 503: BUSY },
  },
  {
    name: "events",
    method: "GET",
    path: "/api/events",
    summary: "Sends every event from now on, until one side closes the connection.",
    answer: {
      type: "text/event-stream",
      description: "Server-sent events. The data of each is a JSON object, as listen --json prints it.",
    },
    failures: { 503: BUSY },
  },
  {
    name: "history",
    method: "GET",
    path: "/api/history",
    summary: "Returns the last events, and the rates of the last 5 minutes. With ?after=POSITION: only what is newer.",
    answer: EventHistory,
    failures: {},
  },
  {
    name: "bans",
    method: "GET",
    path: "/api/bans",
    summary: "Lists the bans.",
    answer: Bans,
    failures: { 503: BUSY },
  },
  {
    name: "ban",
    method: "POST",
    path: "/api/bans",
    summary:
      "Ends the sessions of an address or a stream name, and refuses its callers (1403). Pulled sessions continue.",
    answer: Banned,
    body: BanOrder,
    failures: {
      ...BODY_FAILURES,
      409: "It cannot be banned.",
      503: BUSY,
    },
  },
  {
    name: "lift-ban",
    method: "DELETE",
    path: "/api/bans",
    summary: "Lifts a ban.",
    query: { subject: "What is banned, as in the list of bans." },
    answer: null,
    failures: {
      400: "The query has no subject, or the Host is not a valid address.",
      404: "There is no such ban.",
      503: BUSY,
    },
  },
  {
    name: "clear-lost",
    method: "DELETE",
    path: "/api/lost/{id}",
    summary: "Removes a lost session from the state. Its recording remains.",
    answer: null,
    failures: { 404: "There is no such lost session.", 503: BUSY },
  },
  {
    name: "recordings",
    method: "GET",
    path: "/api/recordings",
    summary: "Lists the recordings.",
    answer: ListedRecordings,
    failures: {
      404: "The listener records into no folder.",
      503: "The folder cannot be read, or the listener does not answer.",
    },
  },
  {
    name: "recording",
    method: "GET",
    path: "/api/recordings/{path}",
    summary: "Returns a recording, or a sidecar (FILE.json). With a header Range: a part of it (206).",
    answer: {
      type: "application/octet-stream",
      description: "The file as it is now. A recording has the type video/mp2t.",
    },
    failures: { 404: "There is no such recording.", 416: "The range is beyond the end of the file.", 503: BUSY },
  },
  {
    name: "live",
    method: "GET",
    path: "/sessions/{id}/live.ts",
    summary: "Sends the payload of a session from its last random-access point on, until the session ends.",
    answer: { type: "video/mp2t", description: "The transport stream, beginning with PAT and PMT." },
    failures: {
      404: "There is no such session, or its payload cannot be read.",
      409: "Its payload is not a transport stream.",
      503: BUSY,
    },
  },
  {
    name: "picture",
    method: "GET",
    path: "/sessions/{id}/picture.jpg",
    summary: "Returns the last key frame of a session, at most 1280 pixels wide. A picture is reused for 5 s.",
    answer: { type: "image/jpeg", description: "The picture." },
    failures: {
      404: "There is no such session, its payload cannot be read, or it has no picture.",
      409: "Its payload is not a transport stream.",
      501: "ffmpeg is not on the machine of the listener.",
      503: BUSY,
    },
  },
  {
    name: "metrics",
    method: "GET",
    path: "/metrics",
    summary: "Returns metrics for Prometheus.",
    answer: { type: "text/plain", description: "The text format of Prometheus, version 0.0.4." },
    failures: { 503: BUSY },
  },
  {
    name: "login",
    method: "POST",
    path: "/login",
    summary:
      "Returns a cookie that has the same effect as the bearer token, for a week or until the listener ends and is not replaced.",
    answer: null,
    body: LoginOrder,
    failures: {
      ...BODY_FAILURES,
      401: "The token is wrong. The answer is delayed by at least one second.",
      409: "This server needs no token.",
      429: "Too many wrong tokens have come from this address.",
    },
    isOpen: true,
  },
  {
    name: "logout",
    method: "POST",
    path: "/logout",
    summary: "Deletes the cookie, and no longer accepts it.",
    answer: null,
    failures: {
      409: "This server needs no token.",
      503: "The listener does not answer. The cookie is still accepted.",
    },
  },
  {
    name: "openapi",
    method: "GET",
    path: "/api/openapi.json",
    summary: "Returns this document.",
    answer: { type: "application/json", description: "An OpenAPI 3.1 document." },
    failures: {},
  },
];

/** A route that fits a path, and the rest of the path. */
export interface MatchedRoute {
  readonly route: Route;
  /** `id` or `path`, still encoded; empty if the path has neither. */
  readonly parameter: string;
}

/** Returns the routes that fit a path, whatever their method; several only if their methods differ. */
export function routesFor(pathname: string): readonly MatchedRoute[] {
  const matched = ROUTES.flatMap((route) => {
    const found = patternOf(route.path).exec(pathname);
    return found === null ? [] : [{ route, parameter: found[1] ?? "" }];
  });
  return matched.filter(({ route }) => route.path === matched[0]?.route.path);
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replace("{id}", "([^/]+)").replace("{path}", "(.+)")}$`);
}
