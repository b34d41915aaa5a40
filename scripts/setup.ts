/**
 * Installs what is missing: `setup.ts libsrt` for listening, `setup.ts test` for the tests and the benchmark, `setup.ts compile`
 * for building the executable. Says nothing where all is there. Whatever it says goes to stderr, as stdout belongs to the command
 * that follows.
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
import { exists } from "./exists.ts";
import { type CommandResult, InstallError, installPackages, type RunCommand } from "./install_packages.ts";

const PROGRAM_FOLDERS = ["/usr/bin", "/usr/sbin"] as const;

/** Where Debian and Ubuntu have static libraries, and others. */
const ARCHIVE_FOLDERS = [`/usr/lib/${Deno.build.arch}-linux-gnu`, "/usr/lib64", "/usr/lib"] as const;

const APT_GET = "/usr/bin/apt-get";
const SUDO = "/usr/bin/sudo";

/** What there is to set up. */
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

/** A way to run apt-get with the rights of root and without a question, or null where there is none. */
async function rootRunner(): Promise<RunCommand | null> {
  if (!exists(APT_GET)) return null;
  if (Deno.uid() === 0) return (args) => run(APT_GET, args);
  if (!exists(SUDO) || !(await run(SUDO, ["-n", "true"])).success) return null;
  // `env`, as sudo does not hand variables on.
  return (args) => run(SUDO, ["-n", "/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", APT_GET, ...args]);
}

/** Sets `what` up; returns the exit code. */
async function setUp(what: What): Promise<number> {
  const libsrt = libsrtRequirement(SYSTEM_NAMES);
  // A libsrt that the operator named is theirs to look after: the run itself says what is wrong with it.
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
      await installPackages(missing, { run: runner, say: (text) => console.error(`setup: ${text}`) });
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
  console.error(`Run the command of your distribution, then try again:\n  ${INSTALL_COMMANDS[what].join("\n  ")}`);
  if (what === "libsrt") console.error("Or name a libsrt of your own: SRT_SPLITTER_LIBSRT=/path/to/libsrt.so.1.5");
  return 1;
}

function reasonWithoutProblem(ran: boolean): string {
  return ran
    ? "apt-get says that it is installed, but it cannot be found; were its files removed?"
    : "Neither root nor sudo without a password, or no apt-get: nothing was installed.";
}

if (import.meta.main) {
  const [what = "libsrt"] = Deno.args;
  if (isWhat(what)) {
    Deno.exitCode = await setUp(what);
  } else {
    console.error(
      `setup: there is nothing called ${JSON.stringify(what)} to set up; use "libsrt", "test" or "compile"`,
    );
    Deno.exitCode = 2;
  }
}
