/**
 * Finds the libsrt for children to use, in a process of its own: the listener never loads libsrt.
 *
 * @module
 */

import { type ChildCommand, HandoffError } from "./child_command.ts";
import { messageOf } from "../report/problem.ts";
import { CHILD_EXIT, type ProbeAnswer, type ProbedLibsrt, type ProbeTicket } from "./contract.ts";

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
  const process = start(command, ticket);
  process.stdin.close().catch(() => {}); // it may have ended
  const deadline = AbortSignal.timeout(deadlineMs); // the first `setTimeout` of a process takes 6 ms
  deadline.addEventListener("abort", () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // it has already ended
    }
  });
  const { code, signal, stdout, stderr } = await process.output();
  const answer = parseAnswer(new TextDecoder().decode(stdout));
  if (answer !== null && (code === CHILD_EXIT.done || code === CHILD_EXIT.noLibsrt)) return answer;
  const end = deadline.aborted
    ? `gave no answer within ${deadlineMs / 1000} s`
    : `ended with ${signal ?? `exit code ${code}`}`;
  const text = new TextDecoder().decode(stderr).trim();
  throw new HandoffError(`the process that loads libsrt ${end}${text === "" ? "" : `: ${text}`}`, { cause: answer });
}

function start(command: ChildCommand, ticket: ProbeTicket): Deno.ChildProcess {
  try {
    return new Deno.Command(command.file, {
      args: [...command.args, "probe", JSON.stringify(ticket)],
      clearEnv: true,
      env: { ...command.environment },
      cwd: command.folder,
      stdin: "piped", // and closed: "null" needs /dev/null, which a bare machine does not have
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw new HandoffError(`cannot start the process that loads libsrt: ${messageOf(cause)}`, { cause });
  }
}

/** Parses an answer; null if it has another form. Checked by hand, because the package of the schemas takes 20 ms to load. */
function parseAnswer(output: string): ProbeAnswer | null {
  try {
    const { libsrt, text } = JSON.parse(output) as ProbeAnswer;
    return typeof text === "string" && (libsrt === null || isProbed(libsrt)) ? { libsrt, text } : null;
  } catch {
    return null;
  }
}

function isProbed(
  { version, file, path, embedded, aesGcm, warning, induction: { caller, cookie } }: ProbedLibsrt,
): boolean {
  return [version, file, path, caller.address, warning ?? ""].every((value) => typeof value === "string") &&
    [caller.port, cookie ?? 0].every(Number.isInteger) &&
    [embedded, aesGcm].every((value) => typeof value === "boolean");
}
