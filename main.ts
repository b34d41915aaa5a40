/**
 * srt-splitter: records many SRT callers on one UDP port, each in a process of its own.
 *
 * This file picks the role: a command, or a process that a command or a session has started. The modules of a role are loaded
 * only in that role.
 *
 * @module
 */

import { CHILD_COMMAND } from "./mod/handoff/contract.ts";
import { openProcess } from "./workers/process.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main([command, ...rest]: readonly string[]): Promise<number> {
  const process = openProcess();
  if (command === CHILD_COMMAND && rest[0] === "probe") {
    const { runProbe } = await import("./workers/probe.ts");
    return runProbe(rest, process);
  }
  if (command === CHILD_COMMAND && rest[0] === "hooks") {
    const { runHooks } = await import("./workers/hooks.ts");
    return runHooks(process);
  }
  if (command === CHILD_COMMAND && rest[0] === "forward") {
    const { runForward } = await import("./workers/forward.ts");
    return runForward(process);
  }
  if (command === CHILD_COMMAND) {
    const { runChild } = await import("./workers/session.ts");
    return runChild(rest, process);
  }
  const { runCommand } = await import("./workers/output.ts");
  const { runCommandLine } = await import("./workers/command.ts");
  return runCommand(process, (guarded, output) => runCommandLine(Deno.args, guarded, output));
}
