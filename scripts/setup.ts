/**
 * Installs what is missing: `setup.ts libsrt` to listen, `setup.ts test` to run tests and benchmarks, `setup.ts compile` to build
 * the executable. It prints nothing if nothing is missing, and writes to stderr only: stdout belongs to the command that follows.
 *
 * @module
 */

import { EXIT } from "../mod/cli/exit_code.ts";
import { SYSTEM_NAMES } from "../mod/srt/find_library.ts";
import { COMPILE_PARTS, INSTALL_COMMANDS, libsrtRequirement, TEST_PROGRAMS } from "./install_commands.ts";
import { ensureInstalled } from "./machine.ts";

/** A purpose to set the machine up for. */
type Purpose = keyof typeof INSTALL_COMMANDS;

function isPurpose(text: string): text is Purpose {
  return Object.hasOwn(INSTALL_COMMANDS, text);
}

/** Sets the machine up, and returns the exit code. Without libsrt, it is that of the command that needs it. */
async function setUp(what: Purpose): Promise<number> {
  const libsrt = libsrtRequirement(SYSTEM_NAMES);
  // a libsrt that the user named is not installed here; the run reports its problem
  const named = what === "libsrt" && Boolean(Deno.env.get("SRT_SPLITTER_LIBSRT"));
  const required = what === "compile"
    ? COMPILE_PARTS
    : [...(named ? [] : [libsrt]), ...(what === "test" ? TEST_PROGRAMS : [])];
  const result = await ensureInstalled(required, (text) => console.error(`setup: ${text}`));
  const missing = result.missing.filter(({ isOptional = false }) => !isOptional);
  if (missing.length === 0) return 0;
  console.error(
    `setup: missing: ${missing.map(({ names, kind }) => kind === "library" ? "libsrt" : names[0]).join(", ")}`,
  );
  console.error(result.problem);
  console.error(
    `hint: run the command of your distribution, then try again:\n  ${INSTALL_COMMANDS[what].join("\n  ")}`,
  );
  if (what === "libsrt") console.error("hint: or name a libsrt: SRT_SPLITTER_LIBSRT=/path/to/libsrt.so.1.5");
  return what === "libsrt" ? EXIT.noLibsrt : 1;
}

if (import.meta.main) {
  const [what = "libsrt"] = Deno.args;
  if (isPurpose(what)) {
    Deno.exitCode = await setUp(what);
  } else {
    console.error(
      `setup: cannot set up ${JSON.stringify(what)}\nhint: use "libsrt", "test" or "compile"`,
    );
    Deno.exitCode = 2;
  }
}
