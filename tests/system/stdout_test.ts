/** `--out -`: the payload of one session goes to stdout, and the run ends with it. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { within } from "../support/deadline.ts";
import { makePayload } from "../support/payload.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { Splitter, splitterCommand } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { Terminal } from "../support/terminal.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LISTEN = ["127.0.0.1:0", "--out", "-"];
const FAST = { bitsPerSecond: 40_000_000 };

/** Starts a listener whose stdout is a file or a pipe, and whose stderr has the events. */
function listenTo(path: string, args: readonly string[] = []): Promise<Splitter> {
  return Splitter.listen([...LISTEN, ...args], { as: ["sh", "-c", `exec "$@" 2>&1 >>'${path}'`, "sh"] });
}

/** Makes a named pipe and returns its path. */
async function makePipe(folder: TemporaryFolder): Promise<string> {
  const path = folder.file("pipe");
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert.ok(success);
  return path;
}

Deno.test("with --out - the payload and nothing else is appended to stdout, and the run ends", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("sent.ts");
  Deno.writeTextFileSync(file, "before");
  await using splitter = await listenTo(file);
  const payload = makePayload(3000);
  await sendAndClose(splitter.port, "cam1", payload);
  const { code } = await splitter.ended();
  assert.strictEqual(code, 0);
  assertSameBytes(Deno.readFileSync(file), new Uint8Array([...new TextEncoder().encode("before"), ...payload]));
  const [end] = splitter.eventsNamed("session-end");
  assert.deepStrictEqual([end?.reason, end?.bytes, end?.file], ["caller-closed", payload.length, null]);
  assert.strictEqual(splitter.eventsNamed("stopping")[0]?.cause, "--out -");
});

Deno.test("a second caller is refused with the reason, and after a caller that sent nothing the next one gets stdout", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("sent.ts");
  await using splitter = await listenTo(file);
  {
    await using silent = await SrtCaller.connect({ port: splitter.port, streamId: "silent" });
    silent.close();
    assert.ok((await splitter.event("session-end")).attempt);
  }
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1402 });
  const { text, rule } = await splitter.event("refused");
  assert.deepStrictEqual([text, rule], [
    "the listener writes one session to stdout, and s2 is that session",
    "--out -",
  ]);
  const payload = makePayload(100);
  await caller.send(payload, FAST);
  await caller.waitUntilDelivered();
  caller.close();
  assert.strictEqual((await splitter.ended()).code, 0);
  assertSameBytes(Deno.readFileSync(file), payload);
});

Deno.test("when the reader closes stdout, session and run end cleanly", async () => {
  using folder = new TemporaryFolder();
  const path = await makePipe(folder);
  const starting = listenTo(path);
  const pipe = await within(Deno.open(path), "the pipe", () => "");
  await using splitter = await starting;
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(10), FAST);
  assert.ok((await pipe.read(new Uint8Array(1316)) ?? 0) > 0);
  pipe.close();
  await caller.send(makePayload(10), FAST);
  const { reason, text } = await splitter.event("session-end");
  assert.deepStrictEqual([reason, text], ["output-closed", "the program that reads stdout has closed it"]);
  assert.strictEqual((await splitter.ended()).code, 0);
});

Deno.test("a reader that begins after the caller has gone gets everything", async () => {
  using folder = new TemporaryFolder();
  const path = await makePipe(folder);
  const starting = listenTo(path);
  using pipe = await within(Deno.open(path), "the pipe", () => "");
  await using splitter = await starting;
  const payload = makePayload(2000);
  await sendAndClose(splitter.port, "cam1", payload);
  await splitter.errorLine(/the program that reads stdout is too slow; payload waits in memory, up to 67.1 MB/);
  const got = await within(new Response(pipe.readable).bytes(), "the end of the payload", () => "");
  assertSameBytes(got, payload);
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.strictEqual(splitter.eventsNamed("session-end")[0]?.reason, "caller-closed");
});

Deno.test("a stop while the reader does not read reports what is missing", async () => {
  using folder = new TemporaryFolder();
  const path = await makePipe(folder);
  const starting = listenTo(path);
  using _pipe = await within(Deno.open(path), "the pipe", () => "");
  await using splitter = await starting;
  await sendAndClose(splitter.port, "cam1", makePayload(200));
  assert.strictEqual(await splitter.stop("SIGTERM"), 1);
  const [end] = splitter.eventsNamed("session-end");
  assert.strictEqual(end?.reason, "write-failed");
  assert.match(end.text, /^\d+ kB are not written: the program that reads stdout is too slow/);
});

Deno.test("the session continues to its end if the listener is killed", async () => {
  using folder = new TemporaryFolder();
  const path = await makePipe(folder);
  const starting = listenTo(path);
  using pipe = await within(Deno.open(path), "the pipe", () => "");
  await using splitter = await starting;
  // enough for retransmissions of packets that a busy machine loses because a buffer is full
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: 500 });
  await splitter.event("session-start");
  splitter.signal("SIGKILL");
  const payload = makePayload(300);
  await caller.send(payload, FAST);
  await caller.waitUntilDelivered();
  caller.close();
  assertSameBytes(await within(new Response(pipe.readable).bytes(), "the end of the payload", () => ""), payload);
});

Deno.test("stdout on a full disk fails the session", async () => {
  await using splitter = await listenTo("/dev/full");
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(10), FAST);
  const { reason, text } = await splitter.event("session-end");
  assert.deepStrictEqual([reason, text], ["disk-full", "cannot write to stdout: no space left on device"]);
  assert.strictEqual((await splitter.ended()).code, 1);
});

Deno.test("a terminal as stdout is refused", async () => {
  const { file, args } = splitterCommand(["listen", ...LISTEN]);
  await using terminal = await Terminal.start([file, ...args], { columns: 100, rows: 24 });
  const rows = await terminal.until("the end", (rows) => rows.some((row) => row.startsWith("exit code")));
  assert.match(rows.join("\n"), /error: cannot write payload to a terminal \(--out -\)[^]*\nexit code 2/);
});

Deno.test("a stdout that is shared with stderr is refused", async () => {
  using folder = new TemporaryFolder();
  const { file, args } = splitterCommand(["listen", ...LISTEN]);
  const path = folder.file("mixed");
  const { code } = await new Deno.Command("sh", { args: ["-c", `exec "$@" >'${path}' 2>&1`, "sh", file, ...args] })
    .output();
  assert.match(Deno.readTextFileSync(path), /^error: cannot write payload to the file or pipe of stderr \(--out -\)/);
  assert.strictEqual(code, 2);
});
