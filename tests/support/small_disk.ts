/**
 * A small file system for tests of a full disk: a tmpfs.
 *
 * @module
 */

/** A mounted tmpfs. Declare it with `using`, so that the test unmounts it at its end. */
export class SmallDisk implements Disposable {
  /** Absolute path of the mount point. */
  readonly path = Deno.makeTempDirSync();
  /** Where the file system is always mounted, so that its content survives {@linkcode unmount}. */
  readonly #home = Deno.makeTempDirSync();

  /** @param size Value of the option `size` of tmpfs, such as `1m`; further options may follow after a comma. */
  constructor(size: string) {
    run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", this.#home]);
    this.mount();
  }

  /** Mounts it again, after {@linkcode unmount}. */
  mount({ readOnly = false }: { readonly readOnly?: boolean } = {}): void {
    run("mount", ["--bind", this.#home, this.path]);
    if (readOnly) run("mount", ["-o", "remount,bind,ro", this.path]);
  }

  /** Unmounts it; its content stays. */
  unmount(): void {
    run("umount", [this.path]);
  }

  /** Changes its size at once, so that this many bytes are free. */
  setFree(freeBytes: number): void {
    const used = Number(
      new TextDecoder().decode(run("df", ["--block-size=1", "--output=used", this.path])).split("\n")[1],
    );
    run("mount", ["-o", `remount,size=${used + freeBytes}`, this.#home]);
  }

  [Symbol.dispose](): void {
    // a killed process may not have closed its files yet
    run("umount", ["--lazy", this.path]);
    run("umount", ["--lazy", this.#home]);
    Deno.removeSync(this.path);
    Deno.removeSync(this.#home);
  }
}

function run(command: string, args: string[]): Uint8Array {
  const { success, stdout, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) throw new Error(`cannot ${command}: ${new TextDecoder().decode(stderr)}`);
  return stdout;
}
