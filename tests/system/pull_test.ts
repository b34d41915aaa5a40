/** `record` and `[[pull]]`: SRT listeners are called, and what they send is recorded like the payload of callers. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { runFfmpeg } from "../support/ffmpeg.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, processFile, waitUntil } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { Splitter } from "../support/splitter.ts";
import { freePort, type SrtCaller } from "../support/srt_caller.ts";
import { SrtSource } from "../support/srt_source.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const PASSPHRASE = "correct horse battery";
const PACE = { bitsPerSecond: 4_000_000 };
const LATENCY = "latency=1s";
/** The longest time that a call may take on a busy machine. */
const PATIENT = `${LATENCY}&conntimeo=20s`;

/** Returns the address of a listener on this machine. */
function address(port: number, query = ""): string {
  return `srt://127.0.0.1:${port}?${PATIENT}${query === "" ? "" : `&${query}`}`;
}

/** Sends payload, waits until it is delivered, and closes. */
async function deliver(connection: SrtCaller, payload: Uint8Array<ArrayBuffer>): Promise<void> {
  await using _closed = connection;
  await connection.send(payload, PACE);
  await connection.waitUntilDelivered();
}

Deno.test("record calls two listeners, and records byte for byte what each of them sends", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  const port = freePort();
  await using transmit = await LiveTransmit.listen(port);
  const addresses = [address(source.port, "streamid=cam1"), `srt://localhost:${port}?${PATIENT}&name=cam2`];
  await using splitter = await Splitter.record([...addresses, "--out", folder.path, "--sessions", "2"]);
  const payloads = [makePayload(300, 1), makePayload(301, 2)] as const;
  await deliver(await source.accept(), payloads[0]);
  const second = await splitter.recording(({ stream }) => stream === "cam2");
  // it does not always send the last messages of its input
  await transmit.send(new Uint8Array([...payloads[1], ...makePayload(10)]), PACE.bitsPerSecond);
  await waitUntil("the second recording", () => Deno.statSync(second.file).size >= payloads[1].length);
  await transmit.hangUp();
  const ends = [
    await splitter.event("session-end", ({ stream }) => stream === "cam1"),
    await splitter.event("session-end", ({ stream }) => stream === "cam2"),
  ];
  assert.strictEqual((await splitter.ended()).code, 0);
  for (const [index, { reason, text, files, statistics }] of ends.entries()) {
    const payload = payloads[index] ?? new Uint8Array();
    assertSameBytes(readAll(files).subarray(0, payload.length), payload);
    assert.deepStrictEqual([reason, text], ["caller-closed", "the listener closed the connection"]);
    assert.strictEqual(statistics?.pktRcvDropTotal, 0);
  }
  const { port: own, addresses: none, pulls } = await splitter.event("listening");
  assert.deepStrictEqual([own, none], [0, []]);
  assert.deepStrictEqual(pulls, [
    { stream: "cam1", listener: `srt://127.0.0.1:${source.port}` },
    { stream: "cam2", listener: `srt://localhost:${port}` },
  ]);
  const { caller, pulled, latencyMs } = await splitter.event("session-start", ({ stream }) => stream === "cam1");
  assert.deepStrictEqual([caller.port, pulled, latencyMs], [source.port, true, 1000]);
  assert.deepStrictEqual(splitter.errors, []);
});

