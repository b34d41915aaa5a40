/** Tests of mod/handoff/session_child.ts with a process that SIGKILL does not end: it waits for a frozen disk. */
import { deepStrictEqual, match } from "node:assert/strict";
import { LOOP_DISKS, LoopDisk } from "../support/loop_disk.ts";
import { needing } from "../support/needs.ts";
import { processFile, waitUntil } from "../support/processes.ts";
import { Child, READ_TICKET, READY, STARTS } from "./started_child.ts";

Deno.test({
  ...needing([LOOP_DISKS], "a child that the kernel holds after SIGKILL counts as crashed, and is reported"),
  fn: async () => {
    using disk = new LoopDisk("2M");
    await using child = new Child([READ_TICKET, READY, STARTS, "read -r order", `echo x > ${disk.path}/file`]);
    await child.whenEventCame();
    using _frozen = disk.freeze();
    child.child.stop();
    const { pid } = child.child;
    await waitUntil("the process to wait for the disk", () => /^State:\s*D/m.test(processFile(pid, "status")));
    child.child.kill("it did not respond");
    const outcome = await child.outcome();
    deepStrictEqual(outcome.kind === "crashed" && [outcome.signal, outcome.killed], ["SIGKILL", "it did not respond"]);
    match(child.texts.at(-1) ?? "", /^process \d+ has not ended after SIGKILL: the kernel holds it/);
  },
});
