/**
 * A limit on the processes and threads of a program: a control group (`cgroups(7)`) with `pids.max`.
 *
 * @module
 */

import { type Need, once } from "./needs.ts";

/** Roots of the tree with the pids controller: a separate tree in version 1, the common tree in version 2. */
const TOPS: readonly string[] = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"];

/** Control groups that the tests create to limit processes. */
export const PROCESS_LIMITS: Need = once(() => {
  const group = makeGroup();
  if (group === null) return "cannot make control groups that limit processes";
  Deno.removeSync(group.folder);
  return null;
});

/** The limit of one program and its children. */
export class ProcessLimit implements Disposable {
  readonly #group: { readonly folder: string; readonly top: string };

  /** @param more How many processes and threads the program may have in addition to those it has now. */
  constructor(pid: number, more: number) {
    const group = makeGroup();
    if (group === null) throw new Error("cannot make a control group that limits processes");
    this.#group = group;
    Deno.writeTextFileSync(`${group.folder}/cgroup.procs`, String(pid));
    const current = Number(Deno.readTextFileSync(`${group.folder}/pids.current`));
    Deno.writeTextFileSync(`${group.folder}/pids.max`, String(current + more));
  }

  /** Removes the limit. Processes that still run continue without one. */
  [Symbol.dispose](): void {
    const { folder, top } = this.#group;
    const pids = Deno.readTextFileSync(`${folder}/cgroup.procs`).split("\n").filter((line) => line !== "");
    for (const pid of pids) Deno.writeTextFileSync(`${top}/cgroup.procs`, pid);
    Deno.removeSync(folder);
  }
}

function makeGroup(): { readonly folder: string; readonly top: string } | null {
  for (const top of TOPS) {
    const folder = `${top}/srt-splitter-${crypto.randomUUID().slice(0, 8)}`;
    try {
      Deno.mkdirSync(folder);
    } catch {
      continue; // no such tree, or no permission
    }
    try {
      Deno.statSync(`${folder}/pids.max`);
      return { folder, top };
    } catch {
      Deno.removeSync(folder); // a group without that controller
    }
  }
  return null;
}
