/**
 * The command `inspect`: analyzes files and prints their TS health, or aligns recordings.
 *
 * @module
 */

import type { InspectSettings } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { AlignError, alignRecordings } from "../mod/inspection/align.ts";
import { inspectBytes, inspectFile } from "../mod/inspection/inspect_file.ts";
import type { TsHealth } from "../mod/vocabulary/ts_health.ts";
import { alignmentText } from "../mod/report/alignment_text.ts";
import { escapeText } from "../mod/report/escape_text.ts";
import { inspectionText } from "../mod/report/inspection_text.ts";
import { readProblem } from "../mod/report/problem.ts";

/** Stands for stdin in place of a path. */
const STDIN = "-";

/** Analyzes or aligns the files, and returns the exit code. `write` prints whole lines on stdout. */
export function runInspect(
  { files, align, format }: InspectSettings,
  write: (text: string) => void,
): number {
  if (align) return runAlign({ files, format }, write);
  files.forEach((file, index) => {
    const ts = inspect(file);
    if (format === "json") write(`${escapeText(JSON.stringify({ file, ts }))}\n`);
    else write(`${index === 0 ? "" : "\n"}${inspectionText(file, ts)}`);
  });
  return EXIT.ok;
}

function runAlign({ files, format }: Omit<InspectSettings, "align">, write: (text: string) => void): number {
  if (files.length < 2) {
    throw new UsageError("cannot align one file", { hint: "name the recordings to align; offsets are from the first" });
  }
  try {
    const alignments = alignRecordings(files);
    if (format === "text") write(alignmentText(alignments));
    else for (const alignment of alignments) write(`${escapeText(JSON.stringify(alignment))}\n`);
  } catch (cause) {
    if (!(cause instanceof AlignError)) throw cause;
    throw new UsageError(cause.message, { hint: cause.hint, cause });
  }
  return EXIT.ok;
}

function inspect(file: string): TsHealth {
  try {
    return file === STDIN ? inspectBytes(Deno.stdin) : inspectFile(file);
  } catch (cause) {
    throw new UsageError(`cannot read ${JSON.stringify(file)}: ${readProblem(cause)}`, {
      hint: "name files that this user may read, or - for stdin",
      cause,
    });
  }
}
