/**
 * A receiver of webhooks, held by `await using`.
 *
 * @module
 */

import { waitUntil } from "./processes.ts";

/** What a {@linkcode WebhookReceiver} got. */
export interface Received {
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
}

/** An HTTP server that stores requests, held by `await using`. */
export class WebhookReceiver implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly all: Received[] = [];

  /** @param answer Returns the status of the answer to request number `index`, from 0. */
  constructor(answer: (index: number) => number = () => 204, at = { hostname: "127.0.0.1", port: 0 }) {
    this.#server = Deno.serve({ ...at, onListen: () => {} }, async (request) => {
      const index = this.all.length;
      const body = await request.text();
      if (JSON.parse(body).hook === "disk-low") return new Response(); // sent if the disk of this machine is almost full
      this.all.push({ method: request.method, headers: request.headers, body });
      return new Response(null, { status: answer(index), headers: { Location: "http://127.0.0.1:1/" } });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/hook?token=hush-hush`;
  }

  /** The name of the hook of each message so far. */
  get names(): readonly string[] {
    return this.all.map(({ body }) => JSON.parse(body).hook);
  }

  /** Hook and stream name of each message so far. */
  get hooks(): readonly string[] {
    return this.all.map(({ body }) => JSON.parse(body)).map(({ hook, stream }) => `${hook} ${stream}`);
  }

  /** Waits for this many messages. */
  async until(count: number): Promise<void> {
    await waitUntil(`${count} messages`, () => this.all.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** An address on which no server listens. No other test uses its host, so its port stays free. */
export function freeAddress(): { readonly hostname: string; readonly port: number } {
  using listener = Deno.listen({ hostname: "127.0.0.77", port: 0 });
  return listener.addr as Deno.NetAddr;
}
