/** `srt-splitter web` and `listen --web`: sessions, events, recordings and orders by HTTP, with real listeners and callers. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { connectProven } from "../support/call.ts";
import { firstVideoFrame, SentPicture } from "../support/ffmpeg.ts";
import { makePayload } from "../support/payload.ts";
import { readAll } from "../support/read_all.ts";
import { childrenOf, waitUntil, waitUntilGone } from "../support/processes.ts";
import { readLines } from "../../mod/os/read_lines.ts";
import { openApiSchema } from "../support/openapi_schema.ts";
import { Splitter } from "../support/splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { repeatedStream } from "../support/watched_session.ts";
import { until, Web } from "../support/web.ts";

const LOCAL = "127.0.0.1:0";
const TOKEN = "0123456789abcdef0123456789abcdef";

function freeTcpPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function body(value: unknown): RequestInit {
  return { method: "POST", body: JSON.stringify(value), headers: { "content-type": "application/json" } };
}

Deno.test("web serves sessions and state as its OpenAPI document describes them", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--stats", "200ms"]);
  await using web = await Web.start(splitter);
  await using _caller = await connectProven(splitter, "<script>alert(1)</script>");
  await splitter.event("stats", ({ bytes }) => bytes > 0);
  const check = openApiSchema(await web.json("/api/openapi.json"));
  await until("figures", async () => (await web.json("/api/sessions/s1")).bytes !== null);
  const { sessions } = check("sessions", await web.json("/api/sessions"));
  assert.deepStrictEqual(sessions[0].stream, "<script>alert(1)</script>");
  check("runningSession", await web.json("/api/sessions/s1"));
  const state = check("state", await web.json("/api/state"));
  assert.deepStrictEqual([state.listening.port, state.counts.sessions], [splitter.port, 1]);
  check("problem", await web.json("/api/sessions/s9", { status: 404 }));
});

Deno.test("web sends the events of the listener, and ends when the listener has stopped", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  const { body: events } = await web.fetch("/api/events");
  if (events === null) throw new Error("there is no body");
  await using _caller = await connectProven(splitter, "cam1");
  assert.strictEqual(await splitter.stop(), 0);
  const received: unknown[] = [];
  for await (const line of readLines(events)) {
    if (line.startsWith("data: ")) received.push(JSON.parse(line.slice("data: ".length)));
  }
  assert.deepStrictEqual(received, splitter.events.filter(({ event }) => event !== "listening"));
  assert.deepStrictEqual([(await web.ended()).code, web.errors], [0, []]);
});

Deno.test("web ends with exit code 3 when the listener is killed", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  splitter.signal("SIGKILL");
  const { code } = await web.ended();
  assert.strictEqual(code, 3);
  assert.match(web.errors[0] ?? "", /^error: the listener on 127\.0\.0\.1:\d+ has ended without a clean stop$/);
});

Deno.test("web stops a session, and reports one that does not run", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  await using caller = await connectProven(splitter, "cam1");
  const { ended } = await web.json("/api/sessions/s1/stop", { method: "POST" });
  assert.deepStrictEqual(ended, await splitter.event("session-end"));
  await caller.waitUntilBroken();
  await web.json("/api/sessions/s1/stop", { method: "POST", status: 404 });
  await web.json("/api/sessions/cam1/stop", { method: "POST", status: 404 });
});

Deno.test("web cuts a session, and serves its recordings without a change", async () => {
  using folder = new TemporaryFolder();
  using sent = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path]);
  await using web = await Web.start(splitter);
  const file = sent.file("sent.ts");
  await using sending = new SentPicture(`srt://127.0.0.1:${splitter.port}?streamid=cam1`, { file, seconds: 5 });
  const recording = await splitter.recording();
  await waitUntil("payload", () => Deno.statSync(recording.file).size > 0);
  const cut = await web.json("/api/sessions/s1/cut", { method: "POST" });
  await sending.sent();
  const { files } = await splitter.event("session-end");
  assert.deepStrictEqual(cut, { file: files[1], previous: files[0] });
  const { recordings } = await web.json("/api/recordings");
  assert.deepStrictEqual(recordings.map(({ state }: { readonly state: string }) => state), ["final", "final"]);
  const parts = [];
  for (const { url } of recordings.toReversed()) parts.push(await (await web.fetch(url)).arrayBuffer());
  assertSameBytes(new Uint8Array(await new Blob(parts).arrayBuffer()), Deno.readFileSync(file));
  const range = await web.fetch(recordings[0].url, { headers: { range: "bytes=188-375" } });
  assert.strictEqual(range.status, 206);
  assertSameBytes(new Uint8Array(await range.arrayBuffer()), new Uint8Array(parts[1] ?? []).slice(188, 376));
});

Deno.test("web sends the live stream of a session from a key frame on, over several files, to its end", async () => {
  using folder = new TemporaryFolder();
  using received = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path]);
  await using web = await Web.start(splitter);
  const sent = received.file("sent.ts");
  await using sending = new SentPicture(`srt://127.0.0.1:${splitter.port}?streamid=cam1`, { file: sent, seconds: 6 });
  const { file } = await splitter.recording();
  await waitUntil("payload", () => Deno.statSync(file).size > 300_000);
  const live = await web.fetch("/sessions/s1/live.ts");
  assert.deepStrictEqual([live.status, live.headers.get("content-type")], [200, "video/mp2t"]);
  const whole = live.bytes();
  await web.json("/api/sessions/s1/cut", { method: "POST" });
  await sending.sent();
  const { files } = await splitter.event("session-end");
  const bytes = await whole;
  Deno.writeFileSync(received.file("live.ts"), bytes);
  assert.deepStrictEqual(await firstVideoFrame(received.file("live.ts")), { isKey: true, errors: "" });
  const recorded = readAll(files);
  assert.ok(bytes.length < recorded.length, "it began with the recording");
  assertSameBytes(bytes, recorded.slice(recorded.length - bytes.length));
});

Deno.test("web returns a still picture of a session", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path]);
  await using web = await Web.start(splitter);
  const target = { file: folder.file("sent.ts"), seconds: 4 };
  await using sending = new SentPicture(`srt://127.0.0.1:${splitter.port}?streamid=cam1`, target);
  const { file } = await splitter.recording();
  await waitUntil("payload", () => Deno.statSync(file).size > 100_000);
  const picture = await web.fetch("/sessions/s1/picture.jpg");
  assert.deepStrictEqual([picture.status, picture.headers.get("content-type")], [200, "image/jpeg"]);
  assert.deepStrictEqual((await picture.bytes()).slice(0, 2), new Uint8Array([0xff, 0xd8]));
  await web.json("/sessions/s2/picture.jpg", { status: 404 });
  await sending.sent();
  await splitter.event("session-end");
});

Deno.test("a web process that is killed while it decodes a picture leaves no process behind", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path]);
  await using web = await Web.start(splitter);
  await using caller = await connectProven(splitter, "cam1");
  await splitter.recording();
  const sending = caller.send(makePayload(20_000), { bitsPerSecond: 2_000_000 }).catch(() => {});
  const picture = web.fetch("/sessions/s1/picture.jpg").catch(() => null); // the payload has no picture, so ffmpeg waits for more
  await waitUntil("ffmpeg", () => childrenOf(web.pid).length === 1);
  const [ffmpeg = 0] = childrenOf(web.pid);
  Deno.kill(web.pid, "SIGKILL");
  await waitUntilGone(ffmpeg);
  assert.strictEqual(await picture, null);
  await caller[Symbol.asyncDispose]();
  await sending;
});

Deno.test("web reports that a session has no live stream, with the reason", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--stats", "200ms"]);
  await using web = await Web.start(splitter);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(new Uint8Array(1316 * 100).map((_, at) => at % 251));
  await splitter.event("stats", ({ ts }) => ts?.payload === "other");
  await until("figures", async () => (await web.json("/api/sessions/s1")).ts?.payload === "other");
  assert.match((await web.json("/sessions/s1/live.ts", { status: 409 })).error, /not a transport stream$/);
  await web.json("/sessions/s2/live.ts", { status: 404 });
});

Deno.test("web reports a session that has no file to cut", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  await using _caller = await connectProven(splitter, "cam1");
  const { error } = await web.json("/api/sessions/s1/cut", { method: "POST", status: 409 });
  assert.strictEqual(error, "its payload is not written to a file");
  await web.json("/api/recordings", { status: 404 });
});

Deno.test("web bans a stream name, lists the ban, and refuses orders that it cannot use", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  await using _caller = await connectProven(splitter, "cam1");
  const { ban, ended } = await web.json("/api/bans", body({ subject: "cam1" }));
  assert.deepStrictEqual([ban.subject, ended.length], ["cam1", 1]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1403 });
  assert.deepStrictEqual(await web.json("/api/bans"), { bans: [ban] });
  const refused = [
    [{ ...body({}), headers: { "content-type": "text/plain" } }, 415],
    [{ ...body({}), body: "{" }, 400],
    [body({}), 400],
    [body({ subject: "cam1", forMs: 0 }), 400],
    [body({ subject: "cam1", other: 1 }), 400],
    [body({ subject: "x".repeat(20_000) }), 413],
    [body({ subject: "300.1.1.1" }), 409],
    [body({ subject: "cam\ud800" }), 409],
  ] as const;
  for (const [init, status] of refused) await web.json("/api/bans", { ...init, status });
  assert.deepStrictEqual(await web.json("/api/bans"), { bans: [ban] });
});

for (const ordered of ["192.0.2.0/24", "cam/a b&c=d?", "..", "<script>", "/192.0.2.7"]) {
  const subject = ordered.replace(/^\//, "");
  Deno.test(`web lifts the ban of ${JSON.stringify(ordered)}, once`, async () => {
    await using splitter = await Splitter.listen([LOCAL]);
    await using web = await Web.start(splitter);
    const { ban } = await web.json("/api/bans", body({ subject: ordered }));
    assert.deepStrictEqual([ban.subject, await web.json("/api/bans")], [subject, { bans: [ban] }]);
    const path = `/api/bans?${new URLSearchParams({ subject })}`;
    const lifted = await web.fetch(path, { method: "DELETE" });
    assert.deepStrictEqual([lifted.status, await lifted.text()], [204, ""]);
    assert.deepStrictEqual(await web.json("/api/bans"), { bans: [] });
    await web.json(path, { method: "DELETE", status: 404 });
  });
}

Deno.test("web refuses other methods and paths, and every response has a strict policy", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  for (
    const [path, method, status] of [["/api/state", "DELETE", 405], ["/api/x", "GET", 404], ["/", "GET", 200]] as const
  ) {
    const response = await web.fetch(path, { method });
    await response.text();
    assert.strictEqual(response.status, status);
    assert.match(
      response.headers.get("content-security-policy") ?? "",
      /^default-src 'none';.* frame-ancestors 'none'/,
    );
    assert.strictEqual(response.headers.get("x-content-type-options"), "nosniff");
  }
});

Deno.test("web answers HEAD as GET, without the body, and without opening a stream", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path]);
  await using web = await Web.start(splitter);
  await using caller = await connectProven(splitter, "cam1");
  const { file } = await splitter.recording();
  const headOf = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await web.fetch(path, { method: "HEAD", headers });
    assert.strictEqual((await response.bytes()).length, 0);
    return response;
  };
  for (let index = 0; index < 70; index += 1) { // more than there can be viewers or clients of events
    for (
      const [path, type] of [["/sessions/s1/live.ts", "video/mp2t"], ["/api/events", "text/event-stream"]] as const
    ) {
      const { status, headers } = await headOf(path);
      assert.deepStrictEqual([status, headers.get("content-type")], [200, type]);
    }
  }
  for (const path of ["/sessions/s1/live.ts", "/api/events"]) {
    const { status, body } = await web.fetch(path);
    await body?.cancel();
    assert.strictEqual(status, 200);
  }
  await caller[Symbol.asyncDispose]();
  await splitter.event("session-end");
  const { size } = Deno.statSync(file);
  const { recordings: [{ url }] } = await web.json("/api/recordings");
  const lengthOf = async (path: string) => (await (await web.fetch(path)).bytes()).length;
  for (const path of ["/", "/page.js", "/metrics", "/api/openapi.json", `${url}.json`, url]) {
    const { status, headers } = await headOf(path, { range: "bytes=0-187" });
    const length = path === "/metrics" ? headers.get("content-length") : String(await lengthOf(path)); // the metrics change
    assert.deepStrictEqual([path, status, headers.get("content-length")], [path, 200, length]);
  }
  assert.strictEqual((await headOf(url)).headers.get("content-length"), String(size));
  for (const [path, status] of [["/sessions/s9/live.ts", 404], ["/x", 404], ["/login", 405]] as const) {
    assert.strictEqual((await headOf(path)).status, status);
  }
  const { headers, body } = await web.fetch("/api/bans", { method: "PUT" });
  await body?.cancel();
  assert.strictEqual(headers.get("allow"), "GET, HEAD, POST, DELETE");
});

Deno.test("web serves the files of its page, and allows nothing from elsewhere", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  for (const [path, name] of [["/", "index.html"], ["/page.js", "page.js"], ["/page.css", "page.css"]] as const) {
    const response = await web.fetch(path);
    assertSameBytes(
      new Uint8Array(await response.arrayBuffer()),
      Deno.readFileSync(new URL(`../../mod/web/assets/${name}`, import.meta.url)),
    );
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';/);
  }
  await web.json("/page.js", { method: "POST", status: 405 });
});

Deno.test("web with a token refuses requests without it", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("token"), `${TOKEN}\n`);
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter, ["--web-token-file", folder.file("token")]);
  for (const path of ["/api/state", "/api/events", "/api/recordings", "/x"]) await web.json(path, { status: 401 });
  await web.json("/api/state", { status: 401, headers: { authorization: `Bearer ${TOKEN}x` } });
  await web.json("/api/state", { headers: { authorization: `Bearer ${TOKEN}` } });
});

Deno.test("web with a token accepts the cookie of a login until the logout", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("token"), `${TOKEN}\n`);
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter, ["--web-token-file", folder.file("token")]);
  await web.json("/login", { ...body({ token: `${TOKEN}x` }), status: 401 });
  const login = await web.fetch("/login", body({ token: TOKEN }));
  assert.deepStrictEqual([login.status, await login.text()], [204, ""]);
  const cookie = /^[^;]+/.exec(login.headers.get("set-cookie") ?? "")?.[0] ?? "";
  await web.json("/api/state", { headers: { cookie } });
  const ban = body({ subject: "cam1" });
  await web.json("/api/bans", { ...ban, headers: { ...ban.headers, cookie }, status: 403 });
  await web.json("/api/bans", { ...ban, headers: { ...ban.headers, cookie, origin: web.url } });
  await web.json("/logout", { method: "POST", headers: { cookie }, status: 403 });
  await web.json("/api/state", { headers: { cookie } });
  const logout = await web.fetch("/logout", { method: "POST", headers: { cookie, origin: web.url } });
  assert.deepStrictEqual([logout.status, await logout.text()], [204, ""]);
  await web.json("/api/state", { headers: { cookie }, status: 401 });
  await web.json("/logout", { method: "POST", headers: { cookie, origin: web.url }, status: 401 });
});

Deno.test("logins and logouts outlast the web process and --replace, and end with the listener", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("token"), `${TOKEN}\n`);
  const port = freeTcpPort();
  const args = ["--web", `127.0.0.1:${port}`, "--web-token-file", folder.file("token"), "--verbose", "--spares", "0"];
  const url = `http://127.0.0.1:${port}`;
  const serving = /web process: serving /;
  const logIn = async () => {
    const response = await fetch(`${url}/login`, body({ token: TOKEN }));
    assert.strictEqual((await response.text(), response.status), 204);
    return /^[^;]+/.exec(response.headers.get("set-cookie") ?? "")?.[0] ?? "";
  };
  const statusOf = async (path: string, cookie: string, method = "GET") => {
    const response = await fetch(`${url}${path}`, { method, headers: { cookie, origin: url } });
    await response.text();
    return response.status;
  };
  const cookies: string[] = [];
  {
    await using splitter = await Splitter.listen([LOCAL, ...args]);
    await splitter.errorLine(serving);
    for (let count = 0; count < 2; count += 1) cookies.push(await logIn());
    assert.strictEqual(await statusOf("/logout", cookies[0] ?? "", "POST"), 204);
    const [web = 0] = childrenOf(splitter.pid);
    Deno.kill(web, "SIGKILL");
    await waitUntil("another web process", () => splitter.errors.filter((line) => serving.test(line)).length === 2);
    const statuses = [];
    for (const cookie of cookies) statuses.push(await statusOf("/api/state", cookie));
    assert.deepStrictEqual(statuses, [401, 200]);
    await using next = await Splitter.listen([`127.0.0.1:${splitter.port}`, ...args, "--replace"]);
    await next.errorLine(serving);
    const replaced = [];
    for (const cookie of cookies) replaced.push(await statusOf("/api/state", cookie));
    assert.deepStrictEqual(replaced, [401, 200]);
    assert.strictEqual((await splitter.ended()).code, 0);
    assert.strictEqual(await next.stop(), 0);
  }
  await using splitter = await Splitter.listen([LOCAL, ...args]);
  await splitter.errorLine(serving);
  for (const cookie of cookies) assert.strictEqual(await statusOf("/api/state", cookie), 401);
});

Deno.test("web without a token has no logins", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  await web.json("/login", { ...body({ token: TOKEN }), status: 409 });
  await web.json("/logout", { method: "POST", status: 409 });
});

Deno.test("web refuses an Origin of another site", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  await web.json("/api/state", { status: 403, headers: { origin: "http://example.com" } });
});

for (
  const [host, status] of [["example.com", 403], ["127.0.0.1:99999", 400], ["127.0.0.999", 400]] as const
) {
  Deno.test(`web refuses the Host ${host} with the status ${status}`, async () => {
    await using splitter = await Splitter.listen([LOCAL]);
    await using web = await Web.start(splitter);
    const { hostname, port } = new URL(web.url);
    using socket = await Deno.connect({ hostname, port: Number(port) });
    await socket.write(
      new TextEncoder().encode(`GET /api/state HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    const response = await new Response(socket.readable).text();
    assert.match(response, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(response, /\r\ncontent-security-policy: default-src 'none'/);
    assert.deepStrictEqual(web.errors, []);
  });
}

Deno.test("web reports an address in use, with exit code 3", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  using used = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = used.addr;
  const { code, stderr } = await Splitter.run(["web", `127.0.0.1:${port}`, "--listener", `127.0.0.1:${splitter.port}`]);
  assert.strictEqual(code, 3);
  assert.match(
    stderr,
    /^error: cannot serve HTTP on http:\/\/127\.0\.0\.1:\d+\/: address already in use\nhint: choose another/,
  );
});

/** Opens more connections than a web process has descriptors, and closes them. */
async function useUpDescriptors({ pid, url }: Pick<Web, "pid" | "url">): Promise<void> {
  await new Deno.Command("prlimit", { args: [`--pid=${pid}`, "--nofile=64"] }).output();
  const { hostname, port } = new URL(url);
  const connections = await Promise.allSettled(
    Array.from({ length: 100 }, () => Deno.connect({ hostname, port: Number(port) })),
  );
  for (const connection of connections) if (connection.status === "fulfilled") connection.value.close();
}

