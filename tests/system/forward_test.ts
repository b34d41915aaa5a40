/** `--forward`: the payload of each session is sent to an SRT listener too, which may come and go. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { completeReport } from "../support/output_report.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, processFile, waitUntilGone } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { Splitter } from "../support/splitter.ts";
import { freePort, SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LOCAL = "127.0.0.1:0";
const PASSPHRASE = "correct horse battery";
const PACE = { bitsPerSecond: 4_000_000 };
const LATENCY = `latency=${SAFE_LATENCY_MS}ms`;

/** Returns the option that forwards to a port of this machine. A call may take long on a busy machine. */
function forwardTo(port: number, query: string, connectTimeoutMs = DEADLINE_MS): readonly string[] {
  return ["--forward", `srt://127.0.0.1:${port}?${LATENCY}&conntimeo=${connectTimeoutMs}&${query}`];
}

/** Reports whether payload arrived. On a busy machine, a call may be accepted after its caller gave up: that is an attempt. */
function isSession({ attempt }: { readonly attempt: boolean }): boolean {
  return !attempt;
}

/** Asserts that `part` is the end of `whole`, in whole TS packets, and not all of it. */
function assertIsEnd(part: Uint8Array<ArrayBuffer>, whole: Uint8Array<ArrayBuffer>): void {
  assert.ok(part.length > 0 && part.length < whole.length && part.length % 188 === 0, `${part.length} bytes`);
  assertSameBytes(part, whole.subarray(whole.length - part.length));
}

/** A caller that keeps what it has sent. */
class Sender {
  readonly #caller: SrtCaller;
  #sent: Uint8Array<ArrayBuffer>[] = [];

  constructor(caller: SrtCaller) {
    this.#caller = caller;
  }

  /** Sends 200 ms of payload again and again until `event` settles. */
  async until(event: Promise<unknown>): Promise<void> {
    let isOver = false;
    event.finally(() => isOver = true).catch(() => {});
    while (!isOver) await this.send(76);
    await event;
  }

  async send(messages: number): Promise<void> {
    const payload = makePayload(messages, this.#sent.length + 1);
    this.#sent.push(payload);
    await this.#caller.send(payload, PACE);
  }

  get payload(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#sent.flatMap((part) => [...part]));
  }
}

Deno.test("each session is recorded, and forwarded under the stream ID of the template, byte for byte", async () => {
  using folder = new TemporaryFolder();
  await using target = await Splitter.listen([LOCAL, "--out", folder.file("target")]);
  const forward = forwardTo(target.port, "streamid=#!::r=copy-{stream},h={id.h}");
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.file("own"), ...forward]);
  const payloads = [makePayload(300, 1), makePayload(300, 2)];
  await Promise.all(payloads.map((payload, index) => sendAndClose(splitter.port, `#!::r=cam${index},h=a b`, payload)));
  for (const [index, payload] of payloads.entries()) {
    const end = await splitter.event("session-end", ({ stream }) => stream === `cam${index}`);
    const copy = await target.event("session-end", ({ stream }) => stream === `copy-cam${index}`);
    assertSameBytes(readAll(end.files), payload);
    assertSameBytes(readAll(copy.files), payload);
    assert.deepStrictEqual([end.reason, end.outputs], ["caller-closed", [
      completeReport({ kind: "forward", name: `srt://127.0.0.1:${target.port}`, bytes: payload.length }),
    ]]);
    const { streamId, latencyMs } = await target.event("session-start", ({ session }) => session === copy.session);
    assert.deepStrictEqual([streamId, latencyMs], [`#!::r=copy-cam${index},h=a_b`, SAFE_LATENCY_MS]);
  }
  assert.deepStrictEqual([splitter.errors, target.errors], [[], []]);
});

