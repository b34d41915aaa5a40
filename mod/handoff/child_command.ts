/**
 * The command that starts this program again as a child.
 *
 * @module
 */

import { CHILD_COMMAND } from "./contract.ts";

/** What starts a child: the role and the descriptor come behind `args`. */
export interface ChildCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of a child: only what the runtime needs to find its cache and the local time. */
  readonly environment: Readonly<Record<string, string>>;
  /** The working folder of a child, or null for this process's own. */
  readonly folder: string | null;
  /** Throws where `file` can no longer be started; absent where that cannot be told. */
  readonly check?: () => void;
}

/** How this program runs now. */
export interface Self {
  /** `Deno.mainModule`. */
  readonly mainModule: string;
  /** `Deno.build.standalone`: a compiled executable, which carries its module and its permissions. */
  readonly standalone: boolean;
  /** Reads a variable of this process's environment. */
  readonly env: (name: string) => string | undefined;
}

/** Variables that a child is given, where they are set. Secrets never stand here. */
export const CHILD_ENVIRONMENT: readonly string[] = ["HOME", "DENO_DIR", "XDG_CACHE_HOME", "TZ"];

/**
 * The program that runs now: Deno, or the executable. It is the only program that the listener may start (`permissions` of
 * deno.json): a fixed name, wherever the program is.
 */
export const SELF = "/proc/self/exe";

/** Read by the probe, for the words about installing and about known holes. */
const DISTRIBUTION_FILES: readonly string[] = ["/etc/os-release", "/var/lib/dpkg/status"];

/**
 * Builds the command.
 *
 * @param writable Folder that a child may write to, or null where nothing is recorded. Everything else of its permissions is
 * fixed: libc and libsrt by FFI, and the files that tell which distribution this is.
 */
export function childCommand(self: Self, writable: string | null): ChildCommand {
  const environment: Record<string, string> = {};
  for (const name of CHILD_ENVIRONMENT) {
    const value = self.env(name);
    if (value !== undefined) environment[name] = value;
  }
  if (self.standalone) return { file: SELF, args: [CHILD_COMMAND], environment, folder: writable };
  // the child works in that folder: a path in these lists would be cut at a comma. Deno wants a file that is given another name
  // to be readable too, which the sidecar is
  const readable = [...DISTRIBUTION_FILES, ...(writable === null ? [] : ["."])];
  const permissions = ["--no-prompt", "--allow-ffi", `--allow-read=${readable.join(",")}`];
  if (writable !== null) permissions.push("--allow-write=.");
  return {
    file: SELF,
    // without the project's configuration: a child imports no package, and starts 10 ms sooner
    args: ["run", "--cached-only", "--no-config", "--no-lock", ...permissions, self.mainModule, CHILD_COMMAND],
    environment,
    folder: writable,
  };
}