Deno.test("web continues after it had no descriptor left for connections", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  const { body: events } = await web.fetch("/api/events");
  await useUpDescriptors(web);
  await web.errorLine(/^warning: HTTP connections were refused for a while: too many open files$/);
  await web.json("/api/state");
  await events?.cancel();
});

Deno.test("listen --web reports a warning of its web process immediately", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--web", LOCAL, "--verbose", "--spares", "0"]);
  const serving = /web process: serving (http:\S+)\/ for the listener on/;
  const url = serving.exec(await splitter.errorLine(serving))?.[1] ?? "";
  const [pid = 0] = childrenOf(splitter.pid);
  await useUpDescriptors({ pid, url });
  await splitter.errorLine(/^warning: web process: HTTP connections were refused for a while: too many open files$/);
  await splitter.errorLine(/^hint: raise the hard limit of open files: ulimit -Hn, or LimitNOFILE= of the service$/);
  assert.deepStrictEqual(childrenOf(splitter.pid), [pid]);
});

for (const [files, hasToken, warns] of [[4095, true, true], [4096, true, false], [4095, false, false]] as const) {
  const token = hasToken ? "a token" : "no token";
  Deno.test(`web ${warns ? "warns" : "does not warn"} if ${files} files can be open and it has ${token}`, async () => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(folder.file("token"), `${TOKEN}\n`);
    await using splitter = await Splitter.listen([LOCAL]);
    const args = hasToken ? ["--web-token-file", folder.file("token")] : [];
    await using web = await Web.start(splitter, args, { as: ["prlimit", `--nofile=${files}:${files}`] });
    const lines = [
      "warning: only 4095 files can be open, so one machine can cause HTTP connections of others to fail",
      "hint: raise the hard limit of open files to 4096 or more: ulimit -Hn, or LimitNOFILE= of the service",
    ];
    if (warns) await web.errorLine(/^hint: /);
    await web.fetch("/page.css").then((response) => response.bytes());
    assert.deepStrictEqual(web.errors, warns ? lines : []);
  });
}

