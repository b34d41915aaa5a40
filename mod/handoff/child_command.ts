/**
 * The command that starts this program again as a child.
 *
 * @module
 */

import { SESSION_BUNDLE } from "./session_bundle.ts";
import { CHILD_COMMAND, type ChildRole, type ProgramTicket } from "./contract.ts";

/** A command that starts a child: the role and the arguments of that role follow `args`. */
export interface ChildCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of a child: what the runtime needs to find its cache and the local time, and settings. */
  readonly environment: Readonly<Record<string, string>>;
  /** The working folder of a child. */
  readonly folder: string;
  /** Files that a child loads when it starts: its program. */
  readonly files: readonly string[];
  /** Throws if `file` can no longer be started; absent if that cannot be known. */
  readonly check?: () => void;
}

/** The commands that start sessions. */
export interface ChildCommands {
  /** Starts one for which a caller waits. */
  readonly caller: ChildCommand;
  /** Starts one for which no caller waits yet. */
  readonly spare: ChildCommand;
}

/** How this program runs now. */
export interface Self {
  /** `Deno.mainModule`. */
  readonly mainModule: string;
  /** `Deno.build.standalone`: a compiled executable, which contains its module and its permissions. */
  readonly standalone: boolean;
  /** `Deno.execPath()`. */
  readonly execPath: string;
  /** Reads a variable of this process's environment. */
  readonly env: (name: string) => string | undefined;
}

/** A child could not be started, or the probe did not answer. */
export class HandoffError extends Error {
  override readonly name = "HandoffError";

  constructor(message: string, options: ErrorOptions) {
    super(message, options);
  }
}

/** The executable that this process was started from was replaced or removed. */
export class ExecutableReplacedError extends Error {
  override readonly name = "ExecutableReplacedError";

  /** @param path The path of the executable when this program was started. */
  constructor(path: string, options: ErrorOptions) {
    super(`${path} was replaced or removed after this program was started from it`, options);
  }
}

/** Variables that a child gets, if they are set. None of them holds a secret. */
export const CHILD_ENVIRONMENT: readonly string[] = ["HOME", "DENO_DIR", "XDG_CACHE_HOME", "TZ"];

/**
 * The program that runs now: Deno, or the executable. It is the only program that the listener may start (`permissions` of
 * deno.json): a fixed name, wherever the program is.
 */
export const SELF = "/proc/self/exe";

/**
 * V8's option of a child keeps it small: its live objects need less than a megabyte, but the memory for new ones would grow to
 * several. An executable has options of its own, compiled in, for listener and children.
 */
const V8_OPTION = "--v8-flags=--max-semi-space-size=1";

/**
 * V8's options of a spare. With `--no-lazy-feedback-allocation`, the functions that a spare has called in its rehearsal
 * (`session/rehearsal.ts`) are fast at the next call already: a caller connects 0.4 ms sooner, for 0.4 MB.
 */
const SPARE_V8_OPTION = `${V8_OPTION},--no-lazy-feedback-allocation`;

/**
 * Without a bundle, Deno reads modules that are imported dynamically only once they are needed, instead of at the start: a child
 * for which a caller waits is ready 10 % sooner. It loads what it needs later once its recording has begun
 * (`session/modules_of_end.ts`).
 */
const LAZY_OPTION = "--unstable-lazy-dynamic-imports";

/**
 * Settings of a child. glibc uses one heap for all threads, instead of one for each, most of which stays empty. Deno does not ask
 * its server for a newer version, which it would try at each start until an answer arrives. An error of the program, which is
 * quoted in a warning, has no colors.
 */
