/**
 * The `inspect` command: which files to look at, and how to say what was found.
 *
 * @module
 */

import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";

const EXAMPLES = `
Examples:
  srt-splitter inspect cam1.ts            errors, tables, PIDs
  srt-splitter inspect --json *.ts        one JSON object a line for each file
  ffmpeg -i in.mp4 -c copy -f mpegts - | srt-splitter inspect -

Exit codes:
  0 every file was read, whatever is in it  2 usage, or a file cannot be read`;

/** What an `inspect` run was asked for. */
export interface InspectSettings {
  /** Paths as they were typed, at least one; `-` is stdin. */
  readonly files: readonly string[];
  /** A table for people, or one JSON object a line. */
  readonly format: "text" | "json";
}

/** Makes the `inspect` command; `done` is given the settings when it was parsed. */
export function inspectCommand(done: (settings: InspectSettings) => void): CommandUnknownOpts {
  const command = new Command("inspect")
    .description("TS health of files: errors of ETSI TR 101 290's first priority, services, PIDs, PCR.")
    .argument("<file...>", "transport streams; - is stdin")
    .option("--json", "one JSON object a line for each file")
    .addHelpText("after", EXAMPLES);
  command.action((files, { json }) => done({ files, format: json ? "json" : "text" }));
  return command;
}
