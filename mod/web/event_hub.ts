/**
 * Sends the events of the listener to HTTP clients, as server-sent events.
 *
 * @module
 */

import { reply, replyProblem } from "./reply.ts";

/** Maximum number of clients. Our choice. */
export const MAX_CLIENTS = 32;

/** Events that wait for a client that does not read. A client that has more is disconnected, and can connect again. Our choice. */
const MAX_WAITING = 1000;

/** How often a comment is sent, so that the connection of a client that has vanished is closed. */
const COMMENT_MS = 15_000;

/** Headers of a response with events. */
export const EVENTS_HEADERS = { "content-type": "text/event-stream" } as const;

type Client = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

/** The clients that receive events. */
export class EventHub {
  readonly #clients = new Set<Client>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Sends an event to every client. Never waits. */
  publish(event: object): void {
    if (this.#clients.size > 0) this.#send(`data: ${JSON.stringify(event)}\n\n`);
  }

  /** Adds a client, and returns its response, which lasts until one side closes it. */
  open(): Response {
    if (this.#clients.size >= MAX_CLIENTS) {
      return replyProblem(503, `${MAX_CLIENTS} clients receive events already`, { headers: { "retry-after": "10" } });
    }
    let client: Client | undefined;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        client = controller;
        this.#clients.add(controller);
        controller.enqueue(encode(": events follow\n\n")); // the headers are sent with the first bytes
      },
      cancel: () => {
        if (client !== undefined) this.#remove(client);
      },
    }, { highWaterMark: MAX_WAITING });
    this.#timer ??= setInterval(() => this.#send(":\n\n"), COMMENT_MS);
    return reply(body, { headers: EVENTS_HEADERS });
  }

  /** Ends the responses of all clients. */
  close(): void {
    for (const client of [...this.#clients]) {
      this.#remove(client);
      client.close();
    }
  }

  #send(text: string): void {
    const bytes = encode(text);
    for (const client of [...this.#clients]) {
      if ((client.desiredSize ?? 0) > 0) {
        client.enqueue(bytes);
        continue;
      }
      this.#remove(client);
      client.error(new Error("the client does not read its events"));
    }
  }

  #remove(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
