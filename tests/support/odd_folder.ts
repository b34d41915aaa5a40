/**
 * A folder with the limits of other file systems, whose mount can hang or fail: a FUSE program in Python.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { attempt, type Need, once } from "./needs.ts";
import { waitUntil } from "./processes.ts";

/** Debian's Python, which has python3-fusepy; another one may be earlier in PATH. */
const PYTHON = "/usr/bin/python3";
const PROGRAM = fileURLToPath(new URL("odd_folder.py", import.meta.url));

/** FUSE mounts by a Python program. */
export const FUSE: Need = once(() => {
  const python = "there is no FUSE for Python (python3-fusepy)";
  return attempt("there is no /dev/fuse", "test", "-w", "/dev/fuse") ??
    attempt(python, PYTHON, "-c", "try:\n import fusepy\nexcept ImportError:\n import fuse");
});

/** Limits of a folder. */
export interface FolderLimits {
  /** Longest name in bytes. */
  readonly namemax?: number;
  /** Largest file in bytes. */
  readonly maxsize?: number;
  /** Bytes of all files; the folder does not report this limit as its size. */
  readonly quota?: number;
  /** 1: only names in Latin-1 are accepted. */
  readonly latin1?: 1;
}

/** Held by `await using`. */
export class OddFolder implements AsyncDisposable {
  /** Absolute path of the mount point. */
  readonly path = Deno.makeTempDirSync();
  readonly #source = Deno.makeTempDirSync();
  readonly #process: Deno.ChildProcess;

  private constructor(limits: FolderLimits) {
    const options = Object.entries(limits).map(([name, value]) => `${name}=${value}`);
    this.#process = new Deno.Command(PYTHON, { args: [PROGRAM, this.#source, this.path, ...options], stdin: "null" })
      .spawn();
  }

  /** Mounts it. */
  static async mount(limits: FolderLimits): Promise<OddFolder> {
    const folder = new OddFolder(limits);
    const device = Deno.statSync(folder.#source).dev;
    await waitUntil("the mount", () => Deno.statSync(folder.path).dev !== device);
    return folder;
  }

  /** Stops its program, like a server that hangs: no call returns until the result is disposed of. */
  hang(): Disposable {
    this.#process.kill("SIGSTOP");
    return { [Symbol.dispose]: () => this.#process.kill("SIGCONT") };
  }

  /** Kills its program, as if a USB stick were removed: the mount stays, and every call fails. */
  async die(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    new Deno.Command("umount", { args: ["--lazy", this.path] }).outputSync();
    await this.#process.status;
    Deno.removeSync(this.path);
    Deno.removeSync(this.#source, { recursive: true });
  }
}
