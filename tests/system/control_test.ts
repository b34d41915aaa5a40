/** Commands to a running listener: `sessions`, `stop`, `cut` and `ban`. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { connectProven } from "../support/call.ts";
import { DEADLINE_MS, within } from "../support/deadline.ts";
import { firstVideoFrame, SentPicture } from "../support/ffmpeg.ts";
import { makePayload } from "../support/payload.ts";
import { readAll } from "../support/read_all.ts";
import { RepeatedSending } from "../support/repeated_sending.ts";
import { Splitter, splitterCommand } from "../support/splitter.ts";
import { CallerRefusedError, SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { ANOTHER_USER, AS_ANOTHER_USER, needing, NETWORK_NAMESPACES } from "../support/needs.ts";
import { NetworkNamespace } from "../support/network_namespace.ts";
import { Terminal } from "../support/terminal.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const addressOf = ({ port }: Splitter) => `127.0.0.1:${port}`;

/** Calls until the listener accepts the call. */
async function waitUntilConnected({ port }: Splitter, streamId: string): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  while (true) {
    try {
      await using _caller = await SrtCaller.connect({ port, streamId });
      return;
    } catch (error) {
      if (!(error instanceof CallerRefusedError) || signal.aborted) throw error;
    }
  }
}

/** Listens on a Unix socket with an abstract name, in a program that the command starts. */
async function holdName(command: readonly string[], name: string): Promise<AsyncDisposable> {
  const script = "import socket, sys, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); " +
    "s.bind('\\0' + sys.argv[1]); s.listen(); print('ready', flush=True); sys.stdin.read()";
  const [file = "", ...args] = [...command, "/usr/bin/python3", "-S", "-E", "-c", script, name];
  await using started = new AsyncDisposableStack();
  const process = started.use(new Deno.Command(file, { args, stdin: "piped", stdout: "piped" }).spawn());
  started.defer(() => process.stdin.close());
  const reader = process.stdout.getReader();
  started.defer(() => reader.cancel());
  await within(reader.read(), "the socket");
  return started.move();
}

Deno.test("sessions --json prints a line for each running session", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"]);
  await using _caller = await connectProven(splitter, "cam1");
  await splitter.event("stats", ({ bytes }) => bytes > 0);
  const { code, stdout } = await Splitter.run(["sessions", addressOf(splitter), "--json"]);
  const [line = "", ...others] = stdout.trimEnd().split("\n");
  const { listener, session, stream, proven, adopted, bytes, start, pid } = JSON.parse(line);
  assert.deepStrictEqual([code, others, session, stream, proven, adopted], [0, [], "s1", "cam1", true, false]);
  assert.deepStrictEqual(listener, { pid: splitter.pid, address: "127.0.0.1", port: splitter.port });
  const started = await splitter.event("session-start");
  assert.deepStrictEqual([start, pid, bytes > 0], [started.time, started.pid, true]);
});

Deno.test("sessions prints a table of the listeners of this user", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _caller = await connectProven(splitter, "cam1");
  const { stdout } = await Splitter.run(["sessions"]); // it fails if another listener of this machine is stopping
  const lines = stdout.split("\n");
  const at = lines.indexOf(`${addressOf(splitter)}, process ${splitter.pid}: 1 session`);
  assert.match(lines[at + 1] ?? "", /^ID +STREAM/);
  assert.match(lines[at + 2] ?? "", /^s1 +cam1 +127\.0\.0\.1/);
});

Deno.test("sessions --watch lists changes, and continues after the listener was started again", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using watch = Splitter.start(["sessions", addressOf(splitter), "--watch"]);
  const ofListener = ({ pid }: Splitter, sessions: string) => {
    return watch.line(new RegExp(`^${addressOf(splitter)}, process ${pid}: ${sessions}$`));
  };
  await ofListener(splitter, "0 sessions");
  await using _caller = await connectProven(splitter, "cam1");
  await ofListener(splitter, "1 session");
  await watch.line(/^s1 +cam1 +127\.0\.0\.1/);
  splitter.signal("SIGKILL");
  await splitter.ended();
  await watch.line(/^no listener runs$/);
  await using next = await Splitter.listen([addressOf(splitter)]);
  await ofListener(next, "1 session");
  assert.strictEqual(await watch.stop(), 0);
});

