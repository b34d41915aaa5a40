/** `--pipe`: the payload of each session goes to a command of its own, whatever that command does. */

import assert from "node:assert/strict";
import { basename } from "node:path";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil, waitUntilGone } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { Splitter } from "../support/splitter.ts";
import { freePort, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LOCAL = "127.0.0.1:0";
const FAST = { bitsPerSecond: 40_000_000 };
/** Long enough to retransmit what a busy machine loses in a full buffer. */
const LATENCY_MS = 1000;

for (
  const [streamId, safe] of [
    ["cam1", "cam1"],
    ["$(touch x)", "touch_x"],
    ["`id`;'\"", "id"],
    ["two\nlines", "two_lines"],
    ["--help", "help"],
    ["../../x", "x"],
  ] as const
) {
  Deno.test(`a stream named ${JSON.stringify(streamId)} goes to its command and to its file`, async () => {
    using folder = new TemporaryFolder();
    using copies = new TemporaryFolder();
    const direct = `sh -c 'cat > "$1"' sh ${copies.path}/{stream}_1`;
    const inShell = `sh -c 'cd ${copies.path} && cat > {stream}_2'`;
    const options = ["--out", folder.path, "--pipe", direct, "--pipe", inShell];
    await using splitter = await Splitter.listen([LOCAL, ...options]);
    const payload = makePayload(300);
    await sendAndClose(splitter.port, streamId, payload);
    const { reason, files, outputs } = await splitter.event("session-end");
    const expected = { kind: "pipe", name: "sh", ok: true, starts: 1, bytes: payload.length, droppedBytes: 0 };
    assert.strictEqual(reason, "caller-closed");
    assert.deepStrictEqual(
      outputs,
      [1, 2].map(() => ({ ...expected, text: "ended with exit code 0", exitCode: 0, signal: null })),
    );
    assert.deepStrictEqual(copies.names().toSorted(), [`${safe}_1`, `${safe}_2`]);
    for (const file of [...files, copies.file(`${safe}_1`), copies.file(`${safe}_2`)]) {
      assertSameBytes(Deno.readFileSync(file), payload);
    }
  });
}

Deno.test("{date} and {time} of a command are those of the recording, even if the payload arrives later", async () => {
  using folder = new TemporaryFolder();
  using copies = new TemporaryFolder();
  const pipe = `sh -c 'cat > ${copies.path}/{stream}_{date}_{time}.ts'`;
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--pipe", pipe]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const { file } = await splitter.event("session-start");
  const startS = Math.floor(Date.now() / 1000);
  await waitUntil("the next second", () => Math.floor(Date.now() / 1000) > startS);
  await caller.send(makePayload(100), FAST);
  caller.close();
  await splitter.event("session-end");
  assert.deepStrictEqual(copies.names(), [basename(file ?? "")]);
});

Deno.test("a command that is too slow gets whole TS packets, is reported once, and the recording is exact", async () => {
  using folder = new TemporaryFolder();
  using copies = new TemporaryFolder();
  const command = `sh -c 'cd ${copies.path}; until [ -e go ]; do sleep 0.05; done; cat > copy'`;
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--pipe", command]);
  const payload = makePayload(16_000); // 21 MB: more than the queue of a command holds
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: LATENCY_MS });
  await caller.send(payload, { bitsPerSecond: 60_000_000 });
  await caller.waitUntilDelivered();
  await splitter.errorLine(/^warning: s1: sh: is too slow, so payload is dropped for it; the session continues$/);
  caller.close();
  Deno.writeTextFileSync(copies.file("go"), "");
  const { reason, files, outputs: [output] } = await splitter.event("session-end");
  assertSameBytes(readAll(files), payload);
  const copy = Deno.readFileSync(copies.file("copy"));
  assert.deepStrictEqual([reason, output?.ok, output?.bytes, copy.length % 188], [
    "caller-closed",
    false,
    copy.length,
    0,
  ]);
  assert.strictEqual(copy.length + (output?.droppedBytes ?? 0), payload.length);
  assert.strictEqual(splitter.errors.filter((line) => line.includes("too slow")).length, 1);
});

