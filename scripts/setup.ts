/**
 * Installs what is missing: `setup.ts libsrt` to listen, `setup.ts test` to run tests and benchmarks, `setup.ts compile` to build
 * the executable. It prints nothing if nothing is missing, and writes to stderr only: stdout belongs to the command that follows.
 *
 * @module
 */

import { SYSTEM_NAMES } from "../mod/srt/library.ts";
import {
  COMPILE_PARTS,
  INSTALL_COMMANDS,
  libsrtRequirement,
  type Requirement,
  TEST_PROGRAMS,
} from "./install_commands.ts";
import { exists } from "./files.ts";
import { type CommandResult, InstallError, installPackages, type RunCommand } from "./install_packages.ts";

const PROGRAM_FOLDERS = ["/usr/bin", "/usr/sbin"] as const;

/** Folders of static libraries on Debian, Ubuntu and other distributions. */
const ARCHIVE_FOLDERS = [`/usr/lib/${Deno.build.arch}-linux-gnu`, "/usr/lib64", "/usr/lib"] as const;

const APT_GET = "/usr/bin/apt-get";
const SUDO = "/usr/bin/sudo";

/** A purpose to set the machine up for. */
type What = keyof typeof INSTALL_COMMANDS;

function isWhat(text: string): text is What {
  return Object.hasOwn(INSTALL_COMMANDS, text);
}

function isThere({ kind, names }: Requirement): boolean {
  const folders = kind === "archive" ? ARCHIVE_FOLDERS : PROGRAM_FOLDERS;
  return names.some((name) => kind === "library" ? loads(name) : folders.some((folder) => exists(`${folder}/${name}`)));
}

function loads(name: string): boolean {
  try {
    Deno.dlopen(name, {}).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

async function run(command: string, args: readonly string[]): Promise<CommandResult> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Returns a function that runs apt-get as root without a question, or null if that is impossible. */
async function rootRunner(): Promise<RunCommand | null> {
  if (!exists(APT_GET)) return null;
  if (Deno.uid() === 0) return (args) => run(APT_GET, args);
  if (!exists(SUDO) || !(await run(SUDO, ["-n", "true"])).success) return null;
  // sudo does not pass variables on
  return (args) => run(SUDO, ["-n", "/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", APT_GET, ...args]);
}

/** Sets the machine up, and returns the exit code. */
async function setUp(what: What): Promise<number> {
  const libsrt = libsrtRequirement(SYSTEM_NAMES);
  // a libsrt that the user named is not installed here: the run reports what is wrong with it
  const named = what === "libsrt" && Boolean(Deno.env.get("SRT_SPLITTER_LIBSRT"));
  const required = what === "compile"
    ? COMPILE_PARTS
    : [...(named ? [] : [libsrt]), ...(what === "test" ? TEST_PROGRAMS : [])];
  const missing = required.filter((requirement) => !isThere(requirement));
  if (missing.length === 0) return 0;
  const runner = await rootRunner();
  let problem = "";
  if (runner !== null) {
    try {
      await installPackages(missing, { run: runner, log: (text) => console.error(`setup: ${text}`) });
    } catch (error) {
      if (!(error instanceof InstallError)) throw error;
      problem = error.message;
    }
  }
  const still = missing.filter((requirement) => !isThere(requirement));
  if (still.length === 0) return 0;
  console.error(
    `setup: missing: ${still.map(({ names, kind }) => kind === "library" ? "libsrt" : names[0]).join(", ")}`,
  );
  console.error(problem !== "" ? problem : reasonWithoutProblem(runner !== null));
  console.error(
    `hint: run the command of your distribution, then try again:\n  ${INSTALL_COMMANDS[what].join("\n  ")}`,
  );
  if (what === "libsrt") console.error("hint: or name a libsrt: SRT_SPLITTER_LIBSRT=/path/to/libsrt.so.1.5");
  return 1;
}

function reasonWithoutProblem(ran: boolean): string {
  return ran
    ? "apt-get reports it as installed, but its files are missing"
    : "nothing was installed: that requires apt-get, and root or sudo without a password";
}

if (import.meta.main) {
  const [what = "libsrt"] = Deno.args;
  if (isWhat(what)) {
    Deno.exitCode = await setUp(what);
  } else {
    console.error(
      `setup: cannot set up ${JSON.stringify(what)}\nhint: use "libsrt", "test" or "compile"`,
    );
    Deno.exitCode = 2;
  }
}