Deno.test("a listener that comes back is called again, and --rejoin continues the recording in the same file", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const rejoin = ["--rejoin", "50s"];
  await using splitter = await Splitter.record([address(port, "name=cam1"), "--out", folder.path, ...rejoin]);
  const payloads = [makePayload(200, 1), makePayload(200, 2)] as const;
  {
    using source = SrtSource.listen({ port });
    await deliver(await source.accept(), payloads[0]);
  }
  await splitter.event("session-end");
  using source = SrtSource.listen({ port });
  await deliver(await source.accept(), payloads[1]);
  const { earlierBytes, files } = {
    ...await splitter.event("session-end", ({ session }) => session !== "s1"),
    ...await splitter.event("session-start", ({ session }) => session !== "s1"),
  };
  assert.strictEqual(earlierBytes, payloads[0].length);
  assertSameBytes(readAll(files), new Uint8Array([...payloads[0], ...payloads[1]]));
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("a passphrase for a listener is read from a file, and is in no argv, environment or line", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("secret");
  Deno.writeTextFileSync(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  using source = SrtSource.listen({ passphrase: PASSPHRASE, keyLength: 32 });
  const options = ["--passphrase-file", file, "--out", folder.file("out"), "--verbose"];
  await using splitter = await Splitter.record([address(source.port, "name=cam1&pbkeylen=32"), ...options]);
  const payload = makePayload(100);
  const connection = await source.accept();
  const { pid, encrypted, keyLength } = await splitter.event("session-start");
  assert.deepStrictEqual([encrypted, keyLength], [true, 32]);
  for (const process of [splitter.pid, pid, ...childrenOf(splitter.pid)]) {
    for (const name of ["cmdline", "environ"]) assert.ok(!processFile(process, name).includes(PASSPHRASE), name);
  }
  await deliver(connection, payload);
  assertSameBytes(readAll((await splitter.event("session-end")).files), payload);
  assert.strictEqual(await splitter.stop(), 0);
  assert.ok(![...splitter.lines, ...splitter.errors].some((line) => line.includes(PASSPHRASE)), "in the output");
});

Deno.test("a refusal of the listener is reported once, with its reason and a hint, and --wait fails", async () => {
  using folder = new TemporaryFolder();
  await using target = await Splitter.listen(["127.0.0.1:0", "--deny", "cam*"]);
  const call = [address(target.port, "streamid=cam1"), "--out", folder.path, "--wait", "4s"];
  await using splitter = await Splitter.record(call);
  const { stream, listener, reason, text, advice } = await splitter.event("pull-failed");
  assert.deepStrictEqual([stream, listener, reason], ["cam1", `srt://127.0.0.1:${target.port}`, 1403]);
  assert.match(text, /^refused by 127\.0\.0\.1:\d+: .*\(SRT reason 1403, SRT_REJX_FORBIDDEN\)$/);
  assert.match(advice, /^the listener does not admit this stream/);
  assert.strictEqual((await splitter.ended()).code, 6);
  assert.strictEqual(splitter.eventsNamed("pull-failed").length, 1, splitter.lines.join("\n"));
});

Deno.test("a listener with another passphrase is reported with the option for a passphrase", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen({ passphrase: PASSPHRASE });
  await using splitter = await Splitter.record([address(source.port, "name=cam1"), "--out", folder.path], {
    env: { SRT_SPLITTER_PASSPHRASE: "another horse battery" },
  });
  const { reason, text, advice } = await splitter.event("pull-failed");
  assert.deepStrictEqual([reason, /wrong passphrase/.test(text)], [10, true], text);
  assert.match(advice, /^give the listener's passphrase with --passphrase-file FILE, SRT_SPLITTER_PASSPHRASE or /);
  assert.strictEqual(await splitter.stop("SIGTERM"), 0);
});

Deno.test("a listener that does not answer and a host that does not exist are reported, and SIGTERM ends the calls", async () => {
  using folder = new TemporaryFolder();
  const silent = `srt://127.0.0.1:${freePort()}?conntimeo=500&name=silent`;
  const unknown = "srt://no-such-host.invalid:9000?name=unknown";
  await using splitter = await Splitter.record([silent, unknown, "--out", folder.path]);
  const failure = await splitter.event("pull-failed", ({ stream }) => stream === "silent");
  assert.deepStrictEqual([failure.reason, failure.retryMs], [16, 1000]);
  assert.match(failure.text, /^no answer from 127\.0\.0\.1:\d+ in time/);
  const { reason, text } = await splitter.event("pull-failed", ({ stream }) => stream === "unknown");
  assert.strictEqual(reason, null);
  assert.match(text, /^cannot find the address of "no-such-host\.invalid": /);
  assert.strictEqual(await splitter.stop("SIGTERM"), 0);
  assert.deepStrictEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("on SIGTERM, the listener gets a SHUTDOWN, and what it had sent is recorded", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  await using splitter = await Splitter.record([address(source.port, "name=cam1"), "--out", folder.path]);
  await using connection = await source.accept();
  const payload = makePayload(100);
  await connection.send(payload, PACE);
  await connection.waitUntilDelivered();
  await splitter.event("session-proven");
  const code = splitter.stop("SIGTERM");
  await connection.waitUntilBroken();
  assert.strictEqual(await code, 0);
  const { reason, files } = await splitter.event("session-end");
  assert.strictEqual(reason, "stopped");
  assertSameBytes(readAll(files), payload);
});

Deno.test("sessions and cut find a record command, and stop ends its session, its calls and the run", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  await using splitter = await Splitter.record([
    address(source.port, "name=cam1"),
    "--out",
    folder.path,
    "--stats",
    "1s",
  ]);
  await using connection = await source.accept();
  await connection.send(makePayload(100), PACE);
  const { file } = await splitter.recording();
  await waitUntil("payload in the file", () => Deno.statSync(file).size > 0);
  const name = await nameOf(splitter);
  const cutting = Splitter.run(["cut", "cam1", "--listener", name, "--json"]);
  let isCut = false;
  void cutting.finally(() => isCut = true);
  while (!isCut) await connection.send(makePayload(76), PACE);
  assert.strictEqual((await cutting).code, 0, (await cutting).stderr);
  const stopped = await Splitter.run(["stop", "cam1", "--listener", name]);
  assert.strictEqual(stopped.code, 0, stopped.stderr);
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.strictEqual((await splitter.event("stopping")).text, "all recordings were stopped");
});

/** Returns the name of a record command, as `sessions` prints it. */
async function nameOf({ pid }: Splitter): Promise<string> {
  const { stdout } = await Splitter.run(["sessions"]);
  const [, name = ""] = new RegExp(`^(record:\\d+), process ${pid}: 1 session$`, "m").exec(stdout) ?? [];
  assert.notStrictEqual(name, "", stdout);
  return name;
}

Deno.test("a second record command with the same listeners ends with exit code 3; with --replace, it takes the session", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen();
  const args = [address(source.port, "name=cam1"), "--out", folder.path];
  await using first = await Splitter.record(args);
  await using connection = await source.accept();
  await connection.send(makePayload(100, 1), PACE);
  await first.event("session-proven");
  const { code, stderr } = await Splitter.run(["record", ...args]);
  assert.strictEqual(code, 3);
  assert.match(stderr, new RegExp(`^error: cannot record: another srt-splitter \\(PID ${first.pid}\\) calls the same`));
  await using second = await Splitter.record([...args, "--replace"]);
  await second.event("session-adopted");
  assert.strictEqual((await first.ended()).code, 0);
  await connection.send(makePayload(100, 2), PACE);
  await connection.waitUntilDelivered();
  assert.strictEqual(source.acceptNow(), null);
  connection.close();
  const { files } = await second.event("session-end");
  assertSameBytes(readAll(files), new Uint8Array([...makePayload(100, 1), ...makePayload(100, 2)]));
});