for (
  const [what, args, code, reason] of [
    ["a warning if the session is recorded too", (folder: string) => ["--out", folder], 0, "caller-closed"],
    ["a failure if nothing is recorded", () => [], 1, "output-failed"],
  ] as const
) {
  Deno.test(`a command that ends during the session is ${what}`, async () => {
    using folder = new TemporaryFolder();
    const pipe = ["--pipe", "sh -c 'echo oh no >&2; exit 3'", "--sessions", "1"];
    await using splitter = await Splitter.listen([LOCAL, ...args(folder.path), ...pipe]);
    const payload = makePayload(300);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: LATENCY_MS });
    await caller.send(payload, FAST);
    await caller.waitUntilDelivered();
    await splitter.errorLine(/during the session/);
    caller.close();
    assert.strictEqual((await splitter.ended()).code, code);
    const [end] = splitter.eventsNamed("session-end");
    assert.deepStrictEqual([end?.reason, end?.outputs[0]?.exitCode, end?.outputs[0]?.ok], [reason, 3, false]);
    assertSameBytes(readAll(end?.files ?? []), code === 0 ? payload : new Uint8Array());
    // its input closes a moment before it has ended, which may be reported too
    const lines = splitter.errors.filter((line) => line.includes("s1: sh") && !line.includes("has closed its input"));
    assert.deepStrictEqual(lines, [
      "warning: s1: sh: oh no",
      "warning: s1: sh: ended with exit code 3 during the session, and misses the rest of the session",
    ]);
  });
}

Deno.test("a program that does not exist is an error at the start, before any file is touched", async () => {
  using folder = new TemporaryFolder();
  const junit = folder.file("junit.xml");
  Deno.writeTextFileSync(junit, "of an earlier run");
  const options = ["--out", folder.file("recordings"), "--junit", junit];
  const { code, stderr } = await Splitter.run(["listen", LOCAL, "--pipe", "no-such-program -x", ...options]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot use --pipe: there is no program "no-such-program"\nhint: install it/);
  assert.deepStrictEqual(folder.names(), ["junit.xml"]);
});

Deno.test("if a program is removed after the start, sessions are recorded without it", async () => {
  using folder = new TemporaryFolder();
  const program = folder.file("program");
  Deno.writeTextFileSync(program, "#!/bin/sh\nexec cat\n", { mode: 0o755 });
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.file("rec"), "--pipe", program]);
  Deno.removeSync(program);
  const payload = makePayload(100);
  await sendAndClose(splitter.port, "cam1", payload);
  const { reason, files, outputs: [output] } = await splitter.event("session-end");
  assertSameBytes(readAll(files), payload);
  assert.deepStrictEqual([reason, output?.starts, output?.droppedBytes], ["caller-closed", 0, payload.length]);
  assert.strictEqual(output?.text, "cannot be started: no such file or directory");
});

Deno.test("a command has the listener's environment and folder, but no secret, and no descriptor besides its own", async () => {
  using folder = new TemporaryFolder();
  const script = "env > $0/env; pwd > $0/pwd; ls /proc/self/fd > $0/fd; cat > /dev/null";
  await using splitter = await Splitter.listen([LOCAL, "--pipe", `sh -c '${script}' ${folder.path}`], {
    env: { SRT_SPLITTER_PASSPHRASE: "correct horse battery", COLOR_OF_SKY: "light blue" },
  });
  await using caller = await SrtCaller.connect({ port: splitter.port, passphrase: "correct horse battery" });
  await caller.send(makePayload(10), FAST);
  await caller.waitUntilDelivered();
  caller.close();
  await splitter.event("session-end");
  const read = (name: string) => Deno.readTextFileSync(folder.file(name)).trim();
  assert.match(read("env"), /^COLOR_OF_SKY=light blue$/m);
  assert.doesNotMatch(read("env"), /SRT_SPLITTER_|correct horse/);
  assert.strictEqual(read("pwd"), Deno.cwd());
  assert.deepStrictEqual(read("fd").split("\n"), ["0", "1", "2", "3"]); // 3 is that of ls
});

