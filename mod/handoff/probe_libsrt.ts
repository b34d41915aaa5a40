/**
 * Finds the libsrt for children to use, in a process of its own: the listener never loads libsrt.
 *
 * @module
 */

import { type ChildCommand, HandoffError } from "./child_command.ts";
import { parseChildMessage, type ProbeAnswer } from "./child_message.ts";
import { CHILD_EXIT, type ProbeTicket } from "./contract.ts";

/** Our choice: loading takes some ms; a machine that needs longer than this cannot record. */
const PROBE_DEADLINE_MS = 20_000;

/**
 * Runs the probe and returns its answer.
 *
 * @param deadlineMs How long the probe may take before it is killed.
 * @throws {HandoffError}
 */
export async function probeLibsrt(
  command: ChildCommand,
  ticket: ProbeTicket,
  deadlineMs: number = PROBE_DEADLINE_MS,
): Promise<ProbeAnswer> {
  const process = start(command);
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    try {
      process.kill("SIGKILL");
    } catch {
      // it is gone already
    }
  }, deadlineMs);
  const orders = process.stdin.getWriter();
  await orders.write(new TextEncoder().encode(`${JSON.stringify(ticket)}\n`)).catch(() => {});
  await orders.close().catch(() => {});
  const { code, signal, stdout, stderr } = await process.output();
  clearTimeout(deadline);
  const answer = parseChildMessage(new TextDecoder().decode(stdout).trim(), "");
  if (answer?.event === "probe" && (code === CHILD_EXIT.done || code === CHILD_EXIT.noLibsrt)) return answer;
  const end = late ? `gave no answer within ${deadlineMs / 1000} s` : `ended with ${signal ?? `exit code ${code}`}`;
  const text = new TextDecoder().decode(stderr).trim();
  throw new HandoffError(`the process that tries it ${end}${text === "" ? "" : `: ${text}`}`, { cause: answer });
}

function start(command: ChildCommand): Deno.ChildProcess {
  try {
    return new Deno.Command(command.file, {
      args: [...command.args, "probe"],
      clearEnv: true,
      env: { ...command.environment },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new HandoffError(`no process can be started to try it: ${text}`, { cause });
  }
}
