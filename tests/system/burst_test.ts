/** Many callers at the same moment, and a machine that cannot start processes for them. */

import assert from "node:assert/strict";
import { MIN_UNPROVEN } from "../../mod/admission/unproven_places.ts";
import { parallelStarts } from "../../mod/listener/listener.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { listProcFolder } from "../../mod/os/proc.ts";
import type { SessionEndEvent } from "../../mod/vocabulary/events.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { PROCESS_LIMITS, ProcessLimit } from "../support/process_limit.ts";
import { childrenOf, processFile, processStatus, waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { connectInCrowd, freePort, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const libc = openLibc();
const CALLERS = 40;
/** Shorter than the longest time for which a caller waits for a process before it is refused: 15 s. */
const MAX_WAIT_MS = 12_000;
/** How often children are counted, in ms. */
const COUNT_MS = 5;
/** Maximum number of tries to kill a process before its recording begins. */
const CROWDS = 5;
const NOT_BEGUN = /its recording had not begun/;

/**
 * Returns the children that are not ready yet: when a child is ready, libsrt has a thread that receives. Adds the ready ones to
 * `ready`, because a child that ends has no such thread either.
 */
function startingOf(listener: number, ready: Set<number>): readonly number[] {
  const children = childrenOf(listener).filter((child) => !ready.has(child) && processStatus(child)?.state !== "Z");
  for (const child of children.filter(receives)) ready.add(child);
  return children.filter((child) => !ready.has(child));
}

function receives(child: number): boolean {
  return listProcFolder(libc, `/proc/${child}/task`).some((thread) => {
    return processFile(child, `task/${thread}/comm`).startsWith("SRT:RcvQ");
  });
}

Deno.test("40 callers at the same moment are all recorded, exactly, and few processes start at once", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--spares", "0"]);
  const startMs = performance.now();
  let mostStarting = 0;
  let before: readonly number[] = [];
  const ready = new Set<number>();
  const counting = setInterval(() => {
    const starting = startingOf(splitter.pid, ready);
    // only processes in two counts in a row are counted, because one may become ready while its threads are read
    mostStarting = Math.max(mostStarting, starting.filter((child) => before.includes(child)).length);
    before = starting;
  }, COUNT_MS);
  const payloads = new Map(Array.from({ length: CALLERS }, (_, index) => [`cam${index}`, makePayload(5, index + 1)]));
  const callers = await Promise.all(
    [...payloads].map(async ([streamId, payload]) => {
      const caller = await connectInCrowd({ port: splitter.port, streamId, blocking: false });
      await caller.send(payload);
      return caller;
    }),
  );
  const tookMs = performance.now() - startMs;
  clearInterval(counting);
  await Promise.all(callers.map((caller) => caller.waitUntilDelivered()));
  for (const caller of callers) caller.close();
  for (const [name, payload] of payloads) {
    const end = await splitter.event("session-end", ({ stream, attempt }) => stream === name && !attempt);
    assert.ok(end.file !== null, JSON.stringify(end));
    assertSameBytes(Deno.readFileSync(end.file), payload);
  }
  await splitter.stop();
  assert.strictEqual((await splitter.event("stopped")).sessions, CALLERS);
  // no call is refused, because these callers wait longer than libsrt's default, and no flood is reported; on a shared machine,
  // the disk may be slow
  const errors = splitter.errors.filter((line) => !line.includes(": the disk "));
  if (tookMs < MAX_WAIT_MS) assert.deepStrictEqual([splitter.eventsNamed("refused"), errors], [[], []]);
  assert.ok(
    mostStarting <= Math.max(2, navigator.hardwareConcurrency),
    `${mostStarting} processes started at once`,
  );
});

/** The line about the process of a caller, with `--verbose`. */
const PROCESS = /debug: (s\d+): process (\d+) for \S+ port (\d+)$/;

/**
 * Lets more callers call than processes can start at once, and kills the process of the first one, after it has received payload.
 * Until then, the other processes are suspended when they start, so that the recording of the first one waits for them.
 *
 * @returns The end of the first one's session.
 */
async function killFirstOfCrowd(splitter: Splitter): Promise<SessionEndEvent> {
  const ports = new Set<number>();
  while (ports.size < parallelStarts() + 2) ports.add(freePort());
  const calls = new Map(Array.from(ports, (localPort) => {
    return [localPort, SrtCaller.connect({ port: splitter.port, streamId: `cam${localPort}`, localPort })];
  }));
  const settled = Promise.allSettled(calls.values());
  const processes = () =>
    splitter.errors.map((line) => PROCESS.exec(line) ?? []).filter(([, , , port]) => ports.has(Number(port)));
  const suspended = new Set<number>();
  const suspending = setInterval(() => {
    for (const pid of processes().slice(1).map(([, , pid]) => Number(pid)).filter((pid) => !suspended.has(pid))) {
      signal(pid, "SIGSTOP");
      suspended.add(pid);
    }
  }, 1);
  try {
    await waitUntil("the first process", () => processes().length > 0);
    const [[, session, pid, localPort] = []] = processes();
    const first = await calls.get(Number(localPort));
    await first?.send(makePayload(20));
    await first?.waitUntilDelivered();
    signal(Number(pid), "SIGKILL");
    return await splitter.event("session-end", (end) => end.session === session);
  } finally {
    clearInterval(suspending);
    for (const pid of suspended) signal(pid, "SIGCONT");
    for (const call of await settled) if (call.status === "fulfilled") call.value.close();
  }
}

/** Sends a signal to a process, which may have ended. */
function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

Deno.test({
  name: "a process that dies while its recording waits for other processes to start is a failed session",
  ignore: parallelStarts() >= MIN_UNPROVEN, // then no caller waits for a process
  fn: async () => {
    using folder = new TemporaryFolder();
    const args = ["127.0.0.1:0", "--out", folder.path, "--spares", "0", "--verbose"];
    await using splitter = await Splitter.listen(args);
    let end = await killFirstOfCrowd(splitter);
    // its recording has begun if the others started before they were suspended
    for (let crowd = 1; crowd < CROWDS && !NOT_BEGUN.test(end.text); crowd += 1) end = await killFirstOfCrowd(splitter);
    assert.match(end.text, NOT_BEGUN);
    assert.deepStrictEqual([end.reason, end.attempt], ["crashed", false]);
  },
});

Deno.test({
  ...needing([PROCESS_LIMITS], "a caller for which no process can start gets reason 3, with the limit as the cause"),
  fn: async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--spares", "0"]);
    // 0: no process can start; 1: its main thread only; 4: some threads of its runtime are missing
    for (const more of [0, 1, 4]) {
      using _limit = new ProcessLimit(splitter.pid, more);
      await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: `cam${more}` }), { rejectReason: 3 });
      const { text, advice } = await splitter.event("refused", ({ stream }) => stream === `cam${more}`);
      assert.match(text, /^no process can be started for it: a limit of processes, threads or memory is reached$/);
      assert.match(advice, /^raise ulimit -u/);
    }
    await using caller = await SrtCaller.connect({ port: splitter.port });
    caller.close();
    await splitter.stop(); // afterwards all its output has been read
    assert.match(
      splitter.errors.join("\n"),
      /^warning: processes of new sessions die before they are ready[^\n]*(\nwarning: processes of new sessions start as usual again)?$/,
    );
  },
});
