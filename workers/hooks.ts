/**
 * The hook process (the contract: mod/hooks/contract.ts). From source, this is its main module.
 *
 * @module
 */

import type { HookReport } from "../mod/hooks/contract.ts";
import { runHookRole } from "../mod/hooks/hook_role.ts";
import { openLibc } from "../mod/os/libc.ts";
import { protectMemory, setProcessName } from "../mod/os/own_process.ts";
import { openProcess, type RoleProcess } from "./process.ts";

if (import.meta.main) Deno.exit(await runHooks(openProcess()));

/** Runs the hook process and returns its exit code. */
export async function runHooks({ writeOut, onSignals }: RoleProcess): Promise<number> {
  const libc = openLibc();
  protectMemory(libc); // before the first order, which has the secret of the webhook
  setProcessName(libc, "srt-splitter");
  onSignals(["SIGINT", "SIGTERM", "SIGHUP"], () => {}); // the listener orders the end, even if a signal reaches the whole group
  let written = Promise.resolve();
  const report = (line: HookReport) => {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    written = written.then(() => writeOut(bytes)).catch(() => {}); // the listener has died
  };
  await runHookRole({ libc, orders: Deno.stdin.readable, report, fetch });
  await written;
  return 0;
}
