/**
 * The probe: tries libsrt in a process of its own, and writes what it found to stdout (the contract: mod/handoff/contract.ts).
 *
 * @module
 */

import { CHILD_EXIT, type ChildRole } from "../mod/handoff/contract.ts";
import { openLibc } from "../mod/os/libc.ts";
import { probe } from "../mod/session/probe.ts";
import { openProcess, type RoleProcess } from "./process.ts";

if (import.meta.main) Deno.exit(await runProbe(Deno.args, openProcess()));

/** Runs the probe and returns its exit code. `args`: the role, and the ticket. */
export async function runProbe(args: readonly string[], { writeOut }: RoleProcess): Promise<number> {
  const [, ticket] = args as readonly [ChildRole, string];
  const answer = await probe(JSON.parse(ticket), openLibc());
  await writeOut(new TextEncoder().encode(`${JSON.stringify(answer)}\n`));
  return answer.libsrt === null ? CHILD_EXIT.noLibsrt : CHILD_EXIT.done;
}
