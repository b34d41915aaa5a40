/**
 * Decides whether an HTTP request may be carried out: its Host, its Origin and its token.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";

/** Methods that change nothing. */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD"];

/** Names of this machine in a Host header, with any port: a tunnel may use another one. */
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly error: string;
  readonly hint: string;
}

/**
 * Judges a request by its method and headers.
 *
 * Without a token, only loopback is served. The Host must name it then, so that a page of another site whose name was changed to
 * resolve to this machine (DNS rebinding) gets nothing. With a token, every Host is accepted: a browser does not add the token by
 * itself. A request from a page of another site is refused in any case.
 *
 * @param token The token that is required; null: none.
 * @returns Null if the request may be carried out.
 */
export function judgeAccess(
  { method, headers }: Pick<Request, "method" | "headers">,
  token: string | null,
): Refusal | null {
  const host = headers.get("host") ?? "";
  if (token === null && !LOOPBACK_HOST.test(host)) {
    return forbidden("the Host header does not name this machine", "use http://127.0.0.1, http://[::1] or localhost");
  }
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${host}` && origin !== `https://${host}`) {
    return forbidden("the request comes from a page of another site", "send it without an Origin header");
  }
  const site = headers.get("sec-fetch-site");
  if (!SAFE_METHODS.includes(method) && site !== null && site !== "same-origin" && site !== "none") {
    return forbidden("the request comes from a page of another site", "send it without a Sec-Fetch-Site header");
  }
  if (token === null || hasToken(headers, token)) return null;
  return {
    status: 401,
    error: headers.has("authorization") ? "the token is wrong" : "a token is required",
    hint: "send the header Authorization: Bearer TOKEN, with the first line of the file of --web-token-file",
  };
}

function forbidden(error: string, hint: string): Refusal {
  return { status: 403, error, hint };
}

/** Compares digests, so that the time does not depend on how much of the token is right. */
function hasToken(headers: Headers, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
