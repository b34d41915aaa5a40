/**
 * A file system of a given size, for a full disk: a tmpfs, unmounted when it is disposed.
 *
 * @module
 */

/** Held by `using`. */
export class SmallDisk implements Disposable {
  /** Absolute path of the mount point. */
  readonly path = Deno.makeTempDirSync();

  /** @param size Options of tmpfs, such as `1m`. */
  constructor(size: string) {
    run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", this.path]);
  }

  [Symbol.dispose](): void {
    run("umount", [this.path]);
    Deno.removeSync(this.path);
  }
}

function run(command: string, args: string[]): void {
  const { success, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) throw new Error(`cannot ${command}: ${new TextDecoder().decode(stderr)}`);
}
