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

/** Returns a response. */
export function reply(body: BodyInit | null, { status = 200, headers = {} }: ReplyOptions = {}): Response {
  return new Response(body, { status, headers: { ...SAFE_HEADERS, ...headers } });
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

/** Returns the answer to a HEAD: that to a GET, without its body. A body without a length is read, so it has to end. */
export async function withoutBody({ body, status, headers }: Response): Promise<Response> {
  const own = new Headers(headers);
  if (body === null || own.has("content-length")) await body?.cancel();
  else own.set("content-length", String((await new Response(body).bytes()).length));
  return new Response(null, { status, headers: own });
}
