/**
 * Tests of mod/handoff/spares.ts: spares are children that were started before their callers came. Here, they are real processes
 * that run a shell script.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type ChildCommand, HandoffError } from "../../mod/handoff/child_command.ts";
import { ChildProcess } from "../../mod/handoff/child_process.ts";
import { Spares } from "../../mod/handoff/spares.ts";
import type { Turn } from "../../mod/handoff/start_queue.ts";
import { CallerSocket } from "../../mod/os/caller_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { DEADLINE_MS, within } from "../support/deadline.ts";
import { processStatus, waitUntil, waitUntilGone } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { scriptedChild } from "./started_child.ts";
import { ticketOf } from "./ticket_of.ts";

const libc = openLibc();
/** Prints the ticket, then waits for an order. */
const ECHO = "read -r ticket; printf '%s\\n' \"$ticket\"; read -r order";

/** Spares, and every process that was started for them. */
class Spared implements AsyncDisposable {
  readonly started: ChildProcess[] = [];
  readonly details: string[] = [];
  readonly spares: Spares;
  readonly #readiness = new Readiness(libc);
  readonly #socket = CallerSocket.open(libc, {
    local: { address: "127.0.0.1", port: 0 },
    caller: { address: "127.0.0.1", port: 9 },
  });
  openTurns = 0;

  constructor({ size = 2, files = [], fails = () => false, command = scriptedChild(ECHO) }: {
    readonly size?: number;
    readonly files?: readonly string[];
    readonly fails?: () => boolean;
    readonly command?: ChildCommand;
  } = {}) {
    this.spares = new Spares({
      size,
      start: () => {
        if (fails()) throw new HandoffError("cannot start a child", { cause: new Error("no process") });
        const process = ChildProcess.start(command, {
          libc,
          readiness: this.#readiness,
          libsrt: "libsrt.so.1.5",
        });
        this.started.push(process);
        return process;
      },
      turn: () => Promise.resolve(this.#turn()),
      files: () => files,
      onDetail: (text) => this.details.push(text),
    });
    this.spares.begin();
  }

  take(session = "s1"): ChildProcess | null {
    return this.spares.take(ticketOf({ session }), this.#socket);
  }

  /** Waits until this many processes have reported that they wait. */
  async waiting(amount: number): Promise<void> {
    await waitUntil(
      `${amount} spares`,
      () => this.details.filter((text) => / waits for a caller$/.test(text)).length >= amount,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.spares.close();
    for (const process of this.started) {
      process.kill();
      while (await process.nextMessage() !== null);
      await process.ended();
      await process.textRead();
    }
    this.#socket.close();
    this.#readiness.close();
  }

  #turn(): Turn {
    this.openTurns += 1;
    return { end: () => this.openTurns -= 1 };
  }
}

Deno.test("a spare gets the ticket of the session that takes it, and another one starts", async () => {
  await using spared = new Spared();
  await spared.waiting(2);
  const process = spared.take("s7");
  const ticket = JSON.parse((await process?.nextMessage())?.text ?? "");
  deepStrictEqual(ticket, ticketOf({ session: "s7", spare: true }));
  await spared.waiting(3);
  deepStrictEqual([spared.started.length, spared.openTurns], [3, 0]);
});

Deno.test("a spare that is taken is not ended with the others", async () => {
  await using spared = new Spared();
  await spared.waiting(2);
  const taken = spared.take();
  await spared.spares.close();
  ok(taken !== null);
  for (const { pid } of spared.started.filter((process) => process !== taken)) await waitUntilGone(pid);
  const message = await within(taken.nextMessage(), "the ticket"); // which it prints before it waits for an order
  deepStrictEqual(JSON.parse(message?.text ?? ""), ticketOf({ spare: true }));
  ok(![undefined, "Z"].includes(processStatus(taken.pid)?.state));
});

Deno.test("without a spare, Spares.take returns null", async () => {
  await using spared = new Spared({ size: 0 });
  deepStrictEqual([spared.take(), spared.started.length], [null, 0]);
});

Deno.test("a spare that has died is skipped, and replaced", async () => {
  await using spared = new Spared();
  await spared.waiting(2);
  const [dead, alive] = spared.started;
  dead?.kill();
  await waitUntilGone(dead?.pid ?? 0);
  strictEqual(spared.take(), alive);
  strictEqual(spared.take(), null);
  await spared.waiting(4);
});

Deno.test("spares whose files have changed are replaced, and none of them gets a caller", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("libsrt.so");
  Deno.writeTextFileSync(file, "old");
  await using spared = new Spared({ files: [file] });
  await spared.waiting(2);
  Deno.writeTextFileSync(folder.file("new"), "new");
  Deno.renameSync(folder.file("new"), file);
  strictEqual(spared.take(), null);
  await spared.waiting(4);
  for (const { pid } of spared.started.slice(0, 2)) await waitUntilGone(pid);
  const taken = spared.take();
  ok(taken !== null && spared.started.slice(2).includes(taken));
});

