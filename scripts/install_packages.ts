/**
 * Installs packages with apt-get: quiet when all is well, the whole output when it is not.
 *
 * @module
 */

import type { Requirement } from "./install_commands.ts";

/** What a command came to. */
export interface CommandResult {
  readonly success: boolean;
  /** stdout and stderr, in that order. */
  readonly output: string;
}

/** Runs apt-get with `args` to its end, as root and without input. */
export type RunCommand = (args: readonly string[]) => Promise<CommandResult>;

/** What could not be installed, with the installer's own words in the message. */
export class InstallError extends Error {
  override readonly name = "InstallError";
}

/** How {@linkcode installPackages} works. */
export interface InstallOptions {
  readonly run: RunCommand;
  /** Says what is done, for people. */
  readonly say: (text: string) => void;
}

/** Our choice: a machine that was just started holds the lock for its own upgrades, for a minute or two. */
const APT = ["-qq", "-o", "DPkg::Lock::Timeout=180"] as const;

/**
 * Installs the first known candidate of each requirement. Package lists are fetched where a candidate is not known, or where
 * what the lists promise is no longer there.
 *
 * @throws {InstallError} Where apt-get fails, or no candidate is known
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
    // Without a network apt-get's update succeeds, and only its warnings say why nothing is known.
    throw new InstallError(
      `cannot install any of ${unknown.candidates.join(", ")}: apt-get does not know them\n${updated ?? ""}`.trimEnd(),
    );
  }
  const names = packages.filter((name) => name !== null);
  options.say(`installing ${names.join(" ")} with apt-get`);
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

/** Fetches the package lists; gives what apt-get said. */
async function update({ run, say }: InstallOptions): Promise<string> {
  say("fetching package lists (apt-get update)");
  const result = await run([...APT, "update"]);
  if (!result.success) throw new InstallError(`cannot fetch package lists:\n${result.output.trimEnd()}`);
  return result.output;
}
