/** `record` and `[[pull]]`: commands, SIGHUP, and a listener that is killed or replaced. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { Splitter } from "../support/splitter.ts";
import { freePort, SAFE_LATENCY_MS } from "../support/srt_caller.ts";
import { deliver, SOURCE_PACE, sourceAddress, SrtSource } from "../support/srt_source.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

Deno.test("sessions and cut find a record command, and stop ends its session, its calls and the run", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  await using splitter = await Splitter.record([
    sourceAddress(source.port, "name=cam1"),
    "--out",
    folder.path,
    "--stats",
    "1s",
  ]);
  await using connection = await source.accept();
  await connection.send(makePayload(100), SOURCE_PACE);
  const { file } = await splitter.recording();
  await waitUntil("payload in the file", () => Deno.statSync(file).size > 0);
  const name = await nameOf(splitter);
  const cutting = Splitter.run(["cut", "cam1", "--listener", name, "--json"]);
  let isCut = false;
  void cutting.finally(() => isCut = true);
  while (!isCut) await connection.send(makePayload(76), SOURCE_PACE);
  assert.strictEqual((await cutting).code, 0, (await cutting).stderr);
  const stopped = await Splitter.run(["stop", "cam1", "--listener", name]);
  assert.strictEqual(stopped.code, 0, stopped.stderr);
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.strictEqual((await splitter.event("stopping")).text, "all recordings were stopped");
});

/** Returns the name of a record command, as `sessions` prints it. */
async function nameOf({ pid }: Splitter): Promise<string> {
  const { stdout } = await Splitter.run(["sessions"]);
  const [, name = ""] = new RegExp(`^(record:\\d+), process ${pid}: \\d sessions?, calls srt:`, "m").exec(stdout) ?? [];
  assert.notStrictEqual(name, "", stdout);
  return name;
}

Deno.test("stop ends a pull without a session, during a call and between calls, and the run only after the last one", async () => {
  using folder = new TemporaryFolder();
  await using denying = await Splitter.listen(["127.0.0.1:0", "--deny", "*"]);
  const calling = `srt://127.0.0.1:${freePort()}?conntimeo=10min&name=calling`;
  const between = sourceAddress(denying.port, "name=between");
  await using splitter = await Splitter.record([calling, between, "--out", folder.path, "--verbose"]);
  const name = await nameOf(splitter);
  await splitter.errorLine(/s\d+: process \d+ for 127\.0\.0\.1/);
  await splitter.event("pull-failed");
  const unknown = await Splitter.run(["stop", "other", "--listener", name]);
  assert.deepStrictEqual([unknown.code, unknown.stderr], [1, 'error: no running session is named "other"\n']);
  const first = await Splitter.run(["stop", "calling", "--listener", name, "--json"]);
  assert.deepStrictEqual([first.code, first.stdout, first.stderr], [0, '{"notCalled":"calling"}\n', ""]);
  const second = await Splitter.run(["stop", "between", "--listener", name]);
  const text =
    "between ended: it had no session, and is not called any more; to call it again: run its command again\n";
  assert.deepStrictEqual([second.code, second.stdout, second.stderr], [0, text, ""]);
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.strictEqual((await splitter.event("stopping")).text, "all recordings were stopped");
});

Deno.test("sessions lists pulls without a session, and the listeners that a record command calls", async () => {
  await using denying = await Splitter.listen(["127.0.0.1:0", "--deny", "*"]);
  using folder = new TemporaryFolder();
  const [one, other] = [
    sourceAddress(denying.port, "name=one"),
    `srt://127.0.0.1:${freePort()}?conntimeo=10min&name=other`,
  ];
  await using splitter = await Splitter.record([one, other, "--out", folder.path]);
  const failed = await splitter.event("pull-failed");
  const name = await nameOf(splitter);
  const listed = await Splitter.run(["sessions", name]);
  const [title, line, ...rest] = listed.stdout.split("\n");
  const listener = `srt://127.0.0.1:${denying.port}`;
  const called = `${listener}, ${other.replace(/\?.*/, "")}`;
  assert.strictEqual(title, `${name}, process ${splitter.pid}: 0 sessions, calls ${called}`);
  const next = String.raw`(the next call is in [\d.]+ m?s|it is called now)`;
  assert.match(line ?? "", new RegExp(`^one has no session from ${listener}: [^;]* 1403[^;]*; ${next}$`));
  assert.deepStrictEqual(rest, [""]);
  const { stdout } = await Splitter.run(["sessions", name, "--json"]);
  const { unconnectedPull: { nextCallMs: _next, ...pull }, ...fields } = JSON.parse(stdout);
  const { event: _event, time: _time, retryMs: _retry, ...expected } = failed;
  assert.deepStrictEqual(pull, expected);
  const [address = "", port] = name.split(":");
  assert.deepStrictEqual(fields, {
    listener: { pid: splitter.pid, address, port: Number(port) },
    session: null,
    stream: "one",
  });
});

