/**
 * Whether an open file is still at the path that it was made at: whoever writes does not notice that it was taken away.
 *
 * @module
 */

/** What a file system knows a file by. */
type FileNumber = Pick<Deno.FileInfo, "dev" | "ino">;

/** The path of an open file. It only looks: the file stays the caller's. */
export class FilePlace {
  readonly #path: string;
  readonly #handle: Deno.FsFile;
  /** Null where path and handle differ from the begin on: some network disks give no lasting numbers. */
  readonly #number: FileNumber | null;

  /** @param handle Open, and the file at `path` now. */
  constructor(path: string, handle: Deno.FsFile) {
    this.#path = path;
    this.#handle = handle;
    this.#number = lastingNumber(path, handle);
  }

  /** What became of the file, in words; null where it is there. Two system calls, only while the handle is open. */
  lost(): string | null {
    if (this.#isThere()) return null;
    return this.#hasName()
      ? `${this.#path} was moved or renamed while it was being written: what arrived is in it, if it still exists`
      : `${this.#path} was removed or replaced while it was being written: what arrived is lost`;
  }

  #isThere(): boolean {
    try {
      const found = Deno.statSync(this.#path);
      return this.#number === null || isSame(found, this.#number);
    } catch (error) {
      // a folder that may not be looked into, or a disk that does not answer, is no proof
      return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
    }
  }

  /** Whether any folder still has the file. */
  #hasName(): boolean {
    try {
      return this.#handle.statSync().nlink !== 0;
    } catch {
      return false; // a network disk says so of a file that was removed on another machine
    }
  }
}

function lastingNumber(path: string, handle: Deno.FsFile): FileNumber | null {
  try {
    const number = handle.statSync();
    return isSame(Deno.statSync(path), number) ? number : null;
  } catch {
    return null; // then only a path with nothing at it tells
  }
}

function isSame(one: FileNumber, other: FileNumber): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