/** Returns a frame of HTTP/2 (RFC 9113, 4.1). */
function http2Frame(type: number, flags: number, stream: number, payload: readonly number[]): readonly number[] {
  const { length } = payload;
  return [length >> 16, length >> 8 & 255, length & 255, type, flags, 0, 0, stream >> 8, stream & 255, ...payload];
}

Deno.test("if a client reads no answer, web refuses its HTTP/2 requests beyond 256, and ends the connections on which it refuses many", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  const literal = (index: number, text: string) => [0x40 | index, text.length, ...new TextEncoder().encode(text)];
  const headers = [0x82, 0x86, ...literal(4, "/page.js"), ...literal(1, "127.0.0.1")]; // GET, http, :path, :authority
  const requests = Array.from({ length: 200 }, (_, index) => http2Frame(1, 5, 1 + 2 * index, headers)).flat();
  const preface = [
    ...new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ...http2Frame(4, 0, 0, [0, 4, 0, 0, 0, 0]),
  ];
  await using stack = new AsyncDisposableStack();
  const connect = async () => {
    const connection = stack.use(await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(web.url).port) }));
    await connection.write(Uint8Array.from([...preface, ...requests]));
    return connection;
  };
  await connect();
  const second = await connect();
  const third = await connect();
  const signal = AbortSignal.timeout(20_000);
  for (const { readable } of [second, third]) {
    await readable.pipeTo(new WritableStream(), { signal }).catch(() => {}); // it may be reset
    assert.ok(!signal.aborted, "the connection has not ended");
  }
  await until("an answer", async () => (await web.fetch("/page.css")).status === 200);
});

