/**
 * Stdout and stderr as people and programs read them: one that cannot be written, such as a file on a full disk, is told once and
 * is an exit code.
 *
 * @module
 */

import { EXIT } from "../mod/cli/exit_code.ts";
import { escapeText } from "../mod/report/escape_text.ts";
import type { RoleProcess } from "./process.ts";

type Write = RoleProcess["writeOut"];

/** Runs a role and returns its exit code, or {@linkcode EXIT.notReported} where all went well but this. */
export async function runTold(
  process: RoleProcess,
  role: (process: RoleProcess) => Promise<number>,
): Promise<number> {
  let failed = false;
  function watch(name: "stdout" | "stderr", write: Write): Write {
    const isTerminal = Deno[name].isTerminal();
    return async (bytes) => {
      try {
        await write(bytes);
      } catch (error) {
        if (!failed && !isReaderGone(error, isTerminal)) {
          failed = true;
          await tell(process.writeErr, name, error);
        }
        throw error;
      }
    };
  }
  const code = await role({
    ...process,
    outputFailed: () => failed,
    writeOut: watch("stdout", process.writeOut),
    writeErr: watch("stderr", process.writeErr),
  });
  return failed && code === EXIT.ok ? EXIT.notReported : code;
}

/** As `| head` does it, or somebody who closes the terminal; a terminal cannot be full. */
function isReaderGone(error: unknown, isTerminal: boolean): boolean {
  return isTerminal || error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset;
}

async function tell(writeErr: Write, name: string, error: unknown): Promise<void> {
  const words = escapeText(error instanceof Error ? error.message : String(error));
  const advice = "what follows there is lost; free space, or let it go somewhere else";
  await writeErr(new TextEncoder().encode(`srt-splitter: cannot write to ${name}: ${words}; ${advice}\n`)).catch(
    () => {},
  );
}
