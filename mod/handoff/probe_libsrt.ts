/**
 * Finds the libsrt that children are to use, in a process of its own: the listener never loads libsrt.
 *
 * Called by: main.ts, before it listens and for `--version`.
 * Fails: {@linkcode HandoffError} where the probe cannot run; a libsrt that cannot be used is an answer.
 *
 * @module
 */

import type { ChildCommand } from "./child_command.ts";
import { CHILD_EXIT, type ProbeAnswer, type ProbeTicket } from "./contract.ts";
import { parseChildMessage } from "./parse_message.ts";
import { HandoffError } from "./session_child.ts";

/** Our choice: loading takes some ms; a machine that needs longer than this is not going to record. */
const PROBE_DEADLINE_MS = 20_000;

/** Runs the probe and returns its answer. */
export async function probeLibsrt(command: ChildCommand, ticket: ProbeTicket): Promise<ProbeAnswer> {
  const process = new Deno.Command(command.file, {
    args: [...command.args, "probe"],
    clearEnv: true,
    env: { ...command.environment },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const deadline = setTimeout(() => process.kill("SIGKILL"), PROBE_DEADLINE_MS);
  const orders = process.stdin.getWriter();
  await orders.write(new TextEncoder().encode(`${JSON.stringify(ticket)}\n`)).catch(() => {});
  await orders.close().catch(() => {});
  const { code, signal, stdout, stderr } = await process.output();
  clearTimeout(deadline);
  const answer = parseChildMessage(new TextDecoder().decode(stdout).trim(), "");
  if (answer?.event === "probe" && (code === CHILD_EXIT.done || code === CHILD_EXIT.noLibsrt)) return answer;
  const words = new TextDecoder().decode(stderr).trim();
  throw new HandoffError(`Cannot try libsrt in a process of its own (${signal ?? `exit code ${code}`}): ${words}`, {
    cause: answer,
  });
}