const SETTINGS = { MALLOC_ARENA_MAX: "1", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" } as const;

/**
 * The working folder of a child, unless the path of the folder of recordings has a comma. A child does not start in the folder of
 * recordings, because starting it would block the listener if the disk of that folder hangs.
 */
const ROOT = "/";

/** The main module of a child from source, relative to that of the listener. */
export const CHILD_MODULES: Readonly<Record<ChildRole, string>> = {
  session: "workers/child.ts",
  probe: "workers/probe.ts",
  hooks: "workers/hooks.ts",
  forward: "workers/forward.ts",
};

/** Read by the probe, for its advice on installing libsrt and on known vulnerabilities. */
const DISTRIBUTION_FILES: readonly string[] = ["/etc/os-release", "/var/lib/dpkg/status"];

/** Builds the command of the probe. */
export function probeCommand(self: Self): ChildCommand {
  return commandOf("probe", self, { writable: null });
}

/** What the children of sessions run, and where they record. */
export interface SessionStart {
  /** Folder that a child may write to, or null if nothing is recorded. */
  readonly writable: string | null;
  /** Whether a child from source runs the bundle (`session_bundle.ts`). */
  readonly bundled: boolean;
}

/**
 * Builds the command of a session for which a caller waits. From source, besides writing to `writable`, the session may use libc
 * and libsrt by FFI, and read the files that name the distribution and, without a bundle, the modules of this program. If the path
 * of the program has a comma, it may not read the modules, and Deno reads all of them at the start.
 */
export function callerCommand(self: Self, { writable, bundled }: SessionStart): ChildCommand {
  if (bundled) return commandOf("session", self, { writable, module: SESSION_BUNDLE });
  const modules = decodeURIComponent(new URL("mod", self.mainModule).pathname);
  if (modules.includes(",")) return commandOf("session", self, { writable });
  return commandOf("session", self, { writable, readable: [modules], options: [LAZY_OPTION, V8_OPTION] });
}

/** Builds the command of a spare, which reads everything at its start. */
export function spareCommand(self: Self, { writable, bundled }: SessionStart): ChildCommand {
  const module = bundled ? SESSION_BUNDLE : CHILD_MODULES.session;
  return commandOf("session", self, { writable, module, options: [SPARE_V8_OPTION] });
}

/**
 * Builds the command of the hook process, complete with its role. From source, it may use only FFI and the network address `host`
 * (`HOST:PORT`), if there is one.
 */
export function hooksCommand(self: Self, host: string | null): ChildCommand {
  const { args, ...common } = commandOf("hooks", self, { writable: null });
  if (self.standalone) return { ...common, args: [...args, "hooks"] };
  const kept = args.filter((argument) => !argument.startsWith("--allow-read="));
  return { ...common, args: host === null ? kept : kept.toSpliced(-1, 0, `--allow-net=${host}`) };
}

/**
 * Builds the command of the process that forwards a session. From source, it may use only the network and FFI, and read
 * {@linkcode DISTRIBUTION_FILES}.
 */
export function forwardCommand(self: Self): ProgramTicket {
  const { file, args, environment, folder } = commandOf("forward", self, { writable: null });
  const complete = self.standalone ? [...args, "forward"] : args.toSpliced(-1, 0, "--allow-net");
  return {
    args: [file, ...complete],
    environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    folder,
  };
}

/** What differs between the commands of children from source. */
interface SourceOptions {
  readonly writable: string | null;
  /** Files and folders that it may read, besides {@linkcode DISTRIBUTION_FILES}. */
  readonly readable?: readonly string[];
  /** The main module, relative to that of the listener, if it is not that of {@linkcode CHILD_MODULES}. */
  readonly module?: string;
  /** Options of Deno. */
  readonly options?: readonly string[];
}

function commandOf(
  role: ChildRole,
  self: Self,
  { writable, readable = [], module = CHILD_MODULES[role], options = [V8_OPTION] }: SourceOptions,
): ChildCommand {
  const environment: Record<string, string> = { ...SETTINGS };
  for (const name of CHILD_ENVIRONMENT) {
    const value = self.env(name);
    if (value !== undefined) environment[name] = value;
  }
  const common = { file: SELF, environment, folder: ROOT, files: [self.execPath] };
  if (self.standalone) return { ...common, args: [CHILD_COMMAND] };
  // Deno 2.6 splits these lists at commas, so a path that has one is given as "."
  const hasComma = writable?.includes(",") ?? false;
  const allowed = writable === null ? [] : [hasComma ? "." : writable];
  // a file that is renamed, as the sidecar is, must be readable
  const read = [...DISTRIBUTION_FILES, ...readable, ...allowed];
  const permissions = ["--no-prompt", "--allow-ffi", `--allow-read=${read.join(",")}`];
  if (writable !== null) permissions.push(`--allow-write=${allowed.join()}`);
  return {
    ...common,
    ...(writable !== null && hasComma ? { folder: writable } : {}),
    // without the project's configuration: a child imports no package, and starts 10 ms sooner
    args: [
      "run",
      "--cached-only",
      "--no-config",
      "--no-lock",
      ...options,
      ...permissions,
      new URL(module, self.mainModule).href,
    ],
  };
}

/**
 * Remembers which file `path` is now, and returns a check that throws {@linkcode ExecutableReplacedError} if it is another one
 * or none.
 */
export function checkSameExecutable(path: string): () => void {
  const { dev, ino } = Deno.statSync(path);
  return () => {
    let now: Deno.FileInfo;
    try {
      now = Deno.statSync(path);
    } catch (cause) {
      throw new ExecutableReplacedError(path, { cause });
    }
    if (now.dev !== dev || now.ino !== ino) throw new ExecutableReplacedError(path, { cause: { dev, ino, now } });
  };
}
