/**
 * A file or folder that is mounted at another path. It stands for a folder on another disk, or for a file that cannot be removed.
 *
 * @module
 */

/** Held by `using`, declared after the file or folder that is mounted. */
export class BindMount implements Disposable {
  readonly #path: string;

  /** Mounts `source` at `path`, which must exist. A path that is mounted onto itself cannot be removed. */
  constructor(source: string, path: string) {
    this.#path = path;
    run("mount", "--bind", source, path);
  }

  [Symbol.dispose](): void {
    run("umount", this.#path);
  }
}

function run(command: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(command, { args: [...args] }).outputSync();
  if (!success) throw new Error(`cannot ${command}: ${new TextDecoder().decode(stderr)}`);
}
