/**
 * Checks whether a request has the bearer token, or a cookie that a browser got for the token.
 *
 * @module
 */

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { BoundedMap } from "../admission/bounded_map.ts";
import { MAX_ENDED_LOGINS } from "../handoff/control_message.ts";
import { isLoginOrder } from "./api_schema.ts";
import { reply, replyProblem } from "./reply.ts";
import { readShortBody } from "./short_body.ts";
import type { WrongTokens } from "./wrong_tokens.ts";

/** How long a login lasts, in seconds: a week. Our choice. */
const LOGIN_S = 604_800;

/**
 * Maximum number of logins of one source whose body is being read. For a further one, the oldest is given up. Our choice: the body of
 * a browser arrives at once.
 */
const MAX_READING = 64;

/** Maximum number of logins that are known to have ended before their time. Our choice, as in the listener. */
const MAX_ENDED = 1000;

/** What the listener keeps when the web process ends. */
export interface KeptLogins {
  /** The key of all logins, in addition to the token. A secret. */
  readonly key: string;
  /** IDs of the logins that have ended before their time. */
  readonly ended: readonly string[];
  /** Remembers that logins have ended. Returns whether that was possible. */
  readonly end: (ids: readonly string[]) => Promise<boolean>;
}

/** What {@linkcode Login} needs. */
export interface LoginOptions {
  /** The token. A secret. */
  readonly token: string;
  readonly kept: KeptLogins;
  /** The time in ms since 1970. */
  readonly time: () => number;
  /** Delays the answers to wrong tokens. */
  readonly wrongTokens: WrongTokens;
}

/**
 * Checks tokens and cookies, and opens and ends logins.
 *
 * A cookie is `EXPIRY.ID.SIGNATURE`. The ID is random. The cookie is signed with the token and with a key that the listener keeps,
 * and does not contain them. So a login outlasts the web process. It ends when the token changes, and when the listener ends
 * without being replaced by another one.
 */
export class Login {
  readonly #token: string;
  readonly #key: Uint8Array;
  readonly #kept: KeptLogins;
  readonly #time: () => number;
  readonly #wrongTokens: WrongTokens;
  readonly #ended = new BoundedMap<string, true>(MAX_ENDED);
  /** The logins whose body is being read, by source, the oldest first. */
  readonly #reading = new Map<string, Set<AbortController>>();

  constructor({ token, kept, time, wrongTokens }: LoginOptions) {
    this.#token = token;
    this.#key = createHmac("sha256", token).update(kept.key).digest();
    this.#kept = kept;
    for (const id of kept.ended) this.#ended.put(id, true);
    this.#time = time;
    this.#wrongTokens = wrongTokens;
  }

  /** Reports whether a request has the bearer token. */
  hasToken(headers: Headers): boolean {
    const given = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    return given !== undefined && isSame(given, this.#token);
  }

  /** Reports whether a request has the cookie of a login that has not ended. */
  hasCookie(headers: Headers): boolean {
    return this.#logins(headers).length > 0;
  }

  /** Answers `POST /login`. `source`: of the connection, as `sourceNetwork` returns it. */
  async open(request: Request, source: string): Promise<Response> {
    const body = await this.#read(request, source);
    if (body instanceof Response) return body;
    if (!isLoginOrder(body)) return replyProblem(400, "the body is not what is expected", { hint: HINT });
    if (!isSame(body.token, this.#token)) {
      return await this.#wrongTokens.answer(source, replyProblem(401, "the token is wrong", { hint: HINT }));
    }
    const content = `${Math.floor(this.#time() / 1000) + LOGIN_S}.${randomBytes(16).toString("hex")}`;
    const cookie = `${content}.${this.#sign(content)}`;
    return replyNothing(setCookie(request.headers, { value: cookie, maxAgeS: LOGIN_S }));
  }

  /** Reads the body of a login. A source that sends many slow ones loses its oldest. */
  async #read(request: Request, source: string): Promise<unknown> {
    const reading = this.#reading.get(source) ?? new Set();
    this.#reading.set(source, reading);
    const [oldest] = reading;
    if (reading.size >= MAX_READING) oldest?.abort();
    const own = new AbortController();
    reading.add(own);
    try {
      return await readShortBody(request, { signal: own.signal });
    } finally {
      reading.delete(own);
      if (reading.size === 0) this.#reading.delete(source);
    }
  }

  /** Answers `POST /logout`: deletes the cookie, and no longer accepts it. */
  async close(headers: Headers): Promise<Response> {
    const ids = this.#logins(headers);
    if (ids.length > 0 && !await this.#kept.end(ids)) {
      return replyProblem(503, "the listener does not answer", { hint: "try again", headers: { "retry-after": "1" } });
    }
    for (const id of ids) this.#ended.put(id, true);
    return replyNothing(setCookie(headers, { value: "", maxAgeS: 0 }));
  }

  /** Returns the IDs of the valid cookies of a request. */
  #logins(headers: Headers): readonly string[] {
    const prefix = `${cookieName(headers)}=`;
    return (headers.get("cookie") ?? "").split(";").map((part) => part.trim())
      .flatMap((part) => part.startsWith(prefix) ? [part.slice(prefix.length)] : [])
      .flatMap((cookie) => {
        const [, content = "", expiryS, id = "", signature = ""] =
          /^((\d{1,12})\.([0-9a-f]{32}))\.([0-9a-f]{64})$/.exec(cookie) ?? [];
        const isValid = isSame(signature, this.#sign(content)) && Number(expiryS) * 1000 > this.#time() &&
          !this.#ended.has(id);
        return isValid ? [id] : [];
      }).slice(0, MAX_ENDED_LOGINS);
  }

  #sign(content: string): string {
    return createHmac("sha256", this.#key).update(`srt-splitter login ${content}`).digest("hex");
  }
}

const HINT = 'send {"token": "..."}, with the first line of the file of --web-token-file';

/**
 * Returns the name of the cookie. Browsers send a cookie to every port of its host, so the name has the port as the browser knows
 * it: two listeners on a machine can have different tokens.
 */
export function cookieName(headers: Headers): string {
  const port = /:(\d+)$/.exec(headers.get("host") ?? "")?.[1];
  return port === undefined ? "srt-splitter" : `srt-splitter-${port}`;
}

/** Makes a cookie. If the page was loaded by TLS, through a reverse proxy, browsers send the cookie by TLS only. */
function setCookie(headers: Headers, { value, maxAgeS }: { readonly value: string; readonly maxAgeS: number }): string {
  const secure = headers.get("origin")?.startsWith("https:") === true ? "; Secure" : "";
  return `${cookieName(headers)}=${value}; Max-Age=${maxAgeS}; Path=/; HttpOnly; SameSite=Strict${secure}`;
}

function replyNothing(cookie: string): Response {
  return reply(null, { status: 204, headers: { "set-cookie": cookie } });
}

/** Compares digests, so that the time does not depend on how much of a secret is right. */
function isSame(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
