import { deepStrictEqual, match } from "node:assert/strict";
import type { ControlAnswer } from "../../mod/handoff/control_message.ts";
import { openLibc } from "../../mod/os/libc.ts";
import type { Ask } from "../../mod/web/listener_client.ts";
import { WebServer } from "../../mod/web/web_server.ts";

const libc = openLibc();

/** A server whose listener answers like this, and the failures that it reports. */
function serverWith(ask: Ask): { readonly server: WebServer; readonly failures: readonly string[] } {
  const failures: string[] = [];
  const server = new WebServer({
    token: null,
    version: "1.2.3",
    libc,
    ask,
    connectSession: () => null,
    now: () => 0,
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
  const waiting = Array.from({ length: 64 }, () => server.handle(request("/api/state")));
  const refused = await server.handle(request("/api/state"));
  deepStrictEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  match((await refused.json()).error, /^too many requests/);
  held.resolve({ answer: "failed", pid: 1, problem: "the listener is starting" });
  await Promise.all(waiting);
  const answered = await server.handle(request("/api/state"));
  deepStrictEqual([answered.status, (await answered.json()).error], [503, "the listener is starting"]);
});

Deno.test("WebServer answers 500 and reports a bug, without the details in the answer", async () => {
  const { server, failures } = serverWith(() => Promise.reject(new TypeError("a secret detail")));
  const response = await server.handle(request("/api/state?token=secret"));
  deepStrictEqual([response.status, (await response.json()).error], [500, "the request could not be answered"]);
  deepStrictEqual(failures, ["cannot answer GET /api/state: a secret detail"]);
  deepStrictEqual((await server.handle(request("/api/openapi.json"))).status, 200);
});
