/** A listener as a service: notifications to a service manager, and the unit file of the manual. */

import assert from "node:assert/strict";
import { within } from "../support/deadline.ts";
import { needing, SYSTEMD_ANALYZE } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** A service manager of the test: the assignments that it has received, in order. */
class Manager implements AsyncDisposable {
  readonly received: string[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #reading: Promise<void>;

  constructor(path: string) {
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#reading = this.#read();
  }

  /** Waits for an assignment after the first `from` ones. Returns how many there are up to it. */
  async until(assignment: string, from = 0): Promise<number> {
    await waitUntil(assignment, () => this.received.indexOf(assignment, from) >= 0);
    return this.received.indexOf(assignment, from) + 1;
  }

  async #read(): Promise<void> {
    for await (const [bytes] of this.#socket) this.received.push(...new TextDecoder().decode(bytes).split("\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await within(this.#reading, "the end of the socket");
  }
}

Deno.test("a service manager is notified of the start, of sessions, of a reload and of the stop, and gets watchdog messages", async () => {
  using folder = new TemporaryFolder();
  const [path, config] = [folder.file("notify"), folder.file("splitter.toml")];
  Deno.writeTextFileSync(config, 'address = "127.0.0.1:0"\n');
  await using manager = new Manager(path);
  const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "200000" };
  await using splitter = await Splitter.listen(["--config", config], { env });
  let at = await manager.until("READY=1");
  at = await manager.until(`STATUS=0 sessions, UDP port ${splitter.port}`, at);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await caller.send(makePayload(1));
  at = await manager.until(`STATUS=1 session, UDP port ${splitter.port}`, at);
  splitter.signal("SIGHUP");
  at = await manager.until("RELOADING=1", at);
  assert.match(manager.received[at] ?? "", /^MONOTONIC_USEC=[1-9]\d+$/);
  at = await manager.until("READY=1", at);
  at = await manager.until("WATCHDOG=1", at);
  assert.strictEqual(await splitter.stop("SIGTERM"), 0);
  await manager.until("STOPPING=1", at);
  assert.deepStrictEqual(splitter.errors, []);
});

Deno.test("with a WATCHDOG_USEC that is for another process, no watchdog message is sent", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("notify");
  await using manager = new Manager(path);
  const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "1000", WATCHDOG_PID: "1" };
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { env });
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start");
  await splitter.stop();
  await manager.until("STOPPING=1");
  assert.ok(!manager.received.includes("WATCHDOG=1"));
});

Deno.test("a command of a session does not get the variables of the service manager", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("notify");
  await using _manager = new Manager(path);
  const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "30000000", MARK: "kept" };
  const command = `sh -c 'env > "$0"; cat > /dev/null' ${folder.file("variables")}`;
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--pipe", command], { env });
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await caller.send(makePayload(1));
  await splitter.event("session-proven");
  caller.close();
  await splitter.event("session-end");
  const variables = Deno.readTextFileSync(folder.file("variables")).split("\n");
  assert.ok(variables.includes("MARK=kept"));
  assert.deepStrictEqual(variables.filter((entry) => /^(NOTIFY|WATCHDOG)/.test(entry)), []);
});

Deno.test("a service manager that is gone is reported, and the listener runs", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { env: { NOTIFY_SOCKET: "/nonexistent/notify" } });
  await splitter.errorLine(/^warning: the service manager was not notified of READY=1: /);
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start");
});

/** Returns a command that starts the listener with the variable `JOURNAL_STREAM` for its stdout (1) or stderr (2). */
function inJournal(descriptor: number): readonly string[] {
  const stream = `$(stat -Lc %d:%i /proc/self/fd/3)`;
  return ["sh", "-c", `exec 3>&${descriptor}; export JOURNAL_STREAM=${stream}; exec 3>&-; exec "$@"`, "sh"];
}

Deno.test("lines to the journal have a priority and no time of day, and lines to another output have no priority", async () => {
  await using splitter = Splitter.start(["listen", "127.0.0.1:0", "--verbose"], { as: inJournal(1) });
  const port = Number(/UDP port (\d+)/.exec(await splitter.line(/UDP port/))?.[1]);
  await using _caller = await SrtCaller.connect({ port, streamId: "cam1" });
  await splitter.line(/^<6>\+ cam1 \(s1\) begins, /);
  assert.strictEqual(await splitter.stop(), 0);
  assert.ok(splitter.errors.length > 0);
  assert.deepStrictEqual(splitter.errors.filter((line) => line.startsWith("<")), []);
});

for (
  const [what, args] of [
    ["a wrong option", ["listen", ":0", "--latency", "never"]],
    ["a folder that cannot be made", ["listen", "127.0.0.1:0", "--out", "/proc/none"]],
    ["an address that this machine does not have", ["listen", "192.0.2.1:0"]],
  ] as const
) {
  Deno.test(`${what} is reported in the journal with the priority of an error`, async () => {
    const { stderr } = await Splitter.run(args, { as: inJournal(2) });
    const lines = stderr.trimEnd().split("\n");
    assert.match(lines[0] ?? "", /^<3>error: cannot /);
    assert.match(lines[1] ?? "", /^<3>hint: /);
  });
}

Deno.test({
  ...needing([SYSTEMD_ANALYZE], "systemd accepts the unit file of the manual"),
  async fn() {
    using folder = new TemporaryFolder();
    const page = Deno.readTextFileSync(new URL("../../mod/manual/service.md", import.meta.url));
    const [, unit = ""] = /^```ini\n(.*?)^```$/ms.exec(page) ?? [];
    assert.match(unit, /^ExecStart=\/usr\/local\/bin\/srt-splitter listen /m);
    const file = folder.file("srt-splitter.service");
    Deno.writeTextFileSync(file, unit.replace("/usr/local/bin/srt-splitter", "/bin/true"));
    const { code, stderr } = await new Deno.Command("systemd-analyze", { args: ["verify", "--man=no", file] }).output();
    assert.deepStrictEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
  },
});
