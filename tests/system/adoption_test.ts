/** Sessions whose listener was killed: the next listener on its address adopts them (takes them over as its own). */

import assert from "node:assert/strict";
import { bindAbstractName, connectAbstract } from "../../mod/os/abstract_socket.ts";
import { ANSWER_LEAVE } from "../../mod/handoff/contract.ts";
import { controlName, sessionName } from "../../mod/handoff/control_name.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { readLines } from "../../mod/os/read_lines.ts";
import { introductionOf } from "../handoff/introduction_of.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { ANOTHER_USER, AS_ANOTHER_USER, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil, waitUntilGone } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;
const libc = openLibc();

/** Kills a listener, and starts another one on its port. */
async function restart(killed: Splitter, args: readonly string[]): Promise<Splitter> {
  killed.signal("SIGKILL");
  await killed.ended();
  return await Splitter.listen([`127.0.0.1:${killed.port}`, ...args]);
}

/** The control socket of a listener on 127.0.0.1. */
function controlOf({ port }: Splitter): string {
  return controlName({ uid: libc.symbols.geteuid(), address: "127.0.0.1", port });
}

/** Runs a Python program as another user. `S` is a socket of the same type as a control socket. */
function asAnotherUser(lines: readonly string[]): Deno.ChildProcess {
  const program = ["import socket", "S = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)", ...lines].join("\n");
  const [file, ...args] = [...AS_ANOTHER_USER, "/usr/bin/python3", "-c", program];
  return new Deno.Command(file, { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
}

Deno.test("ten sessions whose listener was killed are adopted by the next one, and all files are exact", async () => {
  using folder = new TemporaryFolder();
  const summaryFile = `${folder.path}/summary.json`;
  const junit = `${folder.path}/junit.xml`;
  const out = `${folder.path}/out`;
  Deno.mkdirSync(out);
  await using killed = await Splitter.listen(["127.0.0.1:0", "--out", out, "--stats", "200ms"]);
  await using callers = new AsyncDisposableStack();
  const payload = makePayload(1000);
  const ids: string[] = [];
  const open: SrtCaller[] = [];
  for (let index = 0; index < 10; index += 1) {
    const call = { port: killed.port, streamId: `cam${index}`, latencyMs: SAFE_LATENCY_MS };
    open.push(callers.use(await SrtCaller.connect(call)));
    ids.push((await killed.event("session-start", ({ stream }) => stream === `cam${index}`)).session);
  }
  const sending = open.map((caller) => caller.send(payload, { bitsPerSecond: 4 * MBIT }));
  await waitUntil("proofs", () => killed.eventsNamed("session-proven").length === 10);
  await using next = await restart(killed, ["--out", out, "--summary", summaryFile, "--junit", junit]);
  await waitUntil("adoptions", () => next.eventsNamed("session-adopted").length === 10);
  const adopted = next.eventsNamed("session-adopted");
  assert.deepStrictEqual(adopted.map(({ session }) => session).toSorted(), ids.toSorted());
  assert.ok(adopted.every(({ proven, file, files }) => proven && file !== null && files.at(-1) === file));
  await Promise.all(sending);
  await Promise.all(open.map((caller) => caller.waitUntilDelivered()));
  for (const caller of open) caller.close();
  await waitUntil("ends", () => next.eventsNamed("session-end").length === 10);
  for (const { file, reason } of next.eventsNamed("session-end")) {
    assert.strictEqual(reason, "caller-closed");
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  }
  assert.strictEqual(await next.stop(), 0);
  const { sessions, total } = JSON.parse(Deno.readTextFileSync(summaryFile));
  assert.deepStrictEqual([total.sessions, total.failed, total.bytes], [10, 0, 10 * payload.length]);
  for (const session of sessions) {
    const { start } = killed.eventsNamed("session-start").map(({ session: id, time }) => ({ id, start: time }))
      .find(({ id }) => id === session.session) ?? {};
    assert.deepStrictEqual([session.adopted, session.start, session.bytes], [true, start, payload.length]);
  }
  assert.strictEqual(Deno.readTextFileSync(junit).split("adopted from an earlier listener").length - 1, 10);
});

Deno.test("an adopted session counts for --max-sessions, and a caller with its stream name replaces it", async () => {
  await using killed = await Splitter.listen(["127.0.0.1:0"]);
  await using first = await SrtCaller.connect({ port: killed.port, streamId: "cam1" });
  await first.send(makePayload(10));
  const { session } = await killed.event("session-proven");
  await using next = await restart(killed, ["--on-return", "take-over", "--max-sessions", "1"]);
  await next.event("session-adopted");
  await assert.rejects(SrtCaller.connect({ port: next.port, streamId: "cam2" }), CallerRefusedError);
  await using second = await SrtCaller.connect({ port: next.port, streamId: "cam1" });
  await second.send(makePayload(10));
  const end = await next.event("session-end");
  assert.deepStrictEqual([end.session, end.reason], [session, "replaced"]);
});

Deno.test("a listener stops the sessions that it has adopted, and new sessions get new IDs", async () => {
  await using killed = await Splitter.listen(["127.0.0.1:0"]);
  await using first = await SrtCaller.connect({ port: killed.port, streamId: "old" });
  await first.send(makePayload(10));
  await killed.event("session-proven");
  await using next = await restart(killed, []);
  await using second = await SrtCaller.connect({ port: next.port, streamId: "new" });
  await second.send(makePayload(10));
  const { session } = await next.event("session-proven", ({ stream }) => stream === "new");
  await next.event("session-adopted", ({ session: old }) => old === "s1");
  assert.strictEqual(session, "s2");
  assert.strictEqual(await next.stop(), 0);
  const ends = next.eventsNamed("session-end").map((end) => [end.session, end.reason]);
  assert.deepStrictEqual(ends.toSorted(), [["s1", "stopped"], ["s2", "stopped"]]);
});

Deno.test("an adopted session that is killed is reported as crashed, and its caller gets a SHUTDOWN", async () => {
  await using killed = await Splitter.listen(["127.0.0.1:0"]);
  await using caller = await SrtCaller.connect({ port: killed.port, streamId: "cam1" });
  await caller.send(makePayload(10));
  await killed.event("session-proven");
  await using next = await restart(killed, []);
  const { pid } = await next.event("session-adopted");
  Deno.kill(pid, "SIGKILL");
  const end = await next.event("session-end");
  assert.strictEqual(end.reason, "crashed");
  assert.match(end.text, /^its process died \(an earlier process had started it, so the cause is not known\)/);
  await caller.waitUntilBroken();
});

Deno.test("an adopted session is adopted again by a third listener", async () => {
  await using first = await Splitter.listen(["127.0.0.1:0"]);
  await using caller = await SrtCaller.connect({ port: first.port, streamId: "cam1" });
  await caller.send(makePayload(10));
  await first.event("session-proven");
  await using second = await restart(first, []);
  const { pid } = await second.event("session-adopted");
  await using third = await restart(second, []);
  const adopted = await third.event("session-adopted");
  assert.deepStrictEqual([adopted.session, adopted.pid, adopted.stream], ["s1", pid, "cam1"]);
  caller.close();
  assert.strictEqual((await third.event("session-end")).reason, "caller-closed");
  await waitUntilGone(pid);
});

Deno.test("peers on the control socket that send garbage, send nothing, or are too many do not prevent a session or a clean stop", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--verbose"]);
  const control = controlOf(splitter);
  const peers = Array.from({ length: 80 }, () => connectAbstract(libc, control)?.socket);
  try {
    peers[0]?.send(new Uint8Array([0, 1, 2, 3]));
    peers[1]?.send(new Uint8Array(32_769).fill(1));
    peers[2]?.send(new TextEncoder().encode("\0{}"));
    await waitUntil("a closed connection", () => peers[70]?.receive(new Uint8Array(10)) === "closed");
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await caller.send(makePayload(10));
    await splitter.event("session-proven");
    await waitUntil("the end of silent peers", () => peers[3]?.receive(new Uint8Array(10)) === "closed");
  } finally {
    for (const peer of peers) peer?.close();
  }
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("a peer cannot introduce itself as the process of another session", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(10));
  const start = await splitter.event("session-start");
  await splitter.event("session-proven");
  for (const pid of [start.pid, start.pid, Deno.pid]) {
    using peer = connectAbstract(libc, controlOf(splitter))?.socket ?? assert.fail();
    peer.send(new TextEncoder().encode(`\0${JSON.stringify(introductionOf({ start: { ...start, pid } }))}`));
    const answers: string[] = [];
    await waitUntil("the end of the connection", () => {
      const answer = new Uint8Array(100);
      const length = peer.receive(answer);
      if (typeof length === "number") answers.push(new TextDecoder().decode(answer.subarray(1, length)));
      return length === "closed";
    });
    assert.strictEqual(answers.at(-1), ANSWER_LEAVE);
  }
  await splitter.errorLine(/s1: process \d+ is not adopted: its session ID/);
  assert.strictEqual(splitter.errors.filter((line) => /reports another process ID/.test(line)).length, 1);
  assert.deepStrictEqual(splitter.eventsNamed("session-adopted"), []);
  caller.close();
  assert.strictEqual((await splitter.event("session-end")).reason, "caller-closed");
});

Deno.test("a child of another version of the contract is reported once, and is not adopted", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  for (let time = 0; time < 2; time += 1) {
    const peer = connectAbstract(libc, controlOf(splitter))?.socket;
    peer?.send(
      new TextEncoder().encode(`\0${JSON.stringify({ hello: "session", contract: 0, start: { session: "s7" } })}`),
    );
    await waitUntil("the answer", () => typeof peer?.receive(new Uint8Array(100)) === "number");
    peer?.close();
  }
  await splitter.errorLine(/of an earlier listener records "s7", and is not adopted: it belongs to another version/);
  await splitter.stop();
  assert.strictEqual(splitter.errors.filter((line) => line.includes("another version")).length, 1);
});