Deno.test("sessions --watch redraws the table of a terminal in place", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const { file, args } = splitterCommand(["sessions", addressOf(splitter), "--watch"]);
  await using terminal = await Terminal.start([file, ...args], { columns: 100, rows: 24 });
  await terminal.until("no session", ([title = ""]) => title.endsWith(": 0 sessions"));
  await using _caller = await connectProven(splitter, "cam1");
  const isDrawn = ([title = "", , row = "", next]: readonly string[]) => {
    return title.endsWith(": 1 session") && row.startsWith("s1") && next === "";
  };
  await terminal.until("one session", isDrawn);
  await terminal.type("C-c");
  await terminal.until("the end", (rows) => rows.some((row) => row.includes("exit code 0")));
});

Deno.test("sessions --watch ends when nothing reads its output any more", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using watch = Splitter.start(["sessions", addressOf(splitter), "--watch"]);
  await watch.line(/0 sessions$/);
  await watch.stopReading();
  assert.strictEqual((await watch.ended()).code, 0);
});

Deno.test("stop ends sessions by ID and by name, and the others continue", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using first = await connectProven(splitter, "a");
  await using _second = await connectProven(splitter, "b");
  await using _third = await connectProven(splitter, "c");
  const { code, stdout } = await Splitter.run(["stop", "s1", "b", "--listener", addressOf(splitter)]);
  assert.match(stdout, /^s1 ended: stopped by the listener, file .*\ns2 ended: stopped by the listener, file .*\n$/);
  assert.strictEqual(code, 0);
  for (const name of ["a", "b"]) await splitter.event("session-end", ({ stream }) => stream === name);
  const ended = splitter.eventsNamed("session-end");
  assert.deepStrictEqual(ended.map(({ stream, reason }) => [stream, reason]).toSorted(), [["a", "stopped"], [
    "b",
    "stopped",
  ]]);
  for (const { file } of ended) assertSameBytes(Deno.readFileSync(file ?? ""), makePayload(10));
  await first.waitUntilBroken();
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("stop reports a session that does not run, with exit code 1", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const { code, stderr } = await Splitter.run(["stop", "s7", "--listener", addressOf(splitter)]);
  assert.deepStrictEqual([code, stderr], [1, 'error: no running session is named "s7"\n']);
});

Deno.test("cut begins a new file at a key frame, the file before it is complete, and no byte is lost", async () => {
  using folder = new TemporaryFolder();
  using sent = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--stats", "100ms"]);
  const file = sent.file("sent.ts");
  await using sending = new SentPicture(`srt://127.0.0.1:${splitter.port}?streamid=cam1`, { file, seconds: 7 });
  await splitter.event("stats", ({ bytes }) => bytes > 0); // a recording without a byte cannot be cut
  const cut = await Splitter.run(["cut", "cam1", "--json", "--listener", addressOf(splitter)]);
  assert.deepStrictEqual([cut.code, cut.stderr], [0, ""]);
  await sending.sent();
  const { files } = await splitter.event("session-end");
  assert.deepStrictEqual(JSON.parse(cut.stdout), {
    ...{ session: "s1", stream: "cam1", file: files[1], previous: files[0] },
  });
  assertSameBytes(readAll(files), Deno.readFileSync(file));
  for (const part of files) assert.deepStrictEqual(await firstVideoFrame(part), { isKey: true, errors: "" });
  assert.deepStrictEqual(splitter.eventsNamed("segment").map(({ text }) => text), ["a new file was ordered"]);
});