Deno.test("Spares.renew does nothing if the files were checked a short time ago", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("libsrt.so");
  Deno.writeTextFileSync(file, "old");
  await using spared = new Spared({ size: 1, files: [file] });
  await spared.waiting(1);
  spared.spares.renew();
  Deno.writeTextFileSync(file, "newer");
  spared.spares.renew({ maxAgeMs: DEADLINE_MS });
  strictEqual(spared.started.length, 1);
  spared.spares.renew();
  await spared.waiting(2);
});

Deno.test("spares whose files have not changed are kept", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("libsrt.so");
  Deno.writeTextFileSync(file, "old");
  await using spared = new Spared({ files: [file, folder.file("gone")] });
  await spared.waiting(2);
  spared.spares.renew();
  strictEqual(spared.started.length, 2);
});

Deno.test("a spare that cannot be started is tried again after a pause", async () => {
  let times = 0;
  await using spared = new Spared({ size: 1, fails: () => (times += 1) <= 1 });
  await waitUntil("the failure", () => spared.details.length > 0);
  deepStrictEqual([times, spared.details, spared.openTurns], [1, ["a spare process did not start: no process"], 0]);
  await spared.waiting(1);
  strictEqual(times, 2);
});

Deno.test("a child that ends before it waits does not become a spare", async () => {
  const command = { file: "/bin/false", args: [], environment: {}, folder: "/", files: [] };
  await using spared = new Spared({ size: 1, command });
  await waitUntil("the report", () => spared.details.includes("a spare process did not start: it has ended"));
  strictEqual(spared.take(), null);
});

Deno.test("Spares.resize ends surplus spares, and starts missing ones", async () => {
  await using spared = new Spared();
  await spared.waiting(2);
  spared.spares.resize(1);
  await waitUntil("the end of one", () => spared.details.some((text) => / is no longer needed$/.test(text)));
  spared.spares.resize(3);
  await spared.waiting(4);
  strictEqual(spared.started.length, 4);
});

Deno.test("spares are replaced even if their death is first noticed when a caller arrives", async () => {
  await using spared = new Spared({ size: 1 });
  await spared.waiting(1);
  const [dead] = spared.started;
  ok(dead !== undefined);
  dead.kill();
  // without a turn of the event loop, which would report the end
  for (const untilMs = performance.now() + DEADLINE_MS; processStatus(dead.pid)?.state !== "Z";) {
    ok(performance.now() < untilMs, "it does not die");
  }
  strictEqual(spared.take(), null);
  await spared.waiting(2);
});

Deno.test("if the rehearsals of spares fail (`# problem` in the script), that is reported once, and the spares get callers", async () => {
  await using spared = new Spared({ command: scriptedChild(`# problem: no loopback\n${ECHO}`) });
  await spared.waiting(2);
  const reports = spared.details.filter((text) => text.endsWith("no loopback"));
  deepStrictEqual([reports.length, spared.take() === null], [1, false]);
});
