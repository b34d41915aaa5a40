/**
 * srt-splitter: records many SRT callers of one UDP port, each in a process of its own.
 *
 * This file picks the role: a command, or a child that the listener has started. The modules of a role are loaded only in that
 * role. The only `Deno.exit` is here.
 *
 * @module
 */

import { CHILD_COMMAND } from "./mod/handoff/contract.ts";
import type { RoleProcess } from "./workers/process.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main([command, ...rest]: readonly string[]): Promise<number> {
  const process: RoleProcess = {
    stdin: Deno.stdin.readable,
    writeOut: (bytes) => writeAll(Deno.stdout, bytes),
    writeErr: (bytes) => writeAll(Deno.stderr, bytes),
    onSignals: (signals, handle) => {
      for (const signal of signals) Deno.addSignalListener(signal, () => handle(signal));
    },
  };
  if (command === CHILD_COMMAND) {
    const { runChild } = await import("./workers/session.ts");
    return runChild(rest, process);
  }
  const { runCommand } = await import("./workers/output.ts");
  const { runCommandLine } = await import("./workers/command.ts");
  return runCommand(process, (guarded, output) => runCommandLine(Deno.args, guarded, output));
}

async function writeAll(stream: typeof Deno.stdout, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await stream.write(bytes.subarray(written));
}
