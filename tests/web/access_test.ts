import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { judgeAccess } from "../../mod/web/access.ts";
import { Login } from "../../mod/web/login.ts";
import { WrongTokens } from "../../mod/web/wrong_tokens.ts";

const TOKEN = "0123456789abcdef";
const KEPT = { key: "key", ended: [], end: () => Promise.resolve(true) };

function statusOf(
  headers: Readonly<Record<string, string>>,
  { method = "GET", token = null, isOpen = false }: {
    readonly method?: string;
    readonly token?: string | null;
    readonly isOpen?: boolean;
  } = {},
): number | null {
  const wrongTokens = new WrongTokens({ now: () => 0 });
  const login = token === null ? null : new Login({ token, kept: KEPT, time: () => 0, wrongTokens });
  return judgeAccess({ method, headers: new Headers(headers) }, login, { isOpen })?.status ?? null;
}

for (const host of ["127.0.0.1:9080", "127.8.9.1:1", "localhost", "LOCALHOST:8080", "[::1]:9080", "[::1]"]) {
  Deno.test(`judgeAccess accepts the Host ${host} without a token`, () => strictEqual(statusOf({ host }), null));
}

for (
  const host of [
    ...["", "example.com", "127.0.0.1.example.com", "localhost.example.com:9080", "example.com:9080", "192.0.2.7:9080"],
    ...["127.0.0.1@example.com", "[::2]:9080"],
  ]
) {
  Deno.test(`judgeAccess refuses the Host ${JSON.stringify(host)} without a token`, () => {
    strictEqual(statusOf({ host }), 403);
  });
}

for (
  const [origin, expected] of [
    ["http://127.0.0.1:9080", null],
    ["https://127.0.0.1:9080", null],
    ["http://127.0.0.1:9081", 403],
    ["http://localhost:9080", 403],
    ["https://example.com", 403],
    ["null", 403],
  ] as const
) {
  Deno.test(`judgeAccess ${expected === null ? "accepts" : "refuses"} the Origin ${origin}, also with the token`, () => {
    const headers = { host: "127.0.0.1:9080", origin, authorization: `Bearer ${TOKEN}` };
    deepStrictEqual([statusOf(headers), statusOf(headers, { token: TOKEN, method: "POST" })], [expected, expected]);
  });
}

Deno.test("judgeAccess refuses orders from pages of other sites by Sec-Fetch-Site", () => {
  const host = "localhost:9080";
  const statuses = ["same-origin", "none", "same-site", "cross-site"].map((site) => {
    return statusOf({ host, "sec-fetch-site": site }, { method: "POST" });
  });
  deepStrictEqual(statuses, [null, null, 403, 403]);
});

for (
  const [mode, destination, expected] of [
    ["no-cors", "image", 403],
    ["no-cors", "empty", 403],
    ["websocket", "websocket", 403],
    ["navigate", "iframe", 403],
    ["navigate", "document", null],
  ] as const
) {
  Deno.test(`judgeAccess returns ${expected} for a GET from another site with the mode ${mode} for ${destination}`, () => {
    const headers = { host: "localhost:9080", "sec-fetch-mode": mode, "sec-fetch-dest": destination };
    const statuses = ["same-site", "cross-site"].map((site) => statusOf({ ...headers, "sec-fetch-site": site }));
    deepStrictEqual(statuses, [expected, expected]);
  });
}

for (
  const [authorization, expected] of [
    [`Bearer ${TOKEN}`, null],
    [`bearer  ${TOKEN}`, null],
    [`Bearer ${TOKEN}x`, 401],
    [`Bearer ${TOKEN.slice(1)}`, 401],
    [`Basic ${TOKEN}`, 401],
    ["Bearer", 401],
    ["", 401],
  ] as const
) {
  Deno.test(`judgeAccess returns ${expected} for ${JSON.stringify(authorization)} if a token is required`, () => {
    strictEqual(statusOf({ host: "example.com", authorization }, { token: TOKEN }), expected);
  });
}

Deno.test("judgeAccess requires the token on loopback too", () => {
  strictEqual(statusOf({ host: "127.0.0.1:9080" }, { token: TOKEN }), 401);
});

Deno.test("judgeAccess requires no token for an open path, but refuses pages of other sites there", () => {
  const host = "192.0.2.7:9080";
  const statuses = [{ host }, { host, origin: "http://example.com" }].map((headers) => {
    return statusOf(headers, { token: TOKEN, isOpen: true, method: "POST" });
  });
  deepStrictEqual(statuses, [null, 403]);
});

for (
  const [method, headers, expected] of [
    ["GET", {}, null],
    ["POST", {}, 403],
    ["DELETE", {}, 403],
    ["POST", { "sec-fetch-site": "none" }, 403],
    ["POST", { "sec-fetch-site": "same-site" }, 403],
    ["POST", { "sec-fetch-site": "same-origin" }, null],
    ["POST", { origin: "http://192.0.2.7:9080" }, null],
    ["POST", { origin: "http://192.0.2.7:9081" }, 403],
  ] as const
) {
  Deno.test(`judgeAccess returns ${expected} for ${method} with a cookie and ${JSON.stringify(headers)}`, () => {
    const login = { hasToken: () => false, hasCookie: () => true };
    const refusal = judgeAccess({ method, headers: new Headers({ host: "192.0.2.7:9080", ...headers }) }, login);
    strictEqual(refusal?.status ?? null, expected);
  });
}
