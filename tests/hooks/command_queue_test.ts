import assert from "node:assert/strict";
import { CommandQueue } from "../../mod/hooks/command_queue.ts";
import type { HookMessage, HookReport } from "../../mod/hooks/contract.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** The message of session `s1`, `s2`, and so on. */
function messageOf(number: number): HookMessage {
  const fields = { event: "session-end", session: `s${number}`, stream: "", file: "", address: "", reason: "" };
  return { name: "session-end", json: "{}", fields, variables: [] };
}

function warningsIn(reports: readonly HookReport[]): readonly string[] {
  return reports.flatMap((report) => report.kind === "warning" ? [report.text] : []);
}

/** A queue whose commands run `script` with the ID of their session as `$1`, and what it reports. */
function queueIn(folder: TemporaryFolder, { maxWaiting, script }: { maxWaiting?: number; script: string }) {
  const reports: HookReport[] = [];
  const queue = new CommandQueue({
    libc: openLibc(),
    environment: ["PATH=/usr/bin:/bin"],
    folder: folder.path,
    report: (report) => reports.push(report),
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
  });
  const command = [["sh"], ["-c"], [script], ["sh"], [{ field: "session" }]] as const;
  queue.rules = { hooks: [{ events: ["session-end"], command, timeoutMs: null }], atOnce: 1, timeoutMs: 60_000 };
  return { queue, reports };
}

Deno.test("CommandQueue drops the oldest command that waits if too many do, and reports it", async () => {
  using folder = new TemporaryFolder();
  const { queue, reports } = queueIn(folder, { maxWaiting: 2, script: 'echo "$1" >> log' });
  for (const number of [1, 2, 3, 4, 5]) queue.push(messageOf(number)); // s1 starts at once
  queue.finish();
  await queue.done;
  assert.strictEqual(Deno.readTextFileSync(folder.file("log")), "s1\ns4\ns5\n");
  assert.deepStrictEqual(warningsIn(reports), [
    "hook session-end (s2): sh is not started, because too many commands of hooks wait\n" +
    "make the commands faster, or raise --hooks-at-once",
    "2 commands of hooks were not started, because too many waited",
  ]);
});

Deno.test("CommandQueue.kill ends running commands at once, and those that wait are not started", async () => {
  using folder = new TemporaryFolder();
  const { queue } = queueIn(folder, { script: 'echo "$1" >> log; exec sleep 1000' });
  for (const number of [1, 2]) queue.push(messageOf(number));
  queue.kill();
  await queue.done;
  const log = folder.names().includes("log") ? Deno.readTextFileSync(folder.file("log")) : "";
  assert.ok(!log.includes("s2"), log);
});

Deno.test("CommandQueue reports a program that is gone, and continues", async () => {
  using folder = new TemporaryFolder();
  const { queue, reports } = queueIn(folder, { script: "true" });
  queue.rules = {
    hooks: [{ events: ["session-end"], command: [["./gone"]], timeoutMs: null }],
    atOnce: 1,
    timeoutMs: 60_000,
  };
  queue.push(messageOf(1));
  queue.finish();
  await queue.done;
  assert.deepStrictEqual(warningsIn(reports), [
    "hook session-end (s1): gone cannot be started: no such file or directory",
  ]);
});
