/**
 * One file of a recording: created under a name that the folder accepts, written without blocking this thread.
 *
 * @module
 */

import { createNewFile, type NewFile } from "../os/new_file.ts";
import { type FileNaming, NAME_BYTES, recordingFileName } from "./file_name.ts";
import { PART_ENDING, SIDECAR_ENDING } from "./sidecar_file.ts";
import { DISK_ERRNO, errnoOf, explainDiskError, SinkError } from "./sink_error.ts";
import type { EndedRecording } from "./rejoin.ts";
import { FolderError, type Subfolders } from "./subfolders.ts";

/** Our choice: how many names are tried. Fewer recordings than this need the same name. */
const ATTEMPTS = 10_000;
/** After this many names that are taken, the highest number in the folder is looked up. */
const LISTED_AFTER = 50;
/** How many times folders are made again if another session has removed them as empty folders before the file was created. */
const FOLDER_ATTEMPTS = 5;
/** Our choice: how much of a name is left each time that it is too long for the folder. */
const SHORTER = 0.6;
const SHORTEST_BYTES = 8;

/** The calls of an open file that a recording needs. */
export type DiskFile = Pick<NewFile, "write" | "syncData" | "truncate" | "stat" | "lock" | "close">;

/** Creates a file that does not exist yet, on another thread. Rejects with an error of Deno's file operations. */
export type CreateFile = (path: string) => Promise<DiskFile>;

/** Where a file is created. */
export interface FilePlace {
  /** Absolute path of an existing folder. */
  readonly directory: string;
  /** The folders below it. */
  readonly folders: Subfolders;
  readonly naming: FileNaming;
}

/** The numbers by which a file system identifies a file. */
type FileNumber = Pick<Deno.FileInfo, "dev" | "ino">;

/** Owns its handle until closed. */
export class RecordingFile {
  /** Absolute path. */
  readonly path: string;
  readonly #handle: DiskFile;
  /**
   * Null if path and handle have different numbers directly after the file was created, because the numbers of some network disks
   * are not permanent; also null if the numbers cannot be read.
   */
  readonly #number: FileNumber | null;
  /** Bytes that the file had when it was opened. */
  readonly #earlierBytes: number;
  #bytes: number;
  #syncedBytes: number;
  /** The largest size that the file system has reported for it; some network disks report less than was written. */
  #reportedBytes: number;
  /** False after a write or a sync has failed: parts of what was written may be missing, or more may be there. */
  #isSizeKnown = true;
  /** Whether another program has changed its size; remembered, because the next write may hide that. */
  #isChanged = false;

  private constructor(path: string, { handle, number, earlierBytes = 0 }: {
    readonly handle: DiskFile;
    readonly number: FileNumber | null;
    readonly earlierBytes?: number;
  }) {
    this.path = path;
    this.#handle = handle;
    this.#number = number;
    this.#earlierBytes = earlierBytes;
    this.#bytes = earlierBytes;
    this.#reportedBytes = earlierBytes;
    this.#syncedBytes = earlierBytes;
  }

  /** Continues a recording that has ended. Owns its handle from now on. */
  static async continue({ path, handle, bytes }: EndedRecording): Promise<RecordingFile> {
    return new RecordingFile(path, { handle, number: await lastingNumber(path, handle), earlierBytes: bytes });
  }

