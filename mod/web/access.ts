/**
 * Decides whether an HTTP request may be carried out: its Host, its Origin and its token or cookie.
 *
 * @module
 */

import type { Login } from "./login.ts";

/** Methods that change nothing. */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD"];

/** Names of this machine in a Host header, with any port: a tunnel may use another one. */
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly error: string;
  readonly hint: string;
  /** Whether it has a token that is wrong. */
  readonly isWrongToken: boolean;
}

/**
 * Judges a request by its method and headers.
 *
 * Without a token, the server listens on loopback only, and the Host must name this machine. So a page of another site is refused
 * even if its host name now resolves to this machine (DNS rebinding). With a token, every Host is accepted: a browser does not
 * add the token by itself, and sends the cookie only to the Host of the login. A request from a page of another site is refused
 * in any case, except for a link that a person follows. A request that changes something and has the cookie but no token needs
 * a header that proves that it comes from a page of this server.
 *
 * @param login Checks the token that is required; null: none.
 * @param options `isOpen`: whether the path needs no token.
 * @returns Null if the request may be carried out.
 */
export function judgeAccess(
  { method, headers }: Pick<Request, "method" | "headers">,
  login: Pick<Login, "hasToken" | "hasCookie"> | null,
  { isOpen = false }: { readonly isOpen?: boolean } = {},
): Refusal | null {
  const host = headers.get("host") ?? "";
  if (login === null && !LOOPBACK_HOST.test(host)) {
    return forbidden("the Host header does not name this machine", "use http://127.0.0.1, http://[::1] or localhost");
  }
  const origin = headers.get("origin");
  const isOwn = origin === `http://${host}` || origin === `https://${host}`;
  if (origin !== null && !isOwn) {
    return forbidden("the request comes from a page of another site", "send it without an Origin header");
  }
  // browsers send no Origin with requests for pictures and scripts, but this header
  const site = headers.get("sec-fetch-site");
  const isSafe = SAFE_METHODS.includes(method);
  const isLink = isSafe && headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document";
  if (site !== null && site !== "same-origin" && site !== "none" && !isLink) {
    return forbidden("the request comes from a page of another site", "send it without a Sec-Fetch-Site header");
  }
  if (login === null || isOpen || login.hasToken(headers)) return null;
  if (!login.hasCookie(headers)) {
    const isWrongToken = headers.has("authorization");
    return {
      status: 401,
      error: isWrongToken ? "the token is wrong" : "a token is required",
      hint: "send the header Authorization: Bearer TOKEN, with the first line of the file of --web-token-file",
      isWrongToken,
    };
  }
  if (isSafe || isOwn || site === "same-origin") return null;
  return forbidden("a request with a cookie has no Origin header", "send it from the page, or with a bearer token");
}

function forbidden(error: string, hint: string): Refusal {
  return { status: 403, error, hint, isWrongToken: false };
}
