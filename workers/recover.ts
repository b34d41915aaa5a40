/**
 * The command `recover`: completes the sidecars of a folder, and prints the outcome of each.
 *
 * @module
 */

import { EXIT } from "../mod/cli/exit_code.ts";
import type { RecoverSettings } from "../mod/cli/command_line.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { recoverFolder, type Recovery } from "../mod/inspection/recover_folder.ts";
import { isLocked } from "../mod/os/file_lock.ts";
import { openLibc } from "../mod/os/libc.ts";
import { escapeText } from "../mod/report/escape_text.ts";
import { formatBytes } from "../mod/report/format.ts";
import { readProblem } from "../mod/report/problem.ts";
import { tsText } from "../mod/report/ts_text.ts";

/** Recovers the folder, prints the outcomes, and returns the exit code. `write` prints whole lines on stdout. */
export async function runRecover(
  { folder, format }: RecoverSettings,
  write: (text: string) => void,
): Promise<number> {
  const libc = openLibc();
  const counts = { recovered: 0, recording: 0, failed: 0 };
  const onRecovery = (recovery: Recovery) => {
    counts[recovery.outcome] += 1;
    write(`${escapeText(format === "json" ? JSON.stringify(recovery) : lineOf(recovery))}\n`);
  };
  try {
    await recoverFolder(folder, { isLocked: (path) => isLocked(libc, path), onRecovery });
  } catch (cause) {
    throw new UsageError(`cannot read the folder ${JSON.stringify(folder)}: ${readProblem(cause, "folder")}`, {
      hint: "name the folder that was given to --out",
      cause,
    });
  }
  const { recovered, recording, failed } = counts;
  if (format === "text") {
    write(`${recovered} recovered, ${recording} still being recorded, ${failed} failed\n`);
  }
  return failed > 0 ? EXIT.sessionFailed : EXIT.ok;
}

function lineOf({ file, outcome, text, sidecar }: Recovery): string {
  if (sidecar === null) return `${file}: ${outcome === "failed" ? "FAILED: " : ""}${text}`;
  const parts = [text, formatBytes(sidecar.bytes), tsText(sidecar.ts)].filter((part) => part !== null);
  return `${file}: ${parts.join(", ")}`;
}
