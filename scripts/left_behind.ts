/**
 * Finds what a run of tests left behind: processes and temporary files.
 *
 * @module
 */

/** A process, as `ps` shows it. */
export interface RunningProcess {
  readonly pid: number;
  /** Arguments, followed by the environment. */
  readonly text: string;
}

/** Lists every process of the machine that has not ended yet. */
export async function listProcesses(): Promise<readonly RunningProcess[]> {
  const command = new Deno.Command("ps", { args: ["axeww", "-o", "pid=,stat=,args="], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`cannot list the processes: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout).split("\n").flatMap((line) => {
    const [, pid, state, text] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    // Z: it has ended, and waits for a parent that does not look.
    return pid === undefined || text === undefined || state?.startsWith("Z") ? [] : [{ pid: Number(pid), text }];
  });
}

/**
 * The processes of `after` that were not there `before` and that hold one of `marks` in their arguments or environment.
 *
 * @param marks The folder of temporary files, which programs started by tests have in their environment; and the path of the
 * program, as its children are given an environment of their own
 */
export function findLeftProcesses(
  run: { readonly before: readonly RunningProcess[]; readonly after: readonly RunningProcess[] },
  marks: readonly string[],
): readonly RunningProcess[] {
  const old = new Set(run.before.map(({ pid }) => pid));
  return run.after.filter(({ pid, text }) => !old.has(pid) && marks.some((mark) => text.includes(mark)));
}

/** Names of what is in `folder`. */
export function findLeftFiles(folder: string): readonly string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}