Deno.test("web answers one machine while another one holds as many connections as it can", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("token"), `${TOKEN}\n`);
  await using splitter = await Splitter.listen([LOCAL]);
  const options = { address: "[::]:0", as: ["prlimit", "--nofile=1024:1024"] };
  await using web = await Web.start(splitter, ["--web-token-file", folder.file("token")], options);
  const port = Number(new URL(web.url).port);
  const held: Deno.TcpConn[] = [];
  for (let index = 0; index < 1100; index += 1) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
    if (connection === null) continue; // it could not be accepted
    held.push(connection);
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\n")).catch(() => {}); // it was ended
  }
  await until("an answer", async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`http://[::1]:${port}/api/state`, { headers, signal: AbortSignal.timeout(2000) })
      .catch(() => null);
    return await response?.text() !== undefined && response?.status === 200;
  });
  for (const connection of held) connection.close();
});

Deno.test("web reports a folder of recordings that was removed", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.file("rec")]);
  await using web = await Web.start(splitter);
  Deno.removeSync(folder.file("rec"));
  const { error } = await web.json("/api/recordings", { status: 503 });
  assert.deepStrictEqual([error, web.errors], ["the folder of recordings cannot be read: there is no such folder", []]);
});

Deno.test("web reports that no listener has the address, with exit code 3", async () => {
  const { code, stderr } = await Splitter.run(["web", LOCAL, "--listener", "127.0.0.1:1"]);
  assert.strictEqual(code, 3);
  assert.match(stderr, /^error: no listener(?: of this user)? runs on that address\n/);
});

