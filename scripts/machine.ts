/**
 * What is installed on this machine, and how packages of its distribution are installed.
 *
 * @module
 */

import { sleep } from "../mod/os/timer.ts";
import { exists } from "./files.ts";
import type { Requirement } from "./install_commands.ts";
import { type CommandResult, InstallError, installPackages, type RunCommand } from "./install_packages.ts";

const PROGRAM_FOLDERS = ["/usr/bin", "/usr/sbin"] as const;

/** Folders of libraries on Debian, Ubuntu and other distributions. */
const LIBRARY_FOLDERS = [`/usr/lib/${Deno.build.arch}-linux-gnu`, "/usr/lib64", "/usr/lib"] as const;

const APT_GET = "/usr/bin/apt-get";
const SUDO = "/usr/bin/sudo";

/** Result of {@linkcode ensureInstalled}. */
export interface InstallResult {
  /** What is still missing; empty if everything is there. */
  readonly missing: readonly Requirement[];
  /** Why it could not be installed; empty text if nothing is missing. */
  readonly problem: string;
}

/**
 * Installs missing packages with apt-get, if that is possible without a question to the user.
 *
 * @param log Reports what is done
 */
export async function ensureInstalled(
  required: readonly Requirement[],
  log: (text: string) => void,
): Promise<InstallResult> {
  const missing = required.filter((requirement) => !isInstalled(requirement));
  if (missing.length === 0) return { missing, problem: "" };
  const runner = await rootRunner();
  let problem = "";
  if (runner !== null) {
    try {
      await installPackages(missing, { run: runner, log, sleep });
    } catch (error) {
      if (!(error instanceof InstallError)) throw error;
      problem = error.message;
    }
  }
  const still = missing.filter((requirement) => !isInstalled(requirement));
  if (still.length === 0) return { missing: still, problem: "" };
  return { missing: still, problem: problem !== "" ? problem : explainMissing(runner !== null) };
}

function isInstalled({ kind, names }: Requirement): boolean {
  const folders = kind === "file" ? LIBRARY_FOLDERS : PROGRAM_FOLDERS;
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
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
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
  return (args) => run(SUDO, ["-n", "/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", APT_GET, ...args]);
}

/** Explains why something is missing although apt-get reported no problem. `ran`: whether apt-get was run. */
function explainMissing(ran: boolean): string {
  return ran
    ? "apt-get reports it as installed, but its files are missing"
    : "nothing was installed: that requires apt-get, and root or sudo without a password";
}
