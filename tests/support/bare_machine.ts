/**
 * A machine that has only the executable, glibc and /proc: a read-only root folder for one test.
 *
 * @module
 */

import { readSharedObject } from "../../scripts/shared_object.ts";
import { runTool } from "../../scripts/run_tool.ts";

/** Libraries that the executable may need: those of glibc, and libgcc_s, which glibc loads. */
const OF_GLIBC = /^(?:lib(?:c|m|dl|rt|pthread)\.so\.\d+|libgcc_s\.so\.1|ld-linux-[\w-]+\.so\.\d+)$/;

/**
 * Only the folders recordings and tmp, if they exist, can be written to. $1 is the root folder, $2 the path of the executable
 * outside. No environment variable is passed on.
 */
const ENTER = `
  root=$1; shift 2
  mount --bind "$root" "$root"
  for folder in "$root/recordings" "$root/tmp"; do
    if [ -d "$folder" ]; then mount --bind "$folder" "$folder"; fi
  done
  mount -t proc proc "$root/proc"
  mount -o remount,bind,ro "$root"
  exec env -i "$(command -v chroot)" "$root" /srt-splitter "$@"
`;

/** Held by `using`. */
export class BareMachine implements Disposable {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Makes a machine with the executable. `tmp`: it has an empty folder /tmp. */
  static async with(executable: string, { tmp = false }: { readonly tmp?: boolean } = {}): Promise<BareMachine> {
    const root = Deno.makeTempDirSync();
    const { needs } = await readSharedObject(executable);
    const foreign = needs.filter((name) => !OF_GLIBC.test(name));
    if (foreign.length > 0) throw new Error(`cannot make a bare machine: it needs ${foreign.join(", ")} too`);
    Deno.copyFileSync(executable, `${root}/srt-splitter`);
    for (const [path = ""] of (await runTool(["ldd", executable], "list libraries")).matchAll(/\/\S+\.so\S*/g)) {
      Deno.mkdirSync(`${root}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
      Deno.copyFileSync(path, `${root}${path}`);
    }
    for (const name of ["proc", "recordings", ...(tmp ? ["tmp"] : [])]) Deno.mkdirSync(`${root}/${name}`);
    return new BareMachine(root);
  }

  /** Command that starts the executable inside. */
  get command(): readonly string[] {
    return ["unshare", "--mount", "sh", "-ec", ENTER, "sh", this.#root];
  }

  /** Path outside of a path on this machine. */
  outside(path: string): string {
    return `${this.#root}${path}`;
  }

  /** Paths of every file on it, without /proc. */
  files(folder = ""): readonly string[] {
    return Array.from(Deno.readDirSync(`${this.#root}${folder}`)).flatMap((entry) =>
      entry.isDirectory ? this.files(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]
    ).sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#root, { recursive: true });
  }
}
