/**
 * Starts a program in a process group of its own, with pipes to its stdin and from its stderr. `Deno.Command` would need a
 * permission for each program, which the processes that start programs do not have.
 *
 * @module
 */

import { ERRNO, type Libc, LIBC_FILE, toCString } from "./libc.ts";
import { openLibrary } from "./library_functions.ts";
import { O_CLOEXEC, SPAWN_SYMBOLS } from "./raw.ts";

/** `sizeof(posix_spawn_file_actions_t)` and `sizeof(posix_spawnattr_t)` of glibc (64 bits), rounded up. */
const ACTIONS_BYTES = 128;
const ATTRIBUTES_BYTES = 384;
/** `sizeof(sigset_t)` */
const SIGNAL_SET_BYTES = 128;

/** spawn.h */
const SPAWN_FLAGS = { setProcessGroup: 0x02, setDefaultSignals: 0x04, setSignalMask: 0x08 } as const;
/** Signals that the process of a session or of hooks ignores. A started program expects their default actions. */
const DEFAULT_SIGNALS: readonly number[] = [13, 25]; // SIGPIPE, SIGXFSZ

/** asm-generic/fcntl.h */
const O_WRONLY = 1;
/** asm-generic/fcntl.h */
const O_NONBLOCK = 0o4000;
const F_SETFD = 2;
const F_SETFL = 4;
const FD_CLOEXEC = 1;
/** linux/fcntl.h */
const F_SETPIPE_SZ = 1031;
/** linux/wait.h */
const WNOHANG = 1;

/** Capacity of the pipe to stdin. Our choice: 400 ms at 20 Mbit/s, and the most that the kernel allows without privileges. */
const PIPE_BYTES = 1_048_576;
/** Descriptors up to this one are closed in the program: the process of a session or of hooks has none with a higher number. */
const LAST_DESCRIPTOR = 1023;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/** A program to start. */
export interface Program {
  /** The program and its arguments. A program without a slash is searched for in the PATH of `environment`. */
  readonly args: readonly string[];
  /** Variables as `NAME=VALUE`. */
  readonly environment: readonly string[];
  /** Working folder. */
  readonly folder: string;
  /** Where its stdout goes: into the pipe of its stderr, or nowhere if this is omitted. */
  readonly stdout?: "with-stderr";
}

/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: number };

/** Names of the signals that end programs most often. */
const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  15: "SIGTERM",
};

/** Returns the name of a signal, such as `SIGKILL` or `signal 40`. */
export function signalName(signal: number): string {
  return SIGNAL_NAMES[signal] ?? `signal ${signal}`;
}

/** Describes the end of a program: `exit code 3` or `SIGKILL`. */
export function describeEnd(end: ProgramEnd): string {
  return end.kind === "exit" ? `exit code ${end.code}` : signalName(end.signal);
}

/** Signals that can be sent (linux/signal.h). */
export const SIGNAL = { SIGKILL: 9, SIGTERM: 15 } as const;

/** A running program. Owns both pipes until {@linkcode SpawnedProgram.close}. */
export class SpawnedProgram {
  readonly #libc: Libc;
  readonly #library: SpawnLibrary;
  readonly #stderr: number;
  #stdin: number;
  /** Process ID, which is also the ID of its process group. */
  readonly pid: number;
  #end: ProgramEnd | null = null;

  private constructor(
    libc: Libc,
    library: SpawnLibrary,
    { pid, stdin, stderr }: { readonly pid: number; readonly stdin: number; readonly stderr: number },
  ) {
    this.#libc = libc;
    this.#library = library;
    this.pid = pid;
    this.#stdin = stdin;
    this.#stderr = stderr;
  }

