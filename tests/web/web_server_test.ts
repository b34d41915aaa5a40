import { deepStrictEqual, match } from "node:assert/strict";
import type { ControlAnswer } from "../../mod/handoff/control_message.ts";
import { openLibc } from "../../mod/os/libc.ts";
import type { Ask } from "../../mod/web/listener_client.ts";
import { WebServer } from "../../mod/web/web_server.ts";
import { repeatIfDisturbed } from "../support/repeat_if_disturbed.ts";

const TOKEN = "0123456789abcdef";
const libc = openLibc();

/** A server whose listener answers like this, and the failures that it reports. */
function serverWith(
  ask: Ask,
  { token = null }: { readonly token?: string | null } = {},
): { readonly server: WebServer; readonly failures: readonly string[] } {
  const failures: string[] = [];
  const server = new WebServer({
    access: token === null ? null : { token, kept: { key: "key", ended: [], end: () => Promise.resolve(true) } },
    version: "1.2.3",
    libc,
    ask,
    connectSession: () => null,
    now: () => performance.now(),
    time: () => 0,
    onFailure: (text) => failures.push(text),
  });
  return { server, failures };
}

function request(path: string): Request {
  return new Request(`http://127.0.0.1${path}`, { headers: { host: "127.0.0.1" } });
}

Deno.test("WebServer refuses requests beyond its limit, until one is answered", async () => {
  const held = Promise.withResolvers<ControlAnswer | null>();
  const { server } = serverWith(() => held.promise);
  const waiting = Array.from({ length: 64 }, () => server.handle(request("/api/state"), "127.0.0.1"));
  const refused = await server.handle(request("/api/state"), "127.0.0.1");
  deepStrictEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  match((await refused.json()).error, /^too many requests/);
  held.resolve({ answer: "failed", pid: 1, problem: "the listener is starting" });
  await Promise.all(waiting);
  const answered = await server.handle(request("/api/state"), "127.0.0.1");
  deepStrictEqual([answered.status, (await answered.json()).error], [503, "the listener is starting"]);
});

Deno.test("WebServer answers 500 and reports a bug, without the details in the answer", async () => {
  const { server, failures } = serverWith(() => Promise.reject(new TypeError("a secret detail")));
  const response = await server.handle(request("/api/state?token=secret"), "127.0.0.1");
  deepStrictEqual([response.status, (await response.json()).error], [500, "the request could not be answered"]);
  deepStrictEqual(failures, ["cannot answer GET /api/state: a secret detail"]);
  deepStrictEqual((await server.handle(request("/api/openapi.json"), "127.0.0.1")).status, 200);
});

Deno.test("WebServer answers requests with the right token while wrong and slow logins wait", () =>
  repeatIfDisturbed(async () => { // within the second for which wrong tokens wait
    const { server } = serverWith(() => Promise.resolve(null), { token: TOKEN });
    const send = (path: string, { source = "192.0.2.1", ...init }: RequestInit & { readonly source?: string }) => {
      return server.handle(new Request(`http://192.0.2.7${path}`, init), source);
    };
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    const slow = Array.from({ length: 70 }, () => new TransformStream<Uint8Array<ArrayBuffer>>());
    const login = { method: "POST", headers: { "content-type": "application/json" } };
    const waiting = [
      ...slow.map(({ readable: body }, index) => send("/login", { ...login, body, source: `198.51.100.${index}` })),
      ...Array.from({ length: 70 }, (_, index) => send("/metrics", { ...bearer("x"), source: `203.0.113.${index}` })),
      ...[1, 2, 3, 4].map(() => send("/api/state", bearer(`${TOKEN}x`))),
    ];
    let answered = 0;
    for (const answer of waiting) void answer.then(() => answered += 1);
    const statuses = [
      (await send("/api/history", bearer(TOKEN))).status,
      (await send("/login", { ...login, body: JSON.stringify({ token: TOKEN }) })).status,
      (await send("/", {})).status,
      (await send("/api/history", {})).status,
    ];
    deepStrictEqual([statuses, answered], [[200, 204, 200, 401], 0]);
    for (const { writable } of slow) await writable.close();
    const all = (await Promise.all(waiting)).map(({ status }) => status);
    deepStrictEqual(all, [...Array(70).fill(400), ...Array(74).fill(401)]);
  }));