Deno.test("a listener does not give a new session the ID that a child of an earlier listener still has", async () => {
  await using killed = await Splitter.listen(["127.0.0.1:0"]);
  const held = bindAbstractName(libc, sessionName(controlOf(killed), "s41"));
  try {
    await using next = await restart(killed, []);
    await using _caller = await SrtCaller.connect({ port: next.port });
    assert.strictEqual((await next.event("session-start")).session, "s42");
  } finally {
    if (held !== null) libc.symbols.close(held);
  }
});

Deno.test({
  ...needing([ANOTHER_USER], "a peer of another user is disconnected before it has sent anything"),
  fn: async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"]);
    const peer = asAnotherUser([`S.connect("\\0${controlOf(splitter)}")`, "print(S.recv(100))"]);
    const { stdout } = await peer.output();
    assert.strictEqual(new TextDecoder().decode(stdout), "b''\n");
  },
});

Deno.test({
  ...needing([ANOTHER_USER], "a session does not introduce itself to a program of another user"),
  fn: async () => {
    await using killed = await Splitter.listen(["127.0.0.1:0"]);
    await using caller = await SrtCaller.connect({ port: killed.port, streamId: "cam1" });
    await caller.send(makePayload(10));
    await killed.event("session-proven");
    const { pid } = await killed.event("session-start");
    killed.signal("SIGKILL");
    await killed.ended();
    await using other = asAnotherUser([
      `S.bind("\\0${controlOf(killed)}")`,
      "S.listen()",
      "print(S.accept()[0].recv(100), flush=True)",
    ]);
    const lines: string[] = [];
    for await (const line of readLines(other.stdout)) lines.push(line);
    assert.deepStrictEqual(lines, ["b''"]);
    caller.close();
    await waitUntilGone(pid);
  },
});