Deno.test("cut begins a new file of a session that an earlier listener has started", async () => {
  using folder = new TemporaryFolder();
  await using killed = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--stats", "200ms"]);
  await using caller = await SrtCaller.connect({ port: killed.port, latencyMs: SAFE_LATENCY_MS });
  const part = new Uint8Array(1316 * 200).map((_, at) => at % 251); // no transport stream: it can be cut anywhere
  await using sending = new RepeatedSending(caller, part);
  await killed.event("session-proven");
  killed.signal("SIGKILL");
  await killed.ended();
  await using splitter = await Splitter.listen([addressOf(killed), "--out", folder.path]);
  await splitter.event("stats", ({ bytes }) => bytes > 0);
  const { code, stdout, stderr } = await Splitter.run(["cut", "s1", "--listener", addressOf(splitter)]);
  assert.deepStrictEqual([code, stderr], [0, ""]);
  const parts = await sending.stop();
  await caller.waitUntilDelivered();
  caller.close();
  const { files } = await splitter.event("session-end");
  assert.strictEqual(stdout, `s1 continues in ${files[1]}; complete: ${files[0]}\n`);
  assertSameBytes(readAll(files), new Uint8Array(await new Blob(Array(parts).fill(part)).arrayBuffer()));
});

Deno.test("cut reports a file that was deleted before, and begins a new one", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--stats", "100ms"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: SAFE_LATENCY_MS });
  await using sending = new RepeatedSending(caller, new Uint8Array(1316 * 200));
  const { file } = await splitter.recording();
  await splitter.event("stats", ({ bytes }) => bytes > 0);
  Deno.removeSync(file);
  const { code, stdout, stderr } = await Splitter.run(["cut", "s1", "--listener", addressOf(splitter)]);
  await sending.stop();
  caller.close();
  const { files } = await splitter.event("session-end");
  assert.strictEqual((await splitter.event("segment")).previousGone, true);
  assert.deepStrictEqual([code, stdout, files.length], [1, "", 1]);
  assert.match(stderr, new RegExp(`^error: session s1 was not cut: ${file} was removed, .*${files[0]}$`, "m"));
});

Deno.test("cut reports sessions that have no file and sessions that do not run, with exit code 1", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _caller = await connectProven(splitter, "cam1");
  const { code, stdout, stderr } = await Splitter.run(["cut", "cam1", "s7", "--listener", addressOf(splitter)]);
  assert.deepStrictEqual([code, stdout], [1, ""]);
  assert.strictEqual(
    stderr,
    'error: session s1 was not cut: its payload is not written to a file\nerror: no running session is named "s7"\n',
  );
});

Deno.test("ban ends the sessions of a stream name and refuses its callers with 1403, until the ban is lifted", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const ban = (...args: readonly string[]) => Splitter.run(["ban", ...args, "--listener", addressOf(splitter)]);
  await using _caller = await connectProven(splitter, "cam1");
  await using _other = await connectProven(splitter, "cam2");
  const banned = await ban("cam1");
  assert.deepStrictEqual([banned.code, banned.stdout], [
    0,
    'stream name "cam1" is banned until the listener stops\ns1 ended: stopped by the listener\n',
  ]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1403 });
  const { rule, reason } = await splitter.event("refused");
  assert.deepStrictEqual([rule, reason], ["ban cam1", 1403]);
  assert.deepStrictEqual(JSON.parse((await ban("--json")).stdout), {
    ...{ kind: "stream", subject: "cam1", remainingMs: null },
  });
  assert.deepStrictEqual(splitter.eventsNamed("session-end").map(({ session }) => session), ["s1"]);
  assert.strictEqual((await ban("cam1", "--lift")).stdout, 'the ban of "cam1" is lifted\n');
  await using _again = await connectProven(splitter, "cam1");
});

