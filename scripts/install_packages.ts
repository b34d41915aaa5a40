/**
 * Installs packages with apt-get. Its output is shown only if it fails.
 *
 * @module
 */

import type { Requirement } from "./install_commands.ts";

/** Result of a command. */
export interface CommandResult {
  readonly success: boolean;
  /** stdout and stderr, in that order. */
  readonly output: string;
}

/** Runs apt-get with `args` to its end, as root and without input. */
export type RunCommand = (args: readonly string[]) => Promise<CommandResult>;

/** Packages cannot be installed. The message has the output of apt-get. */
export class InstallError extends Error {
  override readonly name = "InstallError";
}

/** How {@linkcode installPackages} works. */
export interface InstallOptions {
  readonly run: RunCommand;
  /** Reports what is done. */
  readonly log: (text: string) => void;
  /** Waits for a time in ms. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** Our choice: a machine that has just started holds the locks of the package manager for its own upgrades for a minute or two. */
const LOCK_SECONDS = 180;
/** Time between two tries to fetch the package lists, in seconds. */
const RETRY_SECONDS = 3;

/**
 * Options of every apt-get command. With them, `install` waits for the lock of the package manager. {@linkcode update} retries by
 * itself.
 */
const APT = ["-qq", "-o", `DPkg::Lock::Timeout=${LOCK_SECONDS}`] as const;

/**
 * Installs the first known candidate of each requirement. Fetches the package lists before that if a requirement has no
 * known candidate; otherwise after a failure, because a package of old lists may no longer be available.
 *
 * @throws {InstallError} apt-get fails, or no candidate is known
 */
export async function installPackages(missing: readonly Requirement[], options: InstallOptions): Promise<void> {
  let packages = await choosePackages(missing, options.run);
  let updated: string | null = null;
  if (packages.includes(null)) {
    updated = await update(options);
    packages = await choosePackages(missing, options.run);
  }
  const unknown = missing.find((_, index) => packages[index] === null);
  if (unknown !== undefined) {
    // without a network apt-get update succeeds, and only its warnings have the reason
    throw new InstallError(
      `cannot install any of ${unknown.candidates.join(", ")}: apt-get does not know them\n${updated ?? ""}`.trimEnd(),
    );
  }
  const names = packages.filter((name) => name !== null);
  options.log(`installing ${names.join(" ")} with apt-get`);
  let result = await install(names, options.run);
  if (!result.success && updated === null) {
    await update(options);
    result = await install(names, options.run);
  }
  if (!result.success) throw new InstallError(`cannot install ${names.join(" ")}:\n${result.output.trimEnd()}`);
}

function choosePackages(missing: readonly Requirement[], run: RunCommand): Promise<(string | null)[]> {
  return Promise.all(missing.map(async ({ candidates }) => {
    for (const candidate of candidates) {
      const known = await run([...APT, "install", "--simulate", candidate]);
      if (known.success) return candidate;
    }
    return null;
  }));
}

function install(names: readonly string[], run: RunCommand): Promise<CommandResult> {
  return run([...APT, "install", "-y", "--no-install-recommends", ...names]);
}

/** Fetches the package lists, and returns the output of apt-get. Waits while another program holds the lock of the lists. */
async function update({ run, log, sleep }: InstallOptions): Promise<string> {
  log("fetching package lists (apt-get update)");
  let result = await run([...APT, "update"]);
  if (isLocked(result)) log(`another program fetches package lists; waiting for it, ${LOCK_SECONDS} s at most`);
  for (let tries = 1; isLocked(result) && tries < LOCK_SECONDS / RETRY_SECONDS; tries += 1) {
    await sleep(RETRY_SECONDS * 1000);
    result = await run([...APT, "update"]);
  }
  if (!result.success) throw new InstallError(`cannot fetch package lists:\n${result.output.trimEnd()}`);
  return result.output;
}

/** Reports whether a command has failed because of a lock. apt-get translates the message, unless LC_ALL is C. */
function isLocked({ success, output }: CommandResult): boolean {
  return !success && output.includes("Could not get lock");
}
