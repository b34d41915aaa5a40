/**
 * HTTP responses: JSON, problems, and the headers that all of them have.
 *
 * @module
 */

/** Headers of every response. Nothing that is served here may run as a script or be shown inside another page. */
const SAFE_HEADERS = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

/** What a response has besides its body. */
export interface ReplyOptions {
  /** 200 unless given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Maximum number of bytes of a body that wait for a client, besides those in buffers of Deno and the kernel. Our choice. */
const CHUNK_BYTES = 16_384;

/** Returns a response. */
export function reply(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | string | null,
  { status = 200, headers = {} }: ReplyOptions = {},
): Response {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  if (!(bytes instanceof Uint8Array)) return new Response(bytes, { status, headers: { ...SAFE_HEADERS, ...headers } });
  const length = { "content-length": String(bytes.length) };
  return new Response(inChunks(bytes), { status, headers: { ...SAFE_HEADERS, ...length, ...headers } });
}

/**
 * Returns bytes as a stream. Without a stream, Deno counts a response as complete once it has copied the bytes, even if an HTTP/2
 * client never reads them.
 */
function inChunks(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at + CHUNK_BYTES));
      at += CHUNK_BYTES;
      if (at >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Returns a value as JSON. */
export function replyJson(value: unknown, { status = 200, headers = {} }: ReplyOptions = {}): Response {
  return reply(`${JSON.stringify(value)}\n`, { status, headers: { "content-type": "application/json", ...headers } });
}

/** Returns why a request was not carried out, as `Problem` of api_schema.ts. `status`: 400 or more. */
export function replyProblem(
  status: number,
  error: string,
  { hint = null, headers = {} }: { readonly hint?: string | null; readonly headers?: ReplyOptions["headers"] } = {},
): Response {
  return replyJson({ error, hint }, { status, headers });
}

/** Returns the answer to a request beyond the limits of its source. It costs little, because its body is not a stream. */
export function replyTooMany(): Response {
  const problem = { error: "too many requests from this address at the same time", hint: null };
  const headers = { ...SAFE_HEADERS, "content-type": "application/json", "retry-after": "1" };
  return new Response(`${JSON.stringify(problem)}\n`, { status: 503, headers });
}

/** Returns the answer to a HEAD: that to a GET, without its body. A body without a length is read, so it has to end. */
export async function withoutBody({ body, status, headers }: Response): Promise<Response> {
  const own = new Headers(headers);
  if (body === null || own.has("content-length")) await body?.cancel();
  else own.set("content-length", String((await new Response(body).bytes()).length));
  return new Response(null, { status, headers: own });
}
