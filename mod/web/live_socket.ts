/**
 * Sends a live stream over a WebSocket. A browser opens many WebSockets to one server, but at most six connections of other kinds.
 *
 * @module
 */

import { sleep } from "../os/timer.ts";
import { replyProblem } from "./reply.ts";

/** Bytes that may wait for the viewer. Reading pauses while there are more. Our choice: 0.3 s at 25 Mbit/s. */
const MAX_WAITING_BYTES = 1_048_576;
/** How often it is checked whether a slow viewer has read enough to get more. */
const POLL_MS = 50;
/** See `slowMs` of {@linkcode sendOverWebSocket}. Our choice. */
const SLOW_MS = 2000;
/** See `openMs` of {@linkcode sendOverWebSocket}. Our choice. */
const OPEN_MS = 5000;
/** How long a viewer may take to answer a ping, in seconds. */
const PING_SECONDS = 30;

/** WebSocket close codes (RFC 6455, 7.4.1): a session has ended; the stream cannot be read any more. */
const CLOSE = { normal: 1000, failed: 1011 } as const;

/** Opens the stream at its newest random-access point. The body of a response that is not a success describes the problem. */
export type OpenStream = () => Promise<Response>;

/** Reports whether a client asks for a WebSocket. */
export function asksForWebSocket({ headers }: Pick<Request, "headers">): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

/**
 * Answers a request for a WebSocket. If the stream cannot be opened, the answer is that of `open`.
 *
 * At most 1.3 MB wait for a viewer. A viewer that is too slow for the stream misses a part of it.
 *
 * @param options `slowMs`: if a viewer is so slow that sending pauses for longer than this, it continues at the newest
 * random-access point. `openMs`: how long the stream is kept for a connection that does not become a WebSocket. Both in ms
 */
export async function sendOverWebSocket(
  request: Request,
  open: OpenStream,
  { slowMs = SLOW_MS, openMs = OPEN_MS }: { readonly slowMs?: number; readonly openMs?: number } = {},
): Promise<Response> {
  const first = await open();
  if (!first.ok || first.body === null) return first;
  let reader = first.body.getReader();
  let upgrade: Deno.WebSocketUpgrade;
  try {
    upgrade = Deno.upgradeWebSocket(request, { idleTimeout: PING_SECONDS });
  } catch (error) {
    await reader.cancel();
    if (!(error instanceof TypeError)) throw error;
    return replyProblem(400, "the request for a WebSocket is not complete", {
      hint: "a header of RFC 6455 is missing",
    });
  }
  const { socket, response } = upgrade;
  const openAgain = async (): Promise<boolean> => {
    await reader.cancel();
    const next = await open();
    if (!next.ok || next.body === null) return false;
    reader = next.body.getReader();
    return true;
  };
  const send = async (): Promise<number> => {
    while (true) {
      const pausedMs = await untilRead(socket);
      if (socket.readyState !== WebSocket.OPEN) return CLOSE.normal;
      if (pausedMs > slowMs) {
        if (!await openAgain()) return CLOSE.failed;
        continue; // the viewer may have left meanwhile
      }
      const { done, value } = await reader.read();
      if (done || socket.readyState !== WebSocket.OPEN) return CLOSE.normal;
      socket.send(value);
    }
  };
  const cancel = () => void reader.cancel().catch(() => {}); // the stream may have failed
  // if the viewer has left before the socket opens, Deno reports neither an error nor the end
  const opening = setTimeout(cancel, openMs);
  Deno.unrefTimer(opening);
  socket.addEventListener("open", () => {
    clearTimeout(opening);
    send().catch(() => CLOSE.failed).then(async (code) => {
      await reader.cancel().catch(() => {}); // a stream that has failed
      socket.close(code);
    });
  });
  // without it, a socket whose viewer has vanished waits for the next payload, which may never arrive
  socket.addEventListener("close", cancel);
  socket.addEventListener("error", () => {}); // `close` follows
  return response;
}

/** Waits until little waits for the viewer. Returns how long that took, in ms. */
async function untilRead(socket: WebSocket): Promise<number> {
  const startMs = performance.now();
  while (socket.bufferedAmount > MAX_WAITING_BYTES && socket.readyState === WebSocket.OPEN) {
    await sleep(POLL_MS);
  }
  return performance.now() - startMs;
}
