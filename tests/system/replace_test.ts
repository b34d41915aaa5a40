/** `--replace`: a listener takes the address and the sessions of another one that runs. */

import assert from "node:assert/strict";
import { controlName } from "../../mod/handoff/control_name.ts";
import { AbstractListener, listAbstractNames } from "../../mod/os/abstract_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { readProcFile } from "../../mod/os/proc.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { freePort, SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const libc = openLibc();

/** Waits until this many programs are connected to the control socket of a listener. */
async function waitUntilConnected({ port }: Splitter, programs: number): Promise<void> {
  const name = controlName({ uid: libc.symbols.geteuid(), address: "127.0.0.1", port });
  // the kernel lists the name once for the listening socket, and once for each connection
  const count = () => listAbstractNames(libc, name).filter((listed) => listed === name).length - 1;
  await waitUntil("connections", () => count() >= programs);
}

/** Time between two callers, in ms. */
const CALL_EACH_MS = 250;

/** Connects, sends and closes. */
async function call(port: number, streamId: string, payload: Uint8Array<ArrayBuffer>): Promise<void> {
  await using caller = await SrtCaller.connect({ port, streamId, latencyMs: SAFE_LATENCY_MS });
  await caller.send(payload, { bitsPerSecond: 4_000_000 });
  await caller.waitUntilDelivered();
}

Deno.test("a listener is replaced while callers call all the time: no caller is refused, and all recordings are exact", async () => {
  using folder = new TemporaryFolder();
  const args = ["--out", folder.path, "--name", "{stream}.ts", "--no-sidecar"];
  await using old = await Splitter.listen(["127.0.0.1:0", ...args]);
  const payload = makePayload(100);
  const calls: Promise<void>[] = [];
  const timer = setInterval(() => calls.push(call(old.port, `cam${calls.length}`, payload)), CALL_EACH_MS);
  try {
    await waitUntil("sessions", () => old.eventsNamed("session-proven").length >= 3);
    await using next = await Splitter.listen([`127.0.0.1:${old.port}`, ...args, "--replace"]);
    assert.strictEqual((await old.ended()).code, 0);
    await waitUntil("sessions of the next one", () => next.eventsNamed("session-start").length >= 3);
    clearInterval(timer);
    await Promise.all(calls);
    assert.strictEqual(await next.stop(), 0);
    const all = [old, next];
    assert.deepStrictEqual(all.flatMap((listener) => listener.eventsNamed("refused")), []);
    assert.deepStrictEqual(all.flatMap(({ errors }) => errors), []);
    const ids = all.flatMap((listener) => listener.eventsNamed("session-start").map(({ session }) => session));
    assert.deepStrictEqual([ids.length, new Set(ids).size], [calls.length, calls.length]);
    assert.ok(next.eventsNamed("session-adopted").length > 0);
    const ends = all.flatMap((listener) => listener.eventsNamed("session-end").map(({ session }) => session));
    assert.deepStrictEqual(ends.toSorted(), ids.toSorted());
    for (let index = 0; index < calls.length; index += 1) {
      assertSameBytes(Deno.readFileSync(folder.file(`cam${index}.ts`)), payload);
    }
  } finally {
    clearInterval(timer);
    await Promise.allSettled(calls);
  }
});

Deno.test("the reports of a listener that is replaced count no session as failed", async () => {
  using folder = new TemporaryFolder();
  const [summary, junit] = [folder.file("summary.json"), folder.file("junit.xml")];
  await using old = await Splitter.listen(["127.0.0.1:0", "--summary", summary, "--junit", junit]);
  await using caller = await SrtCaller.connect({ port: old.port, streamId: "cam1" });
  await caller.send(makePayload(10));
  await old.event("session-proven");
  await using next = await Splitter.listen([`127.0.0.1:${old.port}`, "--replace"]);
  assert.strictEqual((await old.ended()).code, 0);
  await next.event("session-adopted");
  assert.strictEqual(old.eventsNamed("stopping")[0]?.cause, "replace");
  const { total, sessions, cause } = JSON.parse(Deno.readTextFileSync(summary));
  assert.deepStrictEqual([cause, total.failed, sessions.length, sessions[0].end], ["replace", 0, 1, null]);
  assert.match(Deno.readTextFileSync(junit), /failures="0"[^]*handed over to another listener/);
  // of a caller that sends no payload, a SHUTDOWN is counted like a new call, and on a busy machine it may be mistaken for a call
  await caller.send(makePayload(10));
  await caller.waitUntilDelivered();
  caller.close();
  assert.strictEqual((await next.event("session-end")).reason, "caller-closed");
});

Deno.test("--replace starts a listener as usual if none runs on the address", async () => {
  await using splitter = await Splitter.listen([`127.0.0.1:${freePort()}`, "--replace"]);
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  assert.strictEqual((await splitter.event("session-start")).session, "s1");
});

Deno.test("--replace reports a listener that does not hand over, with exit code 3", async () => {
  const port = freePort();
  const name = controlName({ uid: libc.symbols.geteuid(), address: "127.0.0.1", port });
  using other = AbstractListener.open(libc, name) ?? assert.fail();
  await using splitter = Splitter.start(["listen", `127.0.0.1:${port}`, "--replace"]);
  await waitUntil("a connection", () => {
    const accepted = other.accept();
    accepted?.socket.close();
    return accepted !== null;
  });
  assert.strictEqual((await splitter.ended()).code, 3);
  assert.match(
    splitter.errors[0] ?? "",
    /^error: cannot take over UDP port \d+: the other srt-splitter \(PID \d+\) does/,
  );
});

Deno.test("a listener that was not replaced in time continues, and the other one ends with exit code 3", async () => {
  await using old = await Splitter.listen(["127.0.0.1:0"]);
  const address = `127.0.0.1:${old.port}`;
  old.signal("SIGSTOP");
  await using other = Splitter.start(["listen", address, "--replace"]);
  assert.strictEqual((await other.ended()).code, 3);
  assert.match(other.errors[0] ?? "", /^error: cannot take over .*: it has not answered within 5 s$/);
  old.signal("SIGCONT");
  assert.strictEqual((await Splitter.run(["sessions", address])).code, 0);
  await using _caller = await SrtCaller.connect({ port: old.port });
  await old.event("session-start");
  assert.strictEqual(await old.stop("SIGTERM"), 0);
  assert.deepStrictEqual(old.eventsNamed("stopping").map(({ cause }) => cause), ["SIGTERM"]);
});

Deno.test("a listener that is killed before it has answered is replaced too", async () => {
  await using old = await Splitter.listen(["127.0.0.1:0"]);
  await using caller = await SrtCaller.connect({ port: old.port });
  await caller.send(makePayload(10));
  await old.event("session-proven");
  old.signal("SIGSTOP");
  const local = new RegExp(`^ *\\d+: \\w+:${old.port.toString(16).toUpperCase().padStart(4, "0")} `, "gm");
  const sockets = () => readProcFile(libc, "/proc/net/udp")?.match(local)?.length ?? 0;
  const before = sockets();
  const starting = Splitter.listen([`127.0.0.1:${old.port}`, "--replace"]);
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => await (await starting)[Symbol.asyncDispose]());
  await waitUntil("its socket", () => sockets() === before + 1);
  old.signal("SIGKILL");
  const next = await starting;
  assert.strictEqual((await next.event("session-adopted")).session, "s1");
  await using _second = await SrtCaller.connect({ port: next.port });
  assert.strictEqual((await next.event("session-start")).session, "s2");
  assert.deepStrictEqual(next.errors, []);
});

