/**
 * Requests to the web process.
 *
 * @module
 */

import type { ListenerState } from "../../handoff/control_message.ts";
import type { EventHistory, RunningSession } from "../api_schema.ts";

/** How long an answer may take, in ms. */
const ANSWER_MS = 8000;
/** How long a picture may take, in ms: others may be decoded before it. */
const PICTURE_MS = 30_000;
/** How long an order may take, in ms: a session with a long latency needs that long to end. */
const ORDER_MS = 130_000;

/** The message of a request without an answer. */
const SILENT = "the web process does not answer";

/** A request that was not carried out. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** The status of the answer; 0 if there was none. */
  readonly status: number;
  /** What to do; null if that is not known. */
  readonly hint: string | null;

  constructor(
    message: string,
    { status = 0, hint = null }: { readonly status?: number; readonly hint?: string | null } = {},
  ) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/** What the page shows. */
export interface Snapshot {
  readonly state: ListenerState;
  readonly sessions: readonly RunningSession[];
  readonly history: EventHistory;
  /** The time of the web process in ms since 1970: the clock of the browser may be wrong. */
  readonly nowMs: number;
}

/**
 * Reads everything that the page shows.
 *
 * @param after The position of the history that the page knows; null: none
 * @throws {RequestError}
 */
export async function readSnapshot(after: string | null): Promise<Snapshot> {
  const path = after === null ? "api/history" : `api/history?after=${encodeURIComponent(after)}`;
  const [state, { sessions }, response] = await Promise.all([
    request<ListenerState>("api/state"),
    request<{ readonly sessions: readonly RunningSession[] }>("api/sessions"),
    send(path),
  ]);
  const nowMs = Date.parse(response.headers.get("date") ?? "") || Date.now();
  return { state, sessions, history: await jsonOf<EventHistory>(response), nowMs };
}

/** Sends an order. `body`: absent if it needs none; `method`: POST unless given. @throws {RequestError} */
export async function order<Answer>(
  path: string,
  { body, method = "POST" }: { readonly body?: object; readonly method?: "POST" | "DELETE" } = {},
): Promise<Answer> {
  const sent = body === undefined
    ? {}
    : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return await request<Answer>(path, { method, ...sent, signal: AbortSignal.timeout(ORDER_MS) });
}

/** Requests JSON. @throws {RequestError} */
export async function request<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  return await jsonOf<Answer>(await send(path, init));
}

/** @throws {RequestError} The web process has ended while it answered. */
async function jsonOf<Answer>(response: Response): Promise<Answer> {
  const text = await response.text().catch(() => null);
  if (text === null) throw new RequestError(SILENT);
  return (text === "" ? null : JSON.parse(text)) as Answer;
}

/** Requests a picture. @throws {RequestError} */
export async function requestPicture(path: string): Promise<Blob> {
  return await (await send(path, { signal: AbortSignal.timeout(PICTURE_MS) })).blob();
}

/** Requests a stream without reading it. Returns why there is none; null if there is one, or if no answer arrives. */
export async function problemAt(path: string): Promise<string | null> {
  try {
    const { body } = await send(path);
    await body?.cancel();
    return null;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return error.status === 0 ? null : error.message;
  }
}

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { signal: AbortSignal.timeout(ANSWER_MS), ...init }).catch(() => null);
  if (response === null) throw new RequestError(SILENT);
  if (response.ok) return response;
  const { error, hint = null } = await response.json().catch(() => ({ error: `status ${response.status}` }));
  throw new RequestError(error, { status: response.status, hint });
}