for (const who of ["listener", "session"] as const) {
  Deno.test(`a command ends with its session if the process of the ${who} is killed`, async () => {
    using folder = new TemporaryFolder();
    const command = `sh -c 'echo $$ > ${folder.path}/pid; exec cat > ${folder.path}/copy'`;
    await using splitter = await Splitter.listen([LOCAL, "--pipe", command]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    const { pid } = await splitter.event("session-start");
    const payload = makePayload(100);
    await caller.send(payload, FAST);
    const pidOfCommand = Number(await contentOf(folder.file("pid")));
    if (who === "listener") splitter.signal("SIGKILL");
    await caller.waitUntilDelivered();
    if (who === "session") Deno.kill(pid, "SIGKILL");
    caller.close();
    await waitUntilGone(pid);
    await waitUntilGone(pidOfCommand);
    const copy = Deno.readFileSync(folder.file("copy"));
    assertSameBytes(copy, payload.subarray(0, who === "listener" ? payload.length : copy.length));
  });
}

Deno.test("a stop waits for a command that still reads, and a session that waits for its command does not count for --max-sessions", async () => {
  using folder = new TemporaryFolder();
  const script = "until [ -e $0/go ]; do sleep 0.05; done; cat > $0/$1";
  const options = ["--pipe", `sh -c '${script}' ${folder.path} {session}`, "--max-sessions", "1"];
  await using splitter = await Splitter.listen([LOCAL, ...options]);
  const payload = makePayload(100);
  await sendAndClose(splitter.port, "cam1", payload);
  await using caller = await connectOnceFree(splitter.port); // s1 waits for its command
  await caller.send(payload, FAST);
  await caller.waitUntilDelivered();
  splitter.signal("SIGTERM");
  await splitter.event("stopping");
  Deno.writeTextFileSync(folder.file("go"), "");
  assert.strictEqual((await splitter.ended()).code, 0);
  for (const session of ["s1", "s2"]) assertSameBytes(Deno.readFileSync(folder.file(session)), payload);
  assert.deepStrictEqual(splitter.eventsNamed("session-end").map(({ outputs }) => outputs[0]?.ok), [true, true]);
});

Deno.test("a caller whose session waits for its command can call again from its port", async () => {
  using folder = new TemporaryFolder();
  const script = "until [ -e $0/go ]; do sleep 0.05; done; cat > $0/$1";
  const options = ["--pipe", `sh -c '${script}' ${folder.path} {session}`, "--idle", "3s", "--sessions", "2"];
  await using splitter = await Splitter.listen([LOCAL, ...options]);
  const localPort = freePort();
  const payload = makePayload(20);
  const call = async () => {
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", localPort });
    await caller.send(payload, FAST);
    await caller.waitUntilBroken(); // its session ends because it is idle
  };
  await call();
  await call();
  Deno.writeTextFileSync(folder.file("go"), "");
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.deepStrictEqual(splitter.eventsNamed("session-end").map(({ reason }) => reason), ["idle", "idle"]);
  for (const session of ["s1", "s2"]) assertSameBytes(Deno.readFileSync(folder.file(session)), payload);
});

/** Waits until the first line of a file is written. */
async function contentOf(path: string): Promise<string> {
  const endMs = performance.now() + DEADLINE_MS;
  while (performance.now() < endMs) {
    const content = await Deno.readTextFile(path).catch(() => "");
    if (content.endsWith("\n")) return content;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${path} was not written`);
}

/** Connects as soon as the previous session does not count for `--max-sessions` any more. */
async function connectOnceFree(port: number): Promise<SrtCaller> {
  const endMs = performance.now() + DEADLINE_MS;
  while (true) {
    try {
      return await SrtCaller.connect({ port, streamId: "cam1" });
    } catch (error) {
      const isFull = (error as { readonly rejectReason?: number }).rejectReason === 1402;
      if (!isFull || performance.now() >= endMs) throw error;
    }
  }
}
