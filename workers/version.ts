/**
 * The command `version`: the versions of the program, of Deno and of libsrt.
 *
 * @module
 */

import { VERSION } from "../mod/cli/about.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { describeLibsrt, LibsrtError } from "./find_libsrt.ts";
import type { Output } from "./output.ts";

/** Prints the versions and returns the exit code. `file`: the libsrt to check; null: the one that a search finds. */
export async function runVersion(file: string | null, { out, warn, error: printError }: Output): Promise<number> {
  out.write(`srt-splitter ${VERSION}\nDeno ${Deno.version.deno}\n`);
  try {
    const { version, place, warning } = await describeLibsrt(file);
    out.write(`libsrt ${version} (${place})\n`);
    if (warning !== null) warn(warning);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof LibsrtError)) throw error;
    printError(error.text);
    return EXIT.noLibsrt;
  }
}
