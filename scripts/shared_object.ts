/**
 * Reads what a shared object needs and exports, and checks whether a libsrt can go into the executable.
 *
 * @module
 */

import { LIBSRT_SYMBOLS } from "../mod/srt/raw.ts";
import { runTool } from "./run_tool.ts";

/** Files of glibc, which every machine that runs Deno has. */
const OF_GLIBC = /^(?:lib(?:c|m|pthread|dl|rt)\.so\.\d+|ld-linux-[\w-]+\.so\.\d+)$/;

/** Architecture in the name of a target, and its name in the output of `readelf`. */
const MACHINES: Readonly<Record<string, RegExp>> = { x86_64: /X86-64/, aarch64: /AArch64/ };

/** The facts about a shared object that matter here. */
export interface SharedObject {
  /** Architecture as `readelf` names it. */
  readonly machine: string;
  /** Names of the shared objects that it needs. */
  readonly needs: readonly string[];
  /** Newest version of glibc that it needs, such as `2.36`, or null. */
  readonly glibc: string | null;
  /** Functions that it exports. */
  readonly functions: ReadonlySet<string>;
}

/** Reads a shared object. @throws {CompileError} It is not a shared object, or there is no `readelf` */
export async function readSharedObject(file: string): Promise<SharedObject> {
  const text = await runTool(["readelf", "--wide", "-h", "-d", "-V", "--dyn-syms", file], `read ${file}`);
  return parseSharedObject(text);
}

/** Parses the output of `readelf -W -h -d -V --dyn-syms`. */
export function parseSharedObject(text: string): SharedObject {
  const versions = Array.from(text.matchAll(/\bName: GLIBC_(\d+)\.(\d+)/g), ([, major, minor]) => ({
    major: Number(major),
    minor: Number(minor),
  })).sort((a, b) => a.major - b.major || a.minor - b.minor);
  const newest = versions.at(-1);
  return {
    machine: /^\s*Machine:\s*(.*)$/m.exec(text)?.[1]?.trim() ?? "unknown",
    needs: Array.from(text.matchAll(/\(NEEDED\).*\[(.*)\]/g), ([, name = ""]) => name),
    glibc: newest === undefined ? null : `${newest.major}.${newest.minor}`,
    functions: new Set(
      Array.from(
        // Num: Value Size Type Bind Vis Ndx Name
        text.matchAll(/^\s*\d+: [0-9a-f]+\s+\d+ FUNC\s+(?:GLOBAL|WEAK)\s+(?:DEFAULT|PROTECTED)\s+\d+ ([\w.]+)/gm),
        ([, name = ""]) => name,
      ),
    ),
  };
}

/**
 * Lists why a libsrt cannot go into an executable.
 *
 * @param target Such as `x86_64-unknown-linux-gnu`
 * @returns One line for each problem; empty if there is none
 */
export function sharedObjectProblems(object: SharedObject, target: string): readonly string[] {
  const problems: string[] = [];
  if (!isFor(object, target)) problems.push(`it is for ${object.machine}, not for ${target}`);
  const foreign = object.needs.filter((name) => !OF_GLIBC.test(name));
  if (foreign.length > 0) problems.push(`it needs ${foreign.join(", ")}, which other machines may not have`);
  const missing = Object.entries(LIBSRT_SYMBOLS)
    .filter(([, symbol]) => !("optional" in symbol))
    .map(([name]) => name)
    .filter((name) => !object.functions.has(name));
  if (missing.length > 0) problems.push(`it has no ${missing.join(", ")}`);
  return problems;
}

/** Reports whether the object is for the machine of `target`. */
export function isFor({ machine }: SharedObject, target: string): boolean {
  return MACHINES[target.split("-")[0] ?? ""]?.test(machine) ?? false;
}