Deno.test("a passphrase for the target is read from a file, and is in no argv, environment or line", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("secret");
  Deno.writeTextFileSync(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  await using target = await Splitter.listen([LOCAL, "--passphrase-file", file, "--out", folder.file("target")]);
  const forward = forwardTo(target.port, `streamid=a&pbkeylen=32&passphrase-file=${encodeURIComponent(file)}`);
  await using splitter = await Splitter.listen([LOCAL, "--verbose", ...forward]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const { pid } = await splitter.event("session-start");
  const payload = makePayload(50);
  await caller.send(payload, PACE);
  const start = await target.event("session-start");
  assert.deepStrictEqual([start.encrypted, start.keyLength], [true, 32]);
  const processes = [splitter.pid, pid, ...childrenOf(pid)];
  assert.strictEqual(processes.length, 3);
  for (const process of processes) {
    for (const name of ["cmdline", "environ"]) assert.ok(!processFile(process, name).includes(PASSPHRASE), name);
  }
  caller.close();
  await splitter.event("session-end");
  assertSameBytes(readAll((await target.event("session-end")).files), payload);
  assert.ok(![...splitter.lines, ...splitter.errors].some((line) => line.includes(PASSPHRASE)), "in the output");
});

Deno.test("if a target has another passphrase, the hint names the parameter that its address needs", async () => {
  using folder = new TemporaryFolder();
  const [right, wrong] = ["right", "wrong"].map((name) => folder.file(name)) as [string, string];
  for (const file of [right, wrong]) Deno.writeTextFileSync(file, `${PASSPHRASE}${file.slice(-5)}\n`, { mode: 0o600 });
  await using target = await Splitter.listen([LOCAL, "--passphrase-file", right]);
  const forward = forwardTo(target.port, `passphrase-file=${encodeURIComponent(wrong)}`);
  await using splitter = await Splitter.listen([LOCAL, ...forward]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(10));
  await splitter.errorLine(/^warning: s1: srt:.*wrong passphrase \(SRT reason 10, /);
  await splitter.errorLine(/^hint: give the listener's passphrase with passphrase-file=FILE in its address$/);
});

Deno.test("a target that is not there at first gets the rest in whole TS packets, and the recording is complete", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const forward = forwardTo(port, "streamid={stream}", 2000);
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.file("own"), ...forward]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
  const sender = new Sender(caller);
  await sender.until(
    splitter.errorLine(/^warning: s1: srt:.*no answer from .* in time \(SRT reason 16, .*payload is dropped/),
  );
  await using target = await Splitter.listen([`127.0.0.1:${port}`, "--out", folder.file("target")]);
  await sender.until(splitter.errorLine(/^warning: s1: srt:.*: is connected, and gets payload from now on/));
  await sender.send(76);
  await caller.waitUntilDelivered();
  caller.close();
  const { files, reason, outputs: [output] } = await splitter.event("session-end");
  assertSameBytes(readAll(files), sender.payload);
  const copy = readAll((await target.event("session-end", isSession)).files);
  assertIsEnd(copy, sender.payload);
  assert.deepStrictEqual([reason, output?.ok, output?.starts, output?.bytes, output?.droppedBytes], [
    "caller-closed",
    false,
    1,
    copy.length,
    sender.payload.length - copy.length,
  ]);
});

Deno.test("a target that is stopped and started again is called again, and each part is in whole TS packets", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  await using first = await Splitter.listen([`127.0.0.1:${port}`, "--out", folder.file("first")]);
  const forward = forwardTo(port, "streamid={stream}", 2000);
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.file("own"), ...forward]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
  const sender = new Sender(caller);
  await sender.until(first.event("session-proven"));
  await first.stop();
  await sender.until(splitter.errorLine(/^warning: s1: srt:.*: the connection has ended; payload is dropped until/));
  await using second = await Splitter.listen([`127.0.0.1:${port}`, "--out", folder.file("second")]);
  await sender.until(splitter.errorLine(/: is connected, and gets payload from now on/));
  await sender.send(76);
  await caller.waitUntilDelivered();
  caller.close();
  const { files, outputs: [output] } = await splitter.event("session-end");
  assertSameBytes(readAll(files), sender.payload);
  const begin = readAll(first.eventsNamed("session-end").find(isSession)?.files ?? []);
  assertSameBytes(begin, sender.payload.subarray(0, begin.length));
  assertIsEnd(readAll((await second.event("session-end", isSession)).files), sender.payload);
  assert.deepStrictEqual([output?.ok, output?.starts, output?.text], [false, 2, "the connection has ended"]);
  assert.strictEqual((output?.bytes ?? 0) + (output?.droppedBytes ?? 0), sender.payload.length);
});

