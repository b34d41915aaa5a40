/**
 * A real file system that can be frozen, for a disk that does not answer: ext4 in a file, on a loop device.
 *
 * @module
 */

import { attempt, type Need, once } from "./needs.ts";

/** Loop devices, ext4 and `fsfreeze`. */
export const LOOP_DISKS: Need = once(() => {
  const reason = "cannot mount loop devices";
  const script = 'd=$(mktemp -d) && truncate -s 2M "$d/image" && mkfs.ext4 -q "$d/image" && mkdir "$d/mount" && ' +
    'mount -o loop "$d/image" "$d/mount" && fsfreeze --freeze "$d/mount" && fsfreeze --unfreeze "$d/mount"; ' +
    'code=$?; umount "$d/mount"; rm -r "$d"; exit $code';
  return attempt(reason, "sh", "-c", script);
});

/** Held by `using`. */
export class LoopDisk implements Disposable {
  readonly #folder = Deno.makeTempDirSync();
  /** Absolute path of the mount point. */
  readonly path = `${this.#folder}/mount`;

  /** @param size As `truncate -s` takes it, such as `64M`. */
  constructor(size: string) {
    const image = `${this.#folder}/image`;
    run("truncate", "-s", size, image);
    run("mkfs.ext4", "-q", image);
    Deno.mkdirSync(this.path);
    run("mount", "-o", "loop", image, this.path);
  }

  /**
   * Makes every write wait from now on. Earlier writes are flushed to the disk first.
   *
   * @returns Thaws the disk when disposed of. Hold it by `using`, declared after the programs that write to the disk: they cannot
   * end before it is thawed.
   */
  freeze(): Disposable & { readonly thaw: () => void } {
    run("fsfreeze", "--freeze", this.path);
    let frozen = true;
    const thaw = () => {
      if (frozen) run("fsfreeze", "--unfreeze", this.path);
      frozen = false;
    };
    return { thaw, [Symbol.dispose]: thaw };
  }

  [Symbol.dispose](): void {
    run("umount", "--lazy", this.path); // a process that waited for the disk may not have ended yet
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

function run(file: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(file, { args: [...args], stdin: "null" }).outputSync();
  if (!success) throw new Error(`cannot run ${file} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