Deno.test("stop and ban report that another listener has the sessions now, with exit code 1", async () => {
  await using old = await Splitter.listen(["127.0.0.1:0"]);
  const address = `127.0.0.1:${old.port}`;
  await using caller = await SrtCaller.connect({ port: old.port, latencyMs: SAFE_LATENCY_MS });
  await caller.send(makePayload(10));
  await old.event("session-proven");
  const { pid } = await old.event("session-start");
  Deno.kill(pid, "SIGSTOP"); // the orders arrive once the other listener has the address
  await using stop = Splitter.start(["stop", "s1", "--listener", address]);
  await using ban = Splitter.start(["ban", "127.0.0.1", "--listener", address]);
  await waitUntilConnected(old, 2);
  await using next = await Splitter.listen([address, "--replace"]);
  Deno.kill(pid, "SIGCONT");
  await next.event("session-adopted");
  const problem = "another srt-splitter takes the sessions; repeat the command";
  assert.deepStrictEqual([(await stop.ended()).code, stop.errors], [1, [
    `error: not all of the sessions were stopped: ${problem}`,
  ]]);
  assert.deepStrictEqual([(await ban.ended()).code, ban.errors], [1, [`error: cannot ban "127.0.0.1": ${problem}`]]);
});

Deno.test("cut reports that another listener has the session now, with exit code 1", async () => {
  using folder = new TemporaryFolder();
  await using old = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--stats", "100ms"]);
  const address = `127.0.0.1:${old.port}`;
  await using caller = await SrtCaller.connect({ port: old.port });
  await caller.send(makePayload(10));
  await old.event("stats", ({ bytes }) => bytes > 0);
  await using cut = Splitter.start(["cut", "s1", "--listener", address]);
  await waitUntilConnected(old, 1);
  await using _next = await Splitter.listen([address, "--replace"]);
  assert.deepStrictEqual([(await cut.ended()).code, cut.errors], [1, [
    "error: session s1 was not cut: another srt-splitter takes the sessions; repeat the command",
  ]]);
});
