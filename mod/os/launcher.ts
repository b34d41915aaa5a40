/**
 * Finds the launcher of this process: the `npx` or `deno task` that started it and waits until it ends. Detects that the launcher
 * has ended before this process.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { readProcFile } from "./proc.ts";

/** A process, with its arguments separated by blanks. */
export interface Ancestor {
  readonly pid: number;
  readonly commandLine: string;
}

/** What starts a task: Deno itself, or the wrapper that its npm package runs until the Deno executable is unpacked. */
const DENO_TASK = /^(?:\S*deno|\S*node \S*deno\/bin\.cjs) (?:-\S+ )*task /;
/** The shell between `npx` and Deno. */
const SHELL = /^\S*sh -c '?\S*deno'? (?:-\S+ )*task /;
/** `npx` names itself `npm exec`. */
const NPX = /^(?:npm|npx) |^\S*node \S*\/(?:npm|npx)(?:-cli\.js)? /;

/**
 * Returns those of `ancestors` that only started this process and wait until it ends.
 *
 * A shell is a launcher only if its own parent is a launcher, as with `npx`: a user's shell may end while its background programs
 * continue.
 *
 * @param ancestors The parent first
 */
export function launchersAmong(ancestors: readonly Ancestor[]): readonly Ancestor[] {
  const end = ancestors.findIndex(({ commandLine }) => ![DENO_TASK, SHELL, NPX].some((one) => one.test(commandLine)));
  const launchers = end === -1 ? ancestors : ancestors.slice(0, end);
  const last = launchers.findLastIndex(({ commandLine }) => !SHELL.test(commandLine));
  return launchers.slice(0, last + 1);
}

/** The launchers of this process. */
export class Launchers {
  readonly #libc: Libc;
  readonly #launchers: readonly Ancestor[];

  private constructor(libc: Libc, launchers: readonly Ancestor[]) {
    this.#libc = libc;
    this.#launchers = launchers;
  }

  /** Finds the launchers of this process, or returns null if it was started in another way. */
  static find(libc: Libc): Launchers | null {
    const ancestors: Ancestor[] = [];
    for (let pid = parentOf(libc, "self"); pid !== null && pid > 0; pid = parentOf(libc, pid)) {
      const commandLine = readProcFile(libc, `/proc/${pid}/cmdline`)?.replaceAll("\0", " ") ?? "";
      ancestors.push({ pid, commandLine });
    }
    const launchers = launchersAmong(ancestors);
    return launchers.length === 0 ? null : new Launchers(libc, launchers);
  }

  /** Reports whether a launcher has ended: then the process that it started has another parent. */
  get oneHasEnded(): boolean {
    const started = ["self" as const, ...this.#launchers.map(({ pid }) => pid)];
    return this.#launchers.some(({ pid }, index) => {
      const parent = parentOf(this.#libc, started[index] ?? "self");
      return parent !== null && parent !== pid;
    });
  }
}

/** Returns the parent of a process; null if there is no such process, or `/proc` cannot be read now. */
function parentOf(libc: Libc, pid: number | "self"): number | null {
  const stat = readProcFile(libc, `/proc/${pid}/stat`);
  if (stat === null) return null;
  const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // after the name in parentheses: state, parent
  return Number(parent);
}
