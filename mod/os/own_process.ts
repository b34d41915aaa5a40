/**
 * Attributes of this process: its environment, its name, and whether a crash leaves its memory on the disk.
 *
 * @module
 */

import { type Libc, toCString } from "./libc.ts";
import { readProcFile } from "./proc.ts";
import { LIMIT_SYMBOLS } from "./raw.ts";

/** linux/prctl.h */
const PR_SET_DUMPABLE = 4;
/** linux/prctl.h */
const PR_SET_NAME = 15;
/** asm-generic/resource.h */
const RLIMIT_CORE = 4;
/** asm-generic/resource.h */
const RLIMIT_NOFILE = 7;

/** The variables by which a process finds its service manager (`sd_notify(3)`), such as systemd. */
export const SERVICE_VARIABLES: readonly string[] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/**
 * Returns the environment that this process was started with, as `NAME=VALUE`, for other programs: without the variables of this
 * program, which may be secret, and without those of the service manager, which are meant for this process only.
 */
export function ownEnvironment(libc: Libc): readonly string[] {
  const isForOthers = (entry: string) => {
    const [name = ""] = entry.split("=");
    return entry.includes("=") && !name.startsWith("SRT_SPLITTER_") && !SERVICE_VARIABLES.includes(name);
  };
  return readEnvironment(libc).filter(isForOthers);
}

/** Returns the variables of {@linkcode ownEnvironment} whose names match. */
export function ownVariables(libc: Libc, names: RegExp): Readonly<Record<string, string>> {
  const variables = ownEnvironment(libc).map((entry) => {
    const at = entry.indexOf("=");
    return [entry.slice(0, at), entry.slice(at + 1)] as const;
  });
  return Object.fromEntries(variables.filter(([name]) => names.test(name)));
}

/** Returns the value of a variable as it was when this process was started; null if it was not set. */
export function readVariable(libc: Libc, name: string): string | null {
  const entry = readEnvironment(libc).find((entry) => entry.startsWith(`${name}=`));
  return entry?.slice(name.length + 1) ?? null;
}

function readEnvironment(libc: Libc): readonly string[] {
  return readProcFile(libc, "/proc/self/environ")?.split("\0") ?? [];
}

/** Sets the name that `ps` and `top` show, and that `killall` searches for. The kernel keeps its first 15 bytes. */
export function setProcessName(libc: Libc, name: string): void {
  libc.symbols.prctl(PR_SET_NAME, toCString(name));
}

/**
 * Keeps the memory of this process, with the passphrase in it, from other processes: a crash leaves no core file, and only a
 * process with CAP_SYS_PTRACE can trace this one or read its memory and descriptors in `/proc`.
 */
export function protectMemory(libc: Libc): void {
  libc.symbols.prctl(PR_SET_DUMPABLE, null); // 0
}

/** Keeps crashes of this process, and of those that it starts, from leaving core files. `/proc` stays readable. */
export function forbidCoreFiles(): void {
  const { symbols: { setrlimit } } = Deno.dlopen("libc.so.6", LIMIT_SYMBOLS);
  setrlimit(RLIMIT_CORE, new BigUint64Array([0n, 0n]));
}

/** Allows this process as many open files as its hard limit permits. Returns how many that are. */
export function raiseFileLimit(): number {
  const { symbols: { getrlimit, setrlimit } } = Deno.dlopen("libc.so.6", LIMIT_SYMBOLS);
  const limits = new BigUint64Array(2); // soft, hard
  getrlimit(RLIMIT_NOFILE, limits);
  const [soft = 0n, hard = 0n] = limits;
  return Number(setrlimit(RLIMIT_NOFILE, BigUint64Array.of(hard, hard)) === 0 ? hard : soft);
}