  /**
   * Creates a file whose name, and the name of its sidecar, did not exist before.
   *
   * @throws {SinkError}
   */
  static async create(
    { directory, folders, naming }: FilePlace,
    createFile: CreateFile = createNewFile,
  ): Promise<RecordingFile> {
    let form = { attempt: 1, nameBytes: NAME_BYTES, ascii: false };
    let missing = 0;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const name = recordingFileName(naming, form);
      const path = `${directory}/${name}`;
      try {
        await folders.make(directory, name);
        await refuseTakenSidecar(path);
        return await RecordingFile.#open(path, await createFile(path));
      } catch (error) {
        if (error instanceof SinkError) throw error;
        const cause = error instanceof FolderError ? error.cause : error;
        const isMissing = cause instanceof Deno.errors.NotFound && naming.template.length > 1;
        if (isMissing && missing < FOLDER_ATTEMPTS) {
          missing += 1;
          continue;
        }
        const next = nextForm(form, cause);
        if (next === null) {
          throw explainDiskError(`cannot create ${error instanceof FolderError ? error.what : path}`, cause);
        }
        if (next.attempt === form.attempt) await folders.removeEmpty(); // the next folders have other names
        form = next;
      }
      if (attempt === LISTED_AFTER) {
        const first = `${directory}/${recordingFileName(naming, { ...form, attempt: 1 })}`;
        form = { ...form, attempt: Math.max(form.attempt, await highestNumber(first) + 1) };
      }
    }
    throw new SinkError(`cannot create a recording in ${directory}: ${ATTEMPTS} names are taken`, {
      reason: "write-failed",
      hint: "move recordings from this folder to another one",
    });
  }

  static async #open(path: string, handle: DiskFile): Promise<RecordingFile> {
    try {
      await handle.lock(); // until the file is closed or this process ends, `recover` does not change its sidecar
    } catch {
      // a file system without locks: `recover` reports that it cannot determine whether the recording runs
    }
    return new RecordingFile(path, { handle, number: await lastingNumber(path, handle) });
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that were written to it here: without those of the recording that it continues. */
  get ownBytes(): number {
    return this.#bytes - this.#earlierBytes;
  }

  /** Bytes that the disk has not confirmed. */
  get unsyncedBytes(): number {
    return this.#bytes - this.#syncedBytes;
  }

  /** Writes as much of `bytes` as the disk accepts, and returns how much that was. `bytes` must not change until then. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const written = await this.#tried(this.#handle.write(bytes));
    this.#bytes += written;
    return written;
  }

  /** Cuts the last `bytes` off. */
  async cut(bytes: number): Promise<void> {
    const size = this.#bytes - bytes;
    await this.#handle.truncate(size);
    this.#bytes = size;
    this.#syncedBytes = Math.min(this.#syncedBytes, size);
  }

  /** Settles once the disk has everything that was written before. */
  async sync(): Promise<void> {
    const bytes = this.#bytes;
    await this.#tried(this.#handle.syncData());
    this.#syncedBytes = bytes;
  }

  /**
   * Describes how the file was removed, replaced, moved or changed, or null if it is in place and has the expected size. Do not call
   * it during a write.
   */
  async lost(): Promise<string | null> {
    switch (await this.#find()) {
      case "here":
        return null;
      case "changed":
        return `${this.path} was truncated or changed while it was being written: what arrived is not complete in it`;
      case "away":
        return await this.#hasName()
          ? `${this.path} was moved or renamed while it was being written: what arrived is in it, if it still exists`
          : `${this.path} was removed or replaced while it was being written: what arrived is lost`;
    }
  }

  /** Closes it after the calls in progress. Idempotent. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Waits for a call that can fail with an error of the disk. */
  async #tried<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await call;
    } catch (error) {
      this.#isSizeKnown = false;
      throw error;
    }
  }

  /** Looks for the file at its path. `changed`: another program has changed its size. */
  async #find(): Promise<"here" | "changed" | "away"> {
    try {
      const found = await Deno.stat(this.path);
      if (this.#number === null) return "here";
      if (!isSame(found, this.#number)) return "away";
      if (this.#isSizeKnown && !this.#isExpected(found.size)) this.#isChanged = true;
      return this.#isChanged ? "changed" : "here";
    } catch (error) {
      // a folder without search permission, or a disk that does not answer, proves nothing
      const isAway = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
      return isAway ? "away" : "here";
    }
  }

  /** Reports whether the file can have this size if no other program changes it. */
  #isExpected(size: number): boolean {
    const least = Math.min(this.#reportedBytes, this.#syncedBytes);
    this.#reportedBytes = Math.max(this.#reportedBytes, size);
    return size >= least && size <= this.#bytes;
  }

  /** Reports whether any folder still has the file. */
  async #hasName(): Promise<boolean> {
    try {
      return (await this.#handle.stat()).nlink !== 0;
    } catch {
      return false; // ESTALE: another machine removed the file on a network disk
    }
  }
}

/** Returns the next form of a name to try after `error`, or null if no other name helps. */
function nextForm(
  form: { readonly attempt: number; readonly nameBytes: number; readonly ascii: boolean },
  error: unknown,
): typeof form | null {
  if (error instanceof Deno.errors.AlreadyExists) return { ...form, attempt: form.attempt + 1 };
  switch (errnoOf(error)) {
    case DISK_ERRNO.ENAMETOOLONG: {
      const nameBytes = Math.floor(form.nameBytes * SHORTER);
      return nameBytes < SHORTEST_BYTES ? null : { ...form, nameBytes };
    }
    case DISK_ERRNO.EINVAL:
    case DISK_ERRNO.EILSEQ:
      return form.ascii ? null : { ...form, ascii: true };
    default:
      return null;
  }
}

/** Returns the highest number that is appended to this name in its folder; 0 if there is none, or the folder cannot be read. */
async function highestNumber(path: string): Promise<number> {
  const slash = path.lastIndexOf("/");
  const beginning = `${path.slice(slash + 1, -".ts".length)}-`;
  let highest = 0;
  try {
    for await (const { name } of Deno.readDir(path.slice(0, slash))) {
      const [, digits] = /^(\d{1,9})\.ts/.exec(name.startsWith(beginning) ? name.slice(beginning.length) : "") ?? [];
      highest = Math.max(highest, Number(digits ?? 0));
    }
  } catch {
    // then names are tried one by one
  }
  return highest;
}

/** Rejects a name whose sidecar exists, and one that leaves no room for the sidecar's endings. */
async function refuseTakenSidecar(path: string): Promise<void> {
  for (const ending of [`${SIDECAR_ENDING}${PART_ENDING}`, SIDECAR_ENDING]) {
    try {
      await Deno.lstat(`${path}${ending}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    throw new Deno.errors.AlreadyExists();
  }
}

async function lastingNumber(path: string, handle: DiskFile): Promise<FileNumber | null> {
  try {
    const number = await handle.stat();
    return isSame(await Deno.stat(path), number) ? number : null;
  } catch {
    return null; // then only a path that does not exist proves that the file was removed
  }
}

function isSame(one: FileNumber, other: FileNumber): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