Deno.test("ban --for ends the sessions of an address that an earlier listener has started, and ends by itself", async () => {
  await using killed = await Splitter.listen(["127.0.0.1:0"]);
  await using caller = await connectProven(killed, "cam1");
  killed.signal("SIGKILL");
  await killed.ended();
  await using splitter = await Splitter.listen([addressOf(killed)]);
  await splitter.event("session-adopted");
  const args = ["ban", "127.0.0.0/8", "--for", "1s", "--json", "--listener", addressOf(splitter)];
  const { code, stdout } = await Splitter.run(args);
  const { ended, ...ban } = JSON.parse(stdout);
  assert.deepStrictEqual([code, ban, ended.length, ended[0].session], [
    ...[0, { kind: "address", subject: "127.0.0.0/8", remainingMs: 1000, refused: [], pulled: [] }, 1, "s1"],
  ]);
  await caller.waitUntilBroken();
  await waitUntilConnected(splitter, "cam1");
});

Deno.test("ban reports a ban that does not exist, with exit code 1", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const { code, stderr } = await Splitter.run(["ban", "cam1", "--lift", "--listener", addressOf(splitter)]);
  assert.deepStrictEqual([code, stderr], [1, 'error: cannot lift "cam1": there is no ban of "cam1"\n']);
});

Deno.test("stop --all stops the listener with its sessions, and returns when it has ended", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _caller = await connectProven(splitter, "cam1");
  const { code, stdout } = await Splitter.run(["stop", "--all", "--listener", addressOf(splitter)]);
  assert.deepStrictEqual([code, stdout], [
    0,
    `the listener on ${addressOf(splitter)} has stopped, and has ended 1 session\n`,
  ]);
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.strictEqual(splitter.eventsNamed("stopping")[0]?.cause, "stop");
});

Deno.test("stop --all reports a listener that was killed before it had stopped, with exit code 3", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _first = await connectProven(splitter, "cam1");
  await using _second = await connectProven(splitter, "cam2");
  const { pid } = await splitter.event("session-start", ({ stream }) => stream === "cam1");
  Deno.kill(pid, "SIGSTOP"); // the listener waits for it for 12 s
  await using stop = Splitter.start(["stop", "--all", "--listener", addressOf(splitter)]);
  await splitter.event("session-end"); // of cam2; by now, the command has received its first answer
  splitter.signal("SIGKILL");
  const { code } = await stop.ended();
  assert.deepStrictEqual([code, stop.lines], [3, []]);
  assert.match(stop.errors[0] ?? "", /^error: the listener on .* has ended without confirming a clean stop$/);
});

Deno.test({
  ...needing(
    [NETWORK_NAMESPACES, ANOTHER_USER],
    "stop ignores a socket of another user whose name contains the ID of this user",
  ),
  async fn() {
    using network = new NetworkNamespace();
    const as = network.command;
    await using splitter = await Splitter.listen(["127.0.0.1:0"], { as });
    await using _impostor = await holdName([...as, ...AS_ANOTHER_USER], `srt-splitter/1/${Deno.uid()}/x/1`);
    const { code, stderr } = await Splitter.run(["stop", "s7"], { as });
    assert.deepStrictEqual([code, stderr], [1, 'error: no running session is named "s7"\n']);
    assert.strictEqual(await splitter.stop(), 0);
  },
});

Deno.test("stop refuses more than 1000 names, with exit code 2", async () => {
  const { code, stderr } = await Splitter.run(["stop", ...Array(1001).fill("s1"), "--listener", "127.0.0.1:1"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot stop 1001 sessions at once\nhint: name at most 1000/);
});

const NO_LISTENER = ["--listener", "127.0.0.1:1"];
for (
  const args of [["sessions", "127.0.0.1:1"], ["stop", "--all", ...NO_LISTENER], ["cut", "s1", ...NO_LISTENER], [
    ...["ban", "cam1", ...NO_LISTENER],
  ]]
) {
  Deno.test(`${args[0]} reports that no listener has the address, with exit code 3`, async () => {
    const { code, stderr } = await Splitter.run(args);
    assert.strictEqual(code, 3);
    assert.match(
      stderr,
      /^error: no listener(?: of this user)? runs on that address\nhint: name the address and port /,
    );
  });
}