Deno.test("stop --all ends a record command, and names it as such", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.record([
    `srt://127.0.0.1:${freePort()}?conntimeo=10min&name=cam1`,
    ...["--out", folder.path],
  ]);
  const name = await nameOf(splitter);
  const { code, stdout } = await Splitter.run(["stop", "--all", "--listener", name]);
  assert.deepStrictEqual([code, stdout], [0, `the command ${name} has stopped, and no session was running\n`]);
  assert.strictEqual((await splitter.ended()).code, 0);
});

Deno.test("a session whose process gets SIGTERM is complete, and its listener is called again", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  await using splitter = await Splitter.record([sourceAddress(source.port, "name=cam1"), "--out", folder.path]);
  await using connection = await source.accept();
  const payload = makePayload(100);
  await connection.send(payload, SOURCE_PACE);
  await connection.waitUntilDelivered();
  Deno.kill((await splitter.event("session-start")).pid, "SIGTERM");
  const { reason, files } = await splitter.event("session-end");
  assert.strictEqual(reason, "stopped");
  assertSameBytes(readAll(files), payload);
  await using _again = await source.accept();
  await splitter.event("session-start", ({ session }) => session !== "s1");
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("a second record command with the same listeners ends with exit code 3; with --replace, it takes the session", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  const args = [sourceAddress(source.port, "name=cam1"), "--out", folder.path];
  await using first = await Splitter.record(args);
  await using connection = await source.accept();
  await connection.send(makePayload(100, 1), SOURCE_PACE);
  await first.event("session-proven");
  const { code, stderr } = await Splitter.run(["record", ...args]);
  assert.strictEqual(code, 3);
  assert.match(stderr, new RegExp(`^error: cannot record: another srt-splitter \\(PID ${first.pid}\\) calls the same`));
  await using second = await Splitter.record([...args, "--replace"]);
  await second.event("session-adopted");
  assert.strictEqual((await first.ended()).code, 0);
  assert.strictEqual((await first.event("stopping")).text, "another srt-splitter takes over, and adopts the sessions");
  await connection.send(makePayload(100, 2), SOURCE_PACE);
  await connection.waitUntilDelivered();
  assert.strictEqual(source.acceptNow(), null);
  connection.close();
  const { files } = await second.event("session-end");
  assertSameBytes(readAll(files), new Uint8Array([...makePayload(100, 1), ...makePayload(100, 2)]));
});

Deno.test("ban names the pulled sessions of its subject, which continue", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  await using splitter = await Splitter.record([sourceAddress(source.port, "name=cam1"), "--out", folder.path]);
  await using connection = await source.accept();
  await connection.send(makePayload(100), SOURCE_PACE);
  await splitter.event("session-proven");
  const name = await nameOf(splitter);
  for (const subject of ["cam1", "127.0.0.0/8"]) {
    const { code, stdout, stderr } = await Splitter.run(["ban", subject, "--listener", name, "--json"]);
    const { kind, ended, pulled } = JSON.parse(stdout);
    assert.deepStrictEqual([code, kind, ended, pulled], [0, subject === "cam1" ? "stream" : "address", [], ["s1"]]);
    assert.strictEqual(
      stderr,
      `warning: s1 is pulled, and a ban is for callers only\nhint: to end it: srt-splitter stop s1 --listener ${name}\n`,
    );
  }
  await connection.send(makePayload(100), SOURCE_PACE);
  assert.deepStrictEqual(splitter.eventsNamed("session-end"), []);
});

Deno.test("record --replace fails with exit code 3 if the other command does not answer, and names no port", async () => {
  using folder = new TemporaryFolder();
  const args = [`srt://127.0.0.1:${freePort()}?conntimeo=500&name=cam1`, "--out", folder.path];
  await using first = await Splitter.record(args);
  first.signal("SIGSTOP");
  const { code, stderr } = await Splitter.run(["record", ...args, "--replace"]);
  first.signal("SIGCONT");
  assert.strictEqual(code, 3);
  const problem = `the other srt-splitter (PID ${first.pid}) does not hand over: it has not answered within 5 s`;
  assert.strictEqual(stderr.split("\n")[0], `error: cannot take over the sessions of the same listeners: ${problem}`);
  assert.strictEqual(await first.stop("SIGTERM"), 0);
});

