import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { type KeptLogins, Login } from "../../mod/web/login.ts";
import { WrongTokens } from "../../mod/web/wrong_tokens.ts";
import { repeatIfDisturbed } from "../support/repeat_if_disturbed.ts";

const TOKEN = "0123456789abcdef";
const HOST = "192.0.2.7:9080";
const SOURCE = "192.0.2.9";
const WEEK_MS = 604_800_000;

/** What a listener keeps: logins that end are in `ended`. */
function keptWith({ key = "key", ended = [] }: { readonly key?: string; readonly ended?: string[] } = {}): KeptLogins {
  return { key, ended, end: (ids) => Promise.resolve(ended.push(...ids) > 0) };
}

/** `delayMs`: how long wrong tokens are delayed. */
function loginWith(
  { token = TOKEN, kept = keptWith(), time = () => 0, delayMs = 50 }: {
    readonly token?: string;
    readonly kept?: KeptLogins;
    readonly time?: () => number;
    readonly delayMs?: number;
  } = {},
): Login {
  return new Login({ token, kept, time, wrongTokens: new WrongTokens({ now: () => performance.now(), delayMs }) });
}

function order(body: unknown): Request {
  return new Request(`http://${HOST}/login`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", host: HOST },
  });
}

/** Logs in. Returns the cookie as a browser sends it. */
async function cookieOf(login: Login, token: string = TOKEN): Promise<string> {
  const response = await login.open(order({ token }), SOURCE);
  strictEqual(response.status, 204);
  return /^[^;]+/.exec(response.headers.get("set-cookie") ?? "")?.[0] ?? "";
}

function hasCookie(login: Login, cookie: string, host: string = HOST): boolean {
  return login.hasCookie(new Headers({ host, cookie }));
}

Deno.test("Login returns a strict cookie that does not contain the token", async () => {
  const response = await loginWith().open(order({ token: TOKEN }), SOURCE);
  const cookie = response.headers.get("set-cookie") ?? "";
  match(
    cookie,
    /^srt-splitter-9080=604800\.[0-9a-f]{32}\.[0-9a-f]{64}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  strictEqual(cookie.includes(TOKEN), false);
});

Deno.test("Login marks its cookie Secure if the page came by TLS", async () => {
  const request = order({ token: TOKEN });
  request.headers.set("origin", "https://cameras.example.com");
  const response = await loginWith().open(request, SOURCE);
  match(response.headers.get("set-cookie") ?? "", /; Secure$/);
});

Deno.test("Login accepts its cookie beside others for a week, also in another process", async () => {
  let nowMs = 0;
  const cookie = await cookieOf(loginWith({ time: () => nowMs }));
  const later = loginWith({ time: () => nowMs });
  const isAccepted = [0, WEEK_MS - 1, WEEK_MS].map((ms) => {
    nowMs = ms;
    return hasCookie(later, `a=b; ${cookie}; c=d`);
  });
  deepStrictEqual(isAccepted, [true, true, false]);
});

Deno.test("Login refuses a cookie of another token, of another listener, of another port, and one that was changed", async () => {
  const login = loginWith();
  const cookie = await cookieOf(login);
  const others = [loginWith({ token: `${TOKEN}x` }), loginWith({ kept: keptWith({ key: "other" }) })];
  const name = "srt-splitter-9080";
  deepStrictEqual([
    ...others.map((other) => hasCookie(other, cookie)),
    hasCookie(login, cookie, "192.0.2.7:9081"),
    hasCookie(login, cookie.replace("=604800.", "=604801.")),
    hasCookie(login, cookie.slice(0, -1)),
    ...["", `${name}=`, `${name}=..`, `${name}=${TOKEN}`].map((text) => hasCookie(login, text)),
    hasCookie(login, cookie),
  ], [...Array(9).fill(false), true]);
});

Deno.test("Login ends one login, also for the next process, and keeps the others", async () => {
  const ended: string[] = [];
  const login = loginWith({ kept: keptWith({ ended }) });
  const [first, second] = [await cookieOf(login), await cookieOf(login)];
  const response = await login.close(new Headers({ host: HOST, cookie: first }));
  match(response.headers.get("set-cookie") ?? "", /^srt-splitter-9080=; Max-Age=0; Path=\/;/);
  const next = loginWith({ kept: keptWith({ ended }) });
  for (const one of [login, next]) {
    deepStrictEqual([hasCookie(one, first), hasCookie(one, second)], [false, true]);
  }
});

Deno.test("Login keeps a login if the listener cannot remember its end", async () => {
  const login = loginWith({ kept: { ...keptWith(), end: () => Promise.resolve(false) } });
  const cookie = await cookieOf(login);
  const response = await login.close(new Headers({ host: HOST, cookie }));
  deepStrictEqual([response.status, response.headers.has("set-cookie"), hasCookie(login, cookie)], [503, false, true]);
});

Deno.test("Login accepts the right token at once, however many wrong ones of the same source wait", () =>
  repeatIfDisturbed(async () => { // within 200 ms
    const login = loginWith({ delayMs: 200 });
    const statuses: number[] = [];
    const open = async (token: string) => statuses.push((await login.open(order({ token }), SOURCE)).status);
    await Promise.all([...Array.from({ length: 20 }, (_, index) => open(`wrong${index}`)), open(TOKEN)]);
    deepStrictEqual(statuses, [204, ...Array(20).fill(401)]);
  }));

Deno.test("Login gives up the oldest of too many slow logins of a source, and not those of another one", async () => {
  const login = loginWith();
  const slow = Array.from({ length: 65 }, () => new TransformStream<Uint8Array<ArrayBuffer>>());
  const openSlow = ({ readable: body }: TransformStream<Uint8Array<ArrayBuffer>>, source: string) => {
    const headers = { "content-type": "application/json", host: HOST };
    return login.open(new Request(`http://${HOST}/login`, { method: "POST", body, headers }), source);
  };
  const answers = slow.map((stream, index) => openSlow(stream, index === 0 ? "192.0.2.10" : SOURCE));
  strictEqual((await login.open(order({ token: TOKEN }), SOURCE)).status, 204);
  strictEqual((await answers[1])?.status, 400);
  for (const { writable } of slow) writable.close().catch(() => {}); // that of the oldest is cancelled
  const rest = await Promise.all(answers);
  deepStrictEqual(await Promise.all(rest.map(async (answer) => (await answer.json()).error)), [
    "the body is not JSON",
    "the body did not arrive",
    ...Array(63).fill("the body is not JSON"),
  ]);
});

for (const body of [{}, { token: 1 }, { token: TOKEN, other: 1 }, TOKEN, null]) {
  Deno.test(`Login refuses the body ${JSON.stringify(body)}`, async () => {
    strictEqual((await loginWith().open(order(body), SOURCE)).status, 400);
  });
}
