/** Tests of workers/listen_run.ts: a run without a real listener. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Reporter } from "../../mod/report/reporter.ts";
import { RunState } from "../../mod/run/run_state.ts";
import type { RoleProcess } from "../../workers/process.ts";
import { ListenRun } from "../../workers/listen_run.ts";
import { DISK_LOW, LISTENING, REFUSED, START } from "../report/events_of_a_run.ts";
import { waitUntil } from "../support/processes.ts";

const SETTINGS = {
  stop: { sessions: null, stdout: false, forMs: null, waitMs: null, expectedStreams: [], idleExitMs: null },
  expectations: [],
  junit: null,
  summary: null,
  readyFile: null,
} as const;

/** Ends nothing, because nothing runs. */
const LISTENER = {
  waitingRecordings: 0,
  stop: () => Promise.resolve(),
  handOver: () => Promise.resolve(),
  kill: () => {},
};

/**
 * A run with hints that are due after `noCallerMs`; keeps its warnings. A signal stops it. `waitMs`: as `--wait`.
 * `waitingRecordings`: the number of connections whose recordings have not begun, each time the run asks for it.
 */
class Run {
  readonly warnings: string[] = [];
  readonly #warned = Promise.withResolvers<void>();
  #signal: (signal: Deno.Signal) => void = () => {};
  readonly run: ListenRun;
  readonly #code: Promise<number>;

  constructor(
    noCallerMs: number | null,
    { waitMs = null, waitingRecordings = () => 0 }: {
      readonly waitMs?: number | null;
      readonly waitingRecordings?: () => number;
    } = {},
  ) {
    const reporter: Reporter = {
      report: () => {},
      warn: (text) => {
        this.warnings.push(text);
        this.#warned.resolve();
      },
      debug: () => {},
    };
    this.run = ListenRun.prepare({
      settings: { ...SETTINGS, stop: { ...SETTINGS.stop, waitMs } },
      state: new RunState({ keepsAll: false }),
      reporter,
      noCallerMs,
      printSummary: () => Promise.resolve(),
    });
    const process: RoleProcess = {
      writeOut: () => Promise.resolve(),
      writeErr: () => Promise.resolve(),
      onSignals: (_signals, handle) => this.#signal = handle,
    };
    const listener = {
      ...LISTENER,
      get waitingRecordings() {
        return waitingRecordings();
      },
    };
    this.#code = this.run.untilStopped(listener, { listening: LISTENING, process, hangUp: null });
  }

  async warned(): Promise<void> {
    await this.#warned.promise;
  }

  /** Waits until it has ended by itself. */
  async ended(): Promise<number> {
    return await this.#code;
  }

  async stop(): Promise<number> {
    this.#signal("SIGTERM");
    return await this.#code;
  }
}

Deno.test("ListenRun gives the addresses and hints after some time without a caller", async () => {
  const run = new Run(1);
  await run.warned();
  await run.stop();
  match(run.warnings.join("\n"), /^no caller has arrived in 0\.001 s\ncallers reach this listener at srt:\/\//);
});

Deno.test("ListenRun gives no hints once a caller was refused", async () => {
  const run = new Run(1);
  run.run.report(REFUSED);
  await new Promise((resolve) => setTimeout(resolve, 2)); // timers fire in order
  await run.stop();
  deepStrictEqual(run.warnings, []);
});

Deno.test("ListenRun does not end by --wait while callers are connected whose recordings have not begun", async () => {
  const left = [1, 1, 0];
  const run = new Run(null, { waitMs: 1, waitingRecordings: () => left.shift() ?? 0 });
  strictEqual(await run.ended(), 6);
  deepStrictEqual(left, []);
});

Deno.test("ListenRun does not end by --wait if a recording has begun that had to wait", async () => {
  let asked = 0;
  const run: Run = new Run(null, {
    waitMs: 1,
    waitingRecordings: () => {
      asked += 1;
      if (asked === 2) queueMicrotask(() => run.run.report({ ...START, time: new Date().toISOString() }));
      return 1;
    },
  });
  await waitUntil("the second check", () => asked >= 2);
  await run.stop();
  deepStrictEqual(run.warnings, []);
});

Deno.test("ListenRun reports events that happen before listening after it, and gives them to hooks", async () => {
  const [reported, hooked]: [string[], string[]] = [[], []];
  const run = ListenRun.prepare({
    settings: { ...SETTINGS, stop: { ...SETTINGS.stop, forMs: 1 } },
    state: new RunState({ keepsAll: false }),
    reporter: { report: ({ event }) => reported.push(event), warn: () => {}, debug: () => {} },
    noCallerMs: null,
    printSummary: () => Promise.resolve(),
  });
  run.report(DISK_LOW);
  run.hooks = { report: ({ event }) => hooked.push(event), finish: () => Promise.resolve(), kill: () => {} };
  const process: RoleProcess = {
    writeOut: () => Promise.resolve(),
    writeErr: () => Promise.resolve(),
    onSignals: () => {},
  };
  await run.untilStopped(LISTENER, { listening: LISTENING, process, hangUp: null });
  for (const events of [reported, hooked]) deepStrictEqual(events.slice(0, 2), ["listening", "disk-low"]);
});

Deno.test("ListenRun reports what has happened if its listener cannot begin", () => {
  const reported: string[] = [];
  const run = ListenRun.prepare({
    settings: SETTINGS,
    state: new RunState({ keepsAll: false }),
    reporter: { report: ({ event }) => reported.push(event), warn: () => {}, debug: () => {} },
    noCallerMs: null,
    printSummary: () => Promise.resolve(),
  });
  run.report(DISK_LOW);
  deepStrictEqual(reported, []);
  run.reportEarly();
  deepStrictEqual(reported, ["disk-low"]);
});