Deno.test("10,000 requests, and the death of the web process, do not change a session", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path]);
  await using web = await Web.start(splitter);
  const latencyMs = SAFE_LATENCY_MS;
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs });
  const block = makePayload(1000);
  let isOver = false;
  let sentBytes = 0;
  const sending = (async () => {
    for (; !isOver; sentBytes += block.length) await caller.send(block, { bitsPerSecond: 8_000_000 });
  })();
  sending.catch(() => {}); // a test that has failed closes the caller
  const paths = ["/api/sessions", "/api/sessions/s1", "/metrics", "/api/recordings", "/api/bans", "/nothing"];
  let requests = 0;
  const flood = async () => {
    for (; requests < 10_000; requests += 1) await (await web.fetch(paths[requests % paths.length] ?? "")).text();
  };
  await Promise.all(Array.from({ length: 32 }, flood));
  Deno.kill(web.pid, "SIGKILL");
  await web.ended();
  await using again = await Web.start(splitter);
  assert.strictEqual((await again.json("/api/sessions")).sessions.length, 1);
  isOver = true;
  await sending;
  await caller.waitUntilDelivered();
  caller.close();
  const { file, reason, statistics } = await splitter.event("session-end");
  assert.deepStrictEqual([reason, statistics?.pktRcvDropTotal], ["caller-closed", 0]);
  assertSameBytes(Deno.readFileSync(file ?? ""), repeatedStream(block, sentBytes));
});