/** Writes a configuration file with pulls. */
function writeConfig(path: string, ports: Readonly<Record<string, number>>): void {
  const tables = Object.entries(ports).map(([name, port]) =>
    `[[pull]]\nurl = "${sourceAddress(port)}"\nname = "${name}"\n`
  );
  Deno.writeTextFileSync(path, `address = "127.0.0.1:0"\nout = "out"\n${tables.join("")}`);
}

Deno.test("[[pull]] records beside the callers of the port, and SIGHUP ends a pull and begins another one", async () => {
  using folder = new TemporaryFolder();
  const config = folder.file("splitter.toml");
  using source = SrtSource.listen();
  using later = SrtSource.listen();
  writeConfig(config, { feed: source.port });
  await using splitter = await Splitter.listen(["--config", config, "--on-return", "take-over"]);
  await using connection = await source.accept();
  const payloads = [makePayload(100, 1), makePayload(100, 2), makePayload(100, 3)] as const;
  await connection.send(payloads[0], SOURCE_PACE);
  await splitter.event("session-proven", ({ stream }) => stream === "feed");
  await sendAndClose(splitter.port, "feed", payloads[1]); // a caller does not take over a pull that has the same name
  const ofCaller = await splitter.event("session-end");
  assertSameBytes(readAll(ofCaller.files), payloads[1]);
  writeConfig(config, { other: later.port });
  splitter.signal("SIGHUP");
  const ofPull = await splitter.event("session-end", ({ session }) => session !== ofCaller.session);
  assert.strictEqual(ofPull.reason, "stopped");
  assertSameBytes(readAll(ofPull.files), payloads[0]);
  await deliver(await later.accept(), payloads[2]);
  const last = await splitter.event("session-end", ({ stream }) => stream === "other");
  assertSameBytes(readAll(last.files), payloads[2]);
  assert.strictEqual(source.acceptNow(), null);
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("stop states that the listener of a pull is not called again until SIGHUP, also if it was stopped before", async () => {
  using folder = new TemporaryFolder();
  const config = folder.file("splitter.toml");
  using source = SrtSource.listen();
  writeConfig(config, { feed: source.port });
  await using splitter = await Splitter.listen(["--config", config]);
  await using connection = await source.accept();
  await connection.send(makePayload(100), SOURCE_PACE);
  const { session } = await splitter.event("session-proven");
  const address = `127.0.0.1:${splitter.port}`;
  const stop = (name: string, ...args: string[]) => Splitter.run(["stop", name, "--listener", address, ...args]);
  const again = `to call it again: kill -HUP ${splitter.pid}\n`;
  const first = await stop(session);
  assert.deepStrictEqual([first.code, first.stderr], [0, ""]);
  const [line = "", ...lines] = first.stdout.split(/(?<=\n)/);
  assert.match(line, new RegExp(`^${session} ended: `));
  assert.deepStrictEqual(lines, [`feed is not called any more; ${again}`]);
  const second = await stop("feed");
  assert.deepStrictEqual(second, { ...second, code: 0, stderr: "" });
  assert.strictEqual(second.stdout, `feed was already stopped, and is not called; ${again}`);
  assert.strictEqual((await stop("feed", "--json")).stdout, '{"notCalled":"feed"}\n');
  splitter.signal("SIGHUP");
  await deliver(await source.accept(), makePayload(100));
  await splitter.event("session-end", ({ session: id }) => id !== session);
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("SIGHUP refuses a [[pull]] table with the address of its own listener, and nothing changes", async () => {
  using folder = new TemporaryFolder();
  const config = folder.file("splitter.toml");
  writeConfig(config, {});
  await using splitter = await Splitter.listen(["--config", config]);
  writeConfig(config, { feed: splitter.port });
  splitter.signal("SIGHUP");
  const { ok, text } = await splitter.event("reloaded");
  assert.strictEqual(ok, false);
  assert.match(
    text,
    /^nothing has changed: cannot use "url" on line \d+ of ".*splitter\.toml": its target is this listener itself/,
  );
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("a listener that is started after one was killed adopts the session of a pull, and does not call again", async () => {
  using folder = new TemporaryFolder();
  const config = folder.file("splitter.toml");
  using source = SrtSource.listen();
  writeConfig(config, { feed: source.port });
  const args = [`127.0.0.1:${freePort()}`, "--config", config];
  await using first = await Splitter.listen(args);
  await using connection = await source.accept();
  const payloads = [makePayload(100, 1), makePayload(100, 2), makePayload(100, 3)] as const;
  await connection.send(payloads[0], SOURCE_PACE);
  await first.event("session-proven");
  first.signal("SIGKILL");
  await first.ended();
  await connection.send(payloads[1], SOURCE_PACE);
  await using second = await Splitter.listen(args);
  const { pulled, stream } = await second.event("session-adopted");
  assert.deepStrictEqual([pulled, stream], [true, "feed"]);
  await deliver(connection, payloads[2]);
  const { files } = await second.event("session-end");
  assertSameBytes(readAll(files), new Uint8Array(payloads.flatMap((payload) => [...payload])));
  await using again = await source.accept(); // only after the end of the adopted session
  await second.event("session-start", ({ stream }) => stream === "feed");
  again.close();
});

Deno.test("a session whose process is stopped while the listener starts again is adopted, and its listener is called once", async () => {
  using folder = new TemporaryFolder();
  const config = folder.file("splitter.toml");
  using source = SrtSource.listen();
  writeConfig(config, { feed: source.port });
  const args = [`127.0.0.1:${freePort()}`, "--config", config];
  await using first = await Splitter.listen(args);
  await using connection = await source.accept();
  await connection.send(makePayload(100, 1), SOURCE_PACE);
  await first.event("session-proven");
  const { pid } = await first.event("session-start");
  Deno.kill(pid, "SIGSTOP");
  first.signal("SIGKILL");
  await first.ended();
  await using second = await Splitter.listen(args);
  const startMs = performance.now();
  // a process that is not stopped is adopted in less time; the source waits longer before it closes the connection
  await waitUntil("the time", () => performance.now() - startMs > 2000);
  Deno.kill(pid, "SIGCONT");
  await second.event("session-adopted");
  assert.strictEqual(source.acceptNow(), null);
  await deliver(connection, makePayload(100, 2));
  const { files } = await second.event("session-end");
  assertSameBytes(readAll(files), new Uint8Array([...makePayload(100, 1), ...makePayload(100, 2)]));
  await second.stop();
});

Deno.test("record --web serves the session, and an order to stop it ends the run", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  const web = ["--web", "127.0.0.1:0", "--verbose"];
  await using splitter = await Splitter.record([sourceAddress(source.port, "name=cam1"), "--out", folder.path, ...web]);
  await using connection = await source.accept();
  await connection.send(makePayload(100), SOURCE_PACE);
  await splitter.event("session-proven");
  const line = await splitter.errorLine(/serving http:\S+ for the command record:\d+$/);
  const url = `${/http:\S+(?=\/ )/.exec(line)?.[0]}/api/sessions`;
  const { sessions } = await (await fetch(url)).json();
  assert.deepStrictEqual(sessions.map(({ stream, pulled }: Record<string, unknown>) => [stream, pulled]), [[
    "cam1",
    true,
  ]]);
  const stopped = await fetch(`${url}/${sessions[0].session}/stop`, { method: "POST" });
  assert.strictEqual((await stopped.json()).ended.reason, "stopped");
  assert.strictEqual((await splitter.ended()).code, 0);
});

Deno.test("the state and the metrics of record --web have a pull without a session, until it has one", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  await using splitter = await Splitter.record([
    `srt://127.0.0.1:${port}?conntimeo=500&latency=${SAFE_LATENCY_MS}ms&name=cam1`,
    ...["--out", folder.path, "--web", "127.0.0.1:0", "--verbose", "--expect-streams", "cam1"],
  ]);
  const line = await splitter.errorLine(/serving http:\S+ for the command record:\d+$/);
  const web = /http:\S+(?=\/ )/.exec(line)?.[0];
  await splitter.event("pull-failed");
  const { unconnectedPulls: [pull, ...others] } = await (await fetch(`${web}/api/state`)).json();
  assert.deepStrictEqual([pull.stream, pull.listener, pull.reason, others], [
    "cam1",
    `srt://127.0.0.1:${port}`,
    16,
    [],
  ]);
  assert.match(pull.text, /^no answer from 127\.0\.0\.1:\d+ in time/);
  const metrics = await (await fetch(`${web}/metrics`)).text();
  assert.match(
    metrics,
    /^srt_splitter_pull_unconnected\{stream="cam1",listener="srt:\/\/127\.0\.0\.1:\d+",reason="16"\} 1$/m,
  );
  using source = SrtSource.listen({ port });
  await using connection = await source.accept();
  await splitter.event("session-start");
  const { unconnectedPulls } = await (await fetch(`${web}/api/state`)).json();
  assert.deepStrictEqual(unconnectedPulls, []);
  connection.close();
  assert.strictEqual(await splitter.stop(), 0);
});