Deno.test("record --out - writes the payload of the session to stdout", async () => {
  using source = SrtSource.listen();
  const running = Splitter.run(["record", address(source.port), "--out", "-", "--quiet"]);
  const payload = new TextEncoder().encode("what the listener sends, in one message of text\n");
  await deliver(await source.accept(), payload);
  const { code, stdout, stderr } = await running;
  assert.deepStrictEqual([code, stdout, stderr.replace(/^warning: s1: the payload is not.*\n/, "")], [
    0,
    new TextDecoder().decode(payload),
    "",
  ]);
});

Deno.test("ffmpeg as a listener is recorded, and its stream is a healthy transport stream", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const sending = runFfmpeg([
    ...["-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "5", "-c:v", "mpeg2video", "-b:v", "1M"],
    ...["-f", "mpegts", `srt://127.0.0.1:${port}?mode=listener&listen_timeout=${DEADLINE_MS * 1000}&pkt_size=1316`],
  ]);
  await using splitter = await Splitter.record([address(port, "name=cam1"), "--out", folder.path, "--sessions", "1"]);
  await sending;
  const { reason, ts, statistics } = await splitter.event("session-end");
  assert.deepStrictEqual([reason, ts?.payload, ts?.errors, statistics?.pktRcvDropTotal], ["caller-closed", "ts", 0, 0]);
  assert.strictEqual((await splitter.ended()).code, 0);
});

/** Writes a configuration file with pulls. */
function writeConfig(path: string, ports: Readonly<Record<string, number>>): void {
  const tables = Object.entries(ports).map(([name, port]) => `[[pull]]\nurl = "${address(port)}"\nname = "${name}"\n`);
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
  await connection.send(payloads[0], PACE);
  await splitter.event("session-proven", ({ stream }) => stream === "feed");
  await sendAndClose(splitter.port, "feed", payloads[1]); // the name of a pull is not that of a caller
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

Deno.test("a listener that is started after one was killed adopts the session of a pull, and does not call again", async () => {
  using folder = new TemporaryFolder();
  const config = folder.file("splitter.toml");
  using source = SrtSource.listen();
  writeConfig(config, { feed: source.port });
  const args = [`127.0.0.1:${freePort()}`, "--config", config];
  await using first = await Splitter.listen(args);
  await using connection = await source.accept();
  const payloads = [makePayload(100, 1), makePayload(100, 2), makePayload(100, 3)] as const;
  await connection.send(payloads[0], PACE);
  await first.event("session-proven");
  first.signal("SIGKILL");
  await first.ended();
  await connection.send(payloads[1], PACE);
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
