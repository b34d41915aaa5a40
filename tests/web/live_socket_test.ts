import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { asksForWebSocket, type OpenStream, sendOverWebSocket } from "../../mod/web/live_socket.ts";
import { within } from "../support/deadline.ts";
import { waitUntil } from "../support/processes.ts";

/** A request for a WebSocket. */
const UPGRADE = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
);

/** A server of a live stream. */
function serve(open: OpenStream, options: Parameters<typeof sendOverWebSocket>[2] = {}): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    return asksForWebSocket(request) ? sendOverWebSocket(request, open, options) : new Response("no WebSocket");
  });
}

/** A stream of chunks that are numbered by their first byte, and whether it was canceled. */
function numbered(count: number, bytes: number): { readonly open: OpenStream; opened: number; canceled: number } {
  const stream = {
    opened: 0,
    canceled: 0,
    open: () => {
      stream.opened += 1;
      let next = 0;
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (controller) => {
          if (next === count) return controller.close();
          controller.enqueue(new Uint8Array(bytes).fill(next));
          next += 1;
        },
        cancel: () => void (stream.canceled += 1),
      }, { highWaterMark: 0 });
      return Promise.resolve(new Response(body));
    },
  };
  return stream;
}

Deno.test("sendOverWebSocket sends the whole stream in order, and closes the socket at its end", async () => {
  await using server = serve(numbered(200, 1000).open);
  const received: number[] = [];
  const socket = new WebSocket(`ws://127.0.0.1:${server.addr.port}/`);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }) => received.push(new Uint8Array(data)[0] ?? -1));
  const { promise, resolve } = Promise.withResolvers<CloseEvent>();
  socket.addEventListener("close", resolve);
  const { code } = await within(promise, "the end of the stream");
  deepStrictEqual([code, received], [1000, Array.from({ length: 200 }, (_, index) => index)]);
});

Deno.test("sendOverWebSocket keeps little for a viewer that does not read, and opens the stream again for it", async () => {
  const stream = numbered(1000, 262_144);
  let taken = 0;
  await using server = serve(async () => {
    const { body } = await stream.open();
    return new Response(
      body?.pipeThrough(
        new TransformStream({
          transform: (chunk, controller) => {
            taken += chunk.length;
            controller.enqueue(chunk);
          },
        }),
      ),
    );
  }, { slowMs: 100 });
  using viewer = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await viewer.write(UPGRADE);
  let before = -1;
  await waitUntil("a pause", () => {
    const isSame = taken > 1_000_000 && taken === before;
    before = taken;
    return isSame;
  }, 500);
  ok(taken < 50_000_000, `${taken} bytes were read for a viewer that does not read`); // most are in buffers of the system
  const drain = async () => {
    const buffer = new Uint8Array(1_000_000);
    while (stream.opened < 2 && await viewer.read(buffer) !== null);
  };
  await within(drain(), "the stream is opened again");
  strictEqual(stream.opened, 2);
});

Deno.test("sendOverWebSocket cancels the stream when the viewer leaves while no payload arrives", async () => {
  const canceled = Promise.withResolvers<void>();
  await using server = serve(() => {
    return Promise.resolve(new Response(new ReadableStream({ cancel: () => canceled.resolve() })));
  });
  const socket = new WebSocket(`ws://127.0.0.1:${server.addr.port}/`);
  await within(new Promise((resolve) => socket.addEventListener("open", resolve)), "the socket");
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  socket.close();
  await within(canceled.promise, "the end of the stream");
  await within(closed, "the end of the socket");
});

Deno.test("sendOverWebSocket cancels the stream when the viewer has left before the socket opens", async () => {
  const requested = Promise.withResolvers<void>();
  const canceled = Promise.withResolvers<void>();
  const open = () => Promise.resolve(new Response(new ReadableStream({ cancel: () => canceled.resolve() })));
  const over = new AbortController(); // a shutdown would wait for the viewer that has left
  const { signal } = over;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, signal }, async (request) => {
    requested.resolve();
    await waitUntil("the end of the connection", () => request.signal.aborted);
    return await sendOverWebSocket(request, open, { openMs: 100 });
  });
  const viewer = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await viewer.write(UPGRADE);
  await within(requested.promise, "the request");
  viewer.close();
  try {
    await within(canceled.promise, "the end of the stream");
  } finally {
    over.abort();
  }
});

Deno.test("sendOverWebSocket answers with the problem if there is no stream", async () => {
  await using server = serve(() => Promise.resolve(new Response("there is none", { status: 404 })));
  const socket = new WebSocket(`ws://127.0.0.1:${server.addr.port}/`);
  await within(new Promise((resolve) => socket.addEventListener("error", resolve)), "the refusal");
});

Deno.test("sendOverWebSocket refuses a request without the headers of a WebSocket, and cancels the stream", async () => {
  const stream = numbered(1, 1);
  await using server = serve(stream.open);
  using client = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  const headers = "Host: localhost\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n";
  await client.write(new TextEncoder().encode(`GET / HTTP/1.1\r\n${headers}`));
  const response = await within(new Response(client.readable).text(), "the response");
  deepStrictEqual([response.split("\r\n")[0], stream.canceled], ["HTTP/1.1 400 Bad Request", 1]);
});
