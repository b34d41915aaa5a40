/**
 * The `recover` command: which folder to look through.
 *
 * @module
 */

import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";

const EXAMPLES = `
Examples:
  srt-splitter recover recordings
  srt-splitter recover recordings --json    one JSON object a line

Recordings themselves are only read; those that still run are left alone.

Exit codes:
  0 nothing is left to finish  1 a sidecar could not be finished  2 usage`;

/** What a `recover` run was asked for. */
export interface RecoverSettings {
  /** Folder as it was typed. */
  readonly folder: string;
  /** Lines for people, or one JSON object a line. */
  readonly format: "text" | "json";
}

/** Makes the `recover` command; `done` is given the settings when it was parsed. */
export function recoverCommand(done: (settings: RecoverSettings) => void): CommandUnknownOpts {
  const command = new Command("recover")
    .description("Finishes the sidecars (FILE.json) of recordings whose process was killed.")
    .argument("<folder>", "the folder of recordings")
    .option("--json", "one JSON object a line for each such recording")
    .addHelpText("after", EXAMPLES);
  command.action((folder, { json }) => done({ folder, format: json ? "json" : "text" }));
  return command;
}