for (
  const [what, args, code, reason] of [
    ["a warning if the session is recorded too", (folder: string) => ["--out", folder], 0, "caller-closed"],
    ["a failure if nothing is recorded", () => [], 1, "output-failed"],
  ] as const
) {
  Deno.test(`a target that refuses is ${what}, and is reported once`, async () => {
    using folder = new TemporaryFolder();
    await using target = await Splitter.listen([LOCAL, "--deny", "cam*"]);
    const forward = forwardTo(target.port, "streamid={stream}");
    await using splitter = await Splitter.listen([LOCAL, ...args(folder.path), ...forward, "--sessions", "1"]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
    const sender = new Sender(caller);
    await sender.until(splitter.errorLine(/^warning: s1: srt/));
    await sender.send(760); // 2 s: it is called again after 1 s
    await caller.waitUntilDelivered();
    caller.close();
    assert.strictEqual((await splitter.ended()).code, code);
    const [end] = splitter.eventsNamed("session-end");
    const { payload } = sender;
    assert.deepStrictEqual([end?.reason, end?.outputs[0]?.starts, end?.outputs[0]?.droppedBytes], [
      reason,
      0,
      payload.length,
    ]);
    assertSameBytes(readAll(end?.files ?? []), code === 0 ? payload : new Uint8Array());
    assert.deepStrictEqual(splitter.errors.filter((line) => line.startsWith("warning: s1: srt")), [
      `warning: s1: srt://127.0.0.1:${target.port}: refused by 127.0.0.1:${target.port}: not allowed ` +
      "(SRT reason 1403, SRT_REJX_FORBIDDEN); payload is dropped until the listener accepts a call",
    ]);
  });
}

Deno.test("if the process that forwards is killed, another one continues, and the recording is complete", async () => {
  using folder = new TemporaryFolder();
  await using target = await Splitter.listen([LOCAL, "--out", folder.file("target")]);
  const forward = forwardTo(target.port, "streamid={stream}");
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.file("own"), ...forward]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
  const { pid } = await splitter.event("session-start");
  const sender = new Sender(caller);
  await sender.until(target.event("session-proven"));
  const [forwarder = 0] = childrenOf(pid);
  Deno.kill(forwarder, "SIGKILL");
  await sender.until(splitter.errorLine(/: ended with SIGKILL during the session; it is started again in 1/));
  await sender.until(target.event("session-start", ({ session }) => session === "s2"));
  await sender.send(76);
  await caller.waitUntilDelivered();
  caller.close();
  const { files, outputs: [output] } = await splitter.event("session-end");
  assertSameBytes(readAll(files), sender.payload);
  assertIsEnd(readAll((await target.event("session-end", ({ session }) => session === "s2")).files), sender.payload);
  assert.deepStrictEqual([output?.ok, output?.starts], [false, 2]);
});

for (const who of ["listener", "session"] as const) {
  Deno.test(`the process that forwards ends with its session if the process of the ${who} is killed`, async () => {
    using folder = new TemporaryFolder();
    await using target = await Splitter.listen([LOCAL, "--out", folder.path]);
    await using splitter = await Splitter.listen([LOCAL, ...forwardTo(target.port, "streamid={stream}")]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
    const { pid } = await splitter.event("session-start");
    const sender = new Sender(caller);
    await sender.until(target.event("session-proven"));
    const [forwarder = 0] = childrenOf(pid);
    if (who === "listener") splitter.signal("SIGKILL");
    await sender.send(76);
    await caller.waitUntilDelivered();
    if (who === "session") Deno.kill(pid, "SIGKILL");
    caller.close();
    await waitUntilGone(pid);
    await waitUntilGone(forwarder);
    const { files, reason } = await target.event("session-end");
    const copy = readAll(files);
    assertSameBytes(copy, sender.payload.subarray(0, who === "listener" ? undefined : copy.length));
    assert.strictEqual(reason, "caller-closed");
  });
}

Deno.test("a listener that would forward to itself is an error at the start", async () => {
  const port = freePort();
  const { code, stderr } = await Splitter.run(["listen", `127.0.0.1:${port}`, "--forward", `srt://localhost:${port}`]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot use --forward: its target is this listener itself\nhint: name another listener/);
});

Deno.test("a passphrase file of a target that does not exist is an error at the start", async () => {
  const { code, stderr } = await Splitter.run(
    ["listen", LOCAL, "--forward", "srt://127.0.0.1:9999?passphrase-file=no-such-file"],
  );
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot read the passphrase file "[^"]*no-such-file": there is no such file\n/);
});
