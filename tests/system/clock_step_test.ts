/** Steps of the wall clock: durations are those of a monotonic clock, and the sidecar lists the steps. */

import assert from "node:assert/strict";
import { callerCommand } from "../../mod/handoff/child_command.ts";
import { Listener } from "../../mod/listener/listener.ts";
import { openLibsrt } from "../../mod/srt/find_library.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { FakedClock, FAKETIME } from "../support/faked_clock.ts";
import { localListener } from "../support/listener_options.ts";
import { needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { type EventOf, EXECUTABLE, Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const HOUR_S = 3600;
/** Much longer than these tests take, and much shorter than a step. */
const LONGEST_MS = 60_000;

for (const [direction, seconds] of [["forward", HOUR_S], ["back", -HOUR_S]] as const) {
  Deno.test({
    ...needing(
      [FAKETIME],
      `a clock that is set ${direction} by an hour does not change the duration of a session that crashes`,
    ),
    fn: async () => {
      using clock = new FakedClock();
      await using splitter = await Splitter.listen(["127.0.0.1:0"], { as: clock.command });
      await using _caller = await SrtCaller.connect({ port: splitter.port });
      const { pid } = await splitter.event("session-start");
      clock.step(seconds);
      Deno.kill(pid, "SIGKILL");
      const end = await splitter.event("session-end");
      await splitter.stop();
      const stopped = await splitter.event("stopped");
      assert.strictEqual(end.reason, "crashed");
      for (const { durationMs } of [end, stopped]) {
        assert.ok(durationMs >= 0 && durationMs < LONGEST_MS, `${durationMs}`);
      }
      const stepMs = Date.parse(end.time) - Date.now();
      assert.ok(Math.abs(stepMs - seconds * 1000) < LONGEST_MS, `the clock was stepped by ${stepMs} ms`);
    },
  });
}

Deno.test({
  ...needing(
    [FAKETIME],
    "steps of the clock during a session are in its sidecar, and its duration and reason do not change",
  ),
  fn: async () => {
    using clock = new FakedClock();
    using folder = new TemporaryFolder();
    const events: SplitterEvent[] = [];
    const listener = listenWithClock(clock, { out: folder.path, onEvent: (event) => events.push(event) });
    try {
      await using caller = await SrtCaller.connect({ port: listener.port });
      await caller.send(makePayload(5));
      await waitUntil("payload", () => events.some(({ event }) => event === "session-proven"));
      for (const seconds of [HOUR_S, -HOUR_S]) {
        const statsAfterStep = () =>
          statsOf(events).filter(({ time }) => Math.abs(Date.parse(time) - Date.now() - seconds * 1000) < LONGEST_MS);
        clock.step(seconds);
        await waitUntil("the step", () => statsAfterStep().length > 0);
      }
      caller.close();
      await waitUntil("the end", () => endOf(events) !== undefined);
    } finally {
      await listener.stop();
    }
    const end = endOf(events);
    const { clockSteps, durationMs }: FinalSidecar = JSON.parse(Deno.readTextFileSync(`${end?.file}.json`));
    assert.deepStrictEqual(clockSteps?.map(({ stepMs }) => Math.round(stepMs / 1000)), [HOUR_S, -2 * HOUR_S]);
    assert.ok(clockSteps?.every(({ timeMs }) => timeMs >= 0 && timeMs <= durationMs), JSON.stringify(clockSteps));
    assert.deepStrictEqual([end?.reason, end?.durationMs], ["caller-closed", durationMs]);
    assert.ok(durationMs < LONGEST_MS, `${durationMs}`);
  },
});

function statsOf(events: readonly SplitterEvent[]): readonly EventOf<"stats">[] {
  return events.filter((event) => event.event === "stats");
}

function endOf(events: readonly SplitterEvent[]): EventOf<"session-end"> | undefined {
  return events.find((event) => event.event === "session-end");
}

/**
 * Opens a listener in this process. Its children do not inherit the environment, so the variables of the clock are added to their
 * command.
 */
function listenWithClock(
  clock: FakedClock,
  { out, onEvent }: { readonly out: string; readonly onEvent: (event: SplitterEvent) => void },
): Listener {
  const self = {
    mainModule: new URL("../../main.ts", import.meta.url).href,
    standalone: EXECUTABLE !== null,
    execPath: Deno.execPath(),
  };
  const command = callerCommand({ ...self, env: Deno.env.get.bind(Deno.env) }, { writable: out, bundled: false });
  const child = {
    ...command,
    file: EXECUTABLE ?? command.file,
    environment: { ...command.environment, ...clock.environment },
  };
  using libsrt = openLibsrt();
  const options = localListener();
  return Listener.open({
    ...options,
    session: { ...options.session, out, statsIntervalMs: 100 },
    libsrt: { ...options.libsrt, version: libsrt.version, file: libsrt.file, path: libsrt.file },
    childCommands: () => ({ caller: child, spare: child }),
    reporter: { report: onEvent, warn: () => {}, debug: () => {} },
  });
}
