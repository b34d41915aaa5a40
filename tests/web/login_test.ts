import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Login } from "../../mod/web/login.ts";

const TOKEN = "0123456789abcdef";
const HOST = "192.0.2.7:9080";
const WEEK_MS = 604_800_000;

function order(body: unknown): Request {
  return new Request(`http://${HOST}/login`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", host: HOST },
  });
}

/** Logs in. Returns the cookie as a browser sends it. */
async function cookieOf(login: Login, token: string = TOKEN): Promise<string> {
  const response = await login.open(order({ token }));
  strictEqual(response.status, 204);
  return /^[^;]+/.exec(response.headers.get("set-cookie") ?? "")?.[0] ?? "";
}

function hasCookie(login: Login, cookie: string, host: string = HOST): boolean {
  return login.hasCookie(new Headers({ host, cookie }));
}

Deno.test("Login returns a strict cookie that does not contain the token", async () => {
  const response = await new Login({ token: TOKEN, time: () => 0 }).open(order({ token: TOKEN }));
  const cookie = response.headers.get("set-cookie") ?? "";
  match(
    cookie,
    /^srt-splitter-9080=604800\.[0-9a-f]{32}\.[0-9a-f]{64}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  strictEqual(cookie.includes(TOKEN), false);
});

Deno.test("Login returns a cookie that is sent by TLS only to a page that came by TLS", async () => {
  const request = order({ token: TOKEN });
  request.headers.set("origin", "https://cameras.example.com");
  const response = await new Login({ token: TOKEN, time: () => 0 }).open(request);
  match(response.headers.get("set-cookie") ?? "", /; Secure$/);
});

Deno.test("Login accepts its cookie beside others for a week, also in another process", async () => {
  let nowMs = 0;
  const cookie = await cookieOf(new Login({ token: TOKEN, time: () => nowMs }));
  const later = new Login({ token: TOKEN, time: () => nowMs });
  const isAccepted = [0, WEEK_MS - 1, WEEK_MS].map((ms) => {
    nowMs = ms;
    return hasCookie(later, `a=b; ${cookie}; c=d`);
  });
  deepStrictEqual(isAccepted, [true, true, false]);
});

Deno.test("Login refuses a cookie of another token, of another port, and one that was changed", async () => {
  const login = new Login({ token: TOKEN, time: () => 0 });
  const cookie = await cookieOf(login);
  const other = new Login({ token: `${TOKEN}x`, time: () => 0 });
  const name = "srt-splitter-9080";
  deepStrictEqual([
    hasCookie(other, cookie),
    hasCookie(login, cookie, "192.0.2.7:9081"),
    hasCookie(login, cookie.replace("=604800.", "=604801.")),
    hasCookie(login, cookie.slice(0, -1)),
    ...["", `${name}=`, `${name}=..`, `${name}=${TOKEN}`].map((text) => hasCookie(login, text)),
    hasCookie(login, cookie),
  ], [...Array(8).fill(false), true]);
});

Deno.test("Login ends one login and keeps the others", async () => {
  const login = new Login({ token: TOKEN, time: () => 0 });
  const [first, second] = [await cookieOf(login), await cookieOf(login)];
  const response = login.close(new Headers({ host: HOST, cookie: first }));
  match(response.headers.get("set-cookie") ?? "", /^srt-splitter-9080=; Max-Age=0; Path=\/;/);
  deepStrictEqual([hasCookie(login, first), hasCookie(login, second)], [false, true]);
});

Deno.test("Login delays wrong tokens, and refuses every login while too many are in progress", async () => {
  const login = new Login({ token: TOKEN, time: () => 0, wrongMs: 200 });
  const statusOf = async (token: string) => (await login.open(order({ token }))).status;
  const startMs = performance.now();
  const statuses = await Promise.all(["a", "b", "c", "d", "e", TOKEN].map(statusOf));
  deepStrictEqual(statuses, [401, 401, 401, 401, 429, 429]);
  strictEqual(performance.now() - startMs > 190, true);
  strictEqual(await statusOf(TOKEN), 204);
});

for (const body of [{}, { token: 1 }, { token: TOKEN, other: 1 }, TOKEN, null]) {
  Deno.test(`Login refuses the body ${JSON.stringify(body)}`, async () => {
    strictEqual((await new Login({ token: TOKEN, time: () => 0 }).open(order(body))).status, 400);
  });
}