  /**
   * Starts a program.
   *
   * @throws {OsError} There is no such program, it cannot be executed, or a limit is reached.
   */
  static start(libc: Libc, program: Program): SpawnedProgram {
    const library = openLibrary(LIBC_FILE, SPAWN_SYMBOLS);
    using opened = new DisposableStack();
    const open = () => {
      const ends = makePipe(libc, library);
      for (const end of ends) opened.defer(() => libc.symbols.close(end));
      return ends;
    };
    const [input, stdin] = open();
    const [stderr, errors] = open();
    libc.symbols.fcntl(stdin, F_SETPIPE_SZ, PIPE_BYTES);
    for (const own of [stdin, stderr]) libc.symbols.fcntl(own, F_SETFL, O_NONBLOCK);
    closeOnExec(libc);
    const pid = spawn(libc, library, program, { input, errors });
    opened.move();
    for (const given of [input, errors]) libc.symbols.close(given);
    return new SpawnedProgram(libc, library, { pid, stdin, stderr });
  }

  /** Writes the beginning of `bytes` without waiting. Returns how many bytes, 0 if the pipe is full, or `closed`. */
  write(bytes: Uint8Array<ArrayBuffer>): number | "closed" {
    if (this.#stdin < 0) return "closed";
    const written = Number(this.#libc.symbols.write(this.#stdin, bytes, BigInt(bytes.length)));
    if (written >= 0) return written;
    const errno = this.#libc.errno();
    return errno === ERRNO.EAGAIN || errno === ERRNO.EINTR ? 0 : "closed";
  }

  /**
   * Reads what the program has written to stderr (with `stdout: "with-stderr"`, also to stdout), without waiting. Returns the
   * number of bytes, 0 if there are none now or stderr is closed.
   */
  readErrors(into: Uint8Array<ArrayBuffer>): number {
    return Math.max(0, Number(this.#libc.symbols.read(this.#stderr, into, BigInt(into.length))));
  }

  /** Closes the pipe to its stdin: the program still reads what was written, and then the end of the input. Idempotent. */
  closeInput(): void {
    if (this.#stdin < 0) return;
    this.#libc.symbols.close(this.#stdin);
    this.#stdin = -1;
  }

  /** Returns how it ended; null while it runs. */
  ended(): ProgramEnd | null {
    if (this.#end !== null) return this.#end;
    const status = new Int32Array(1);
    const pid = this.#library.symbols.waitpid(this.pid, status, WNOHANG);
    if (pid !== this.pid) return null;
    const [value = 0] = status;
    const signal = value & 0x7f;
    return this.#end = signal === 0 ? { kind: "exit", code: (value >> 8) & 0xff } : { kind: "signal", signal };
  }

  /** Sends a signal to its process group, unless it has ended. */
  kill(signal: number): void {
    if (this.ended() === null) this.#library.symbols.kill(-this.pid, signal);
  }

  /** Kills what it has left behind in its process group. Call it as soon as {@linkcode SpawnedProgram.ended} reports its end. */
  killGroup(): void {
    this.#library.symbols.kill(-this.pid, SIGNAL.SIGKILL);
  }

  /** Closes both pipes. Call it once. */
  close(): void {
    this.closeInput();
    this.#libc.symbols.close(this.#stderr);
  }
}

/** Kills all processes of a process group. Does nothing if there are none. */
export function killProcessGroup(group: number): void {
  openLibrary(LIBC_FILE, SPAWN_SYMBOLS).symbols.kill(-group, SIGNAL.SIGKILL);
}

type SpawnLibrary = Deno.DynamicLibrary<typeof SPAWN_SYMBOLS>;

/** Makes a pipe: the end to read from, and the end to write to. */
function makePipe(libc: Libc, { symbols }: SpawnLibrary): readonly [number, number] {
  const ends = new Int32Array(2);
  if (symbols.pipe2(ends, O_CLOEXEC) !== 0) throw libc.lastError("cannot make a pipe");
  const [reading = -1, writing = -1] = ends;
  return [reading, writing];
}

/** Closes the descriptors of this process, except stdin, stdout and stderr, in programs that it starts: also those of libsrt. */
function closeOnExec({ symbols }: Libc): void {
  for (let descriptor = STDERR + 1; descriptor <= LAST_DESCRIPTOR; descriptor += 1) {
    symbols.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
}

function spawn(
  libc: Libc,
  { symbols }: SpawnLibrary,
  { args, environment, folder, stdout }: Program,
  { input, errors }: { readonly input: number; readonly errors: number },
): number {
  const actions = new Uint8Array(ACTIONS_BYTES);
  const attributes = new Uint8Array(ATTRIBUTES_BYTES);
  const check = (errno: number) => {
    if (errno !== 0) throw libc.errorOf("cannot be started", errno);
  };
  check(symbols.posix_spawn_file_actions_init(actions));
  check(symbols.posix_spawnattr_init(attributes));
  try {
    check(symbols.posix_spawn_file_actions_addchdir_np(actions, toCString(folder)));
    check(symbols.posix_spawn_file_actions_adddup2(actions, input, STDIN));
    if (stdout === "with-stderr") check(symbols.posix_spawn_file_actions_adddup2(actions, errors, STDOUT));
    else check(symbols.posix_spawn_file_actions_addopen(actions, STDOUT, toCString("/dev/null"), O_WRONLY, 0));
    check(symbols.posix_spawn_file_actions_adddup2(actions, errors, STDERR));
    check(symbols.posix_spawnattr_setsigdefault(attributes, signalSet(DEFAULT_SIGNALS)));
    check(symbols.posix_spawnattr_setsigmask(attributes, signalSet([])));
    const { setProcessGroup, setDefaultSignals, setSignalMask } = SPAWN_FLAGS; // without a group ID, the program gets a new group
    check(symbols.posix_spawnattr_setflags(attributes, setProcessGroup | setDefaultSignals | setSignalMask));
    using argv = new CStrings(args);
    using envp = new CStrings(environment);
    const pid = new Int32Array(1);
    let failure: number = ERRNO.ENOENT;
    for (const file of candidates(args[0] ?? "", environment)) {
      const errno = symbols.posix_spawn(pid, toCString(file), actions, attributes, argv.pointers, envp.pointers);
      if (errno === 0) return pid[0] ?? 0;
      const isMissing = errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR;
      if (!isMissing) failure = errno;
      if (!isMissing && errno !== ERRNO.EACCES) break;
    }
    throw libc.errorOf("cannot be started", failure);
  } finally {
    symbols.posix_spawn_file_actions_destroy(actions);
    symbols.posix_spawnattr_destroy(attributes);
  }
}

/** Permission bits: the owner, the group or others may execute a file. */
const EXECUTE = 0o111;

/** Returns the files that are tried for the name of a program, in order (`execvp(3)`). */
function candidates(name: string, environment: readonly string[]): readonly string[] {
  if (name.includes("/")) return [name];
  const variable = environment.find((entry) => entry.startsWith("PATH="));
  const path = variable?.slice("PATH=".length) ?? DEFAULT_PATH;
  return path.split(":").map((folder) => folder === "" ? `./${name}` : `${folder}/${name}`);
}

/** Returns whether there is a regular file for the name of a program that the owner, the group or others may execute. */
export function isProgram(name: string, { environment, folder }: Omit<Program, "args">): boolean {
  return candidates(name, environment).some((file) => {
    try {
      const { isFile, mode } = Deno.statSync(file.startsWith("/") ? file : `${folder}/${file}`);
      return isFile && ((mode ?? 0) & EXECUTE) !== 0;
    } catch {
      return false;
    }
  });
}

/** A `sigset_t`: bit n - 1 stands for signal n. */
function signalSet(signals: readonly number[]): BigUint64Array<ArrayBuffer> {
  const set = new BigUint64Array(SIGNAL_SET_BYTES / 8);
  set[0] = signals.reduce((bits, signal) => bits | (1n << BigInt(signal - 1)), 0n);
  return set;
}

/** A `char *[]` with a null pointer at its end. It keeps its texts in place until it is disposed of. */
class CStrings implements Disposable {
  readonly pointers: BigUint64Array<ArrayBuffer>;
  #texts: Uint8Array<ArrayBuffer>[];

  constructor(texts: readonly string[]) {
    this.#texts = texts.map(toCString);
    const pointers = this.#texts.map((text) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(text)));
    this.pointers = BigUint64Array.from([...pointers, 0n]);
  }

  [Symbol.dispose](): void {
    this.#texts = [];
  }
}
