/**
 * The command `help`: the list of commands, or a page of the manual.
 *
 * @module
 */

import { EXIT } from "../mod/cli/exit_code.ts";
import { helpText } from "../mod/cli/help.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import type { Output } from "./output.ts";

/** Prints a page and returns the exit code. `topic`: null for the list. @throws {UsageError} */
export function runManual(topic: string | null, { out }: Output): Promise<number> {
  if (topic !== null) {
    throw new UsageError(`there is no help on ${JSON.stringify(topic)}`, { hint: "all commands: srt-splitter --help" });
  }
  out.write(helpText(null));
  return Promise.resolve(EXIT.ok);
}