Deno.test("listen --web reports where its page is, and the page is there", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--web", `127.0.0.1:${freeTcpPort()}`]);
  const { web: [url = ""] } = await splitter.event("listening");
  await until("the page", async () => (await fetch(url).then((answer) => answer.text(), () => "")).includes("<html"));
});

Deno.test("listen --web starts a web process, starts it again when it dies, and leaves none behind", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--web", LOCAL, "--verbose", "--spares", "0"]);
  const serving = /web process: serving (http:\S+)\/ for the listener on/;
  const url = serving.exec(await splitter.errorLine(serving))?.[1];
  const state = await (await fetch(`${url}/api/state`)).json();
  assert.strictEqual(state.listening.port, splitter.port);
  const [first = 0] = childrenOf(splitter.pid);
  Deno.kill(first, "SIGKILL");
  await splitter.errorLine(/^warning: the web process has ended \(SIGKILL\)$/);
  await waitUntil("another web process", () => splitter.errors.filter((line) => serving.test(line)).length === 2);
  const [second = 0] = childrenOf(splitter.pid);
  assert.notStrictEqual(second, first);
  assert.strictEqual(await splitter.stop(), 0);
  await waitUntilGone(second);
});

Deno.test("the web process of a listener that is killed ends", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--web", LOCAL, "--verbose", "--spares", "0"]);
  await splitter.errorLine(/web process: serving /);
  const [web = 0] = childrenOf(splitter.pid);
  splitter.signal("SIGKILL");
  await waitUntilGone(web);
});

Deno.test("listen --web records although the address of the web process is in use, and reports that", async () => {
  using used = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using splitter = await Splitter.listen([LOCAL, "--web", `127.0.0.1:${used.addr.port}`]);
  await splitter.errorLine(
    /^warning: the web process has ended \(exit code 3\): cannot serve HTTP on .*: address already in use/,
  );
  await using _caller = await connectProven(splitter, "cam1");
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("listen --web serves the figures of a session with --stats 0, and reports no stats events", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--web", LOCAL, "--verbose", "--stats", "0"]);
  const serving = /web process: serving (http:\S+)\/ for the listener on/;
  const url = serving.exec(await splitter.errorLine(serving))?.[1];
  await using _caller = await connectProven(splitter, "cam1");
  await until("figures", async () => {
    const { sessions } = await (await fetch(`${url}/api/sessions`)).json();
    return sessions[0]?.bytes > 0;
  });
  assert.deepStrictEqual(splitter.eventsNamed("stats"), []);
});
