/**
 * A recording: a new file that grows as payload comes, on disk within a second.
 *
 * @module
 */

import { type NameTime, recordingFileName } from "./file_name.ts";
import { FilePlace } from "./file_place.ts";
import { type Sink, SinkError } from "./sink.ts";

/** How old payload may get before the disk has it: what a power cut can cost. */
const SYNC_MS = 500;
/** Names tried; more recordings of one name in one second are not real. */
const ATTEMPTS = 10_000;

/** Owns its file until closed. */
export class FileSink implements Sink {
  readonly #path: string;
  readonly #handle: Deno.FsFile;
  readonly #place: FilePlace;
  readonly #timer: ReturnType<typeof setInterval>;
  #bytes = 0;
  #synced = 0;
  #syncing: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #closed = false;
  #isThere = true;
  #gone: string | null = null;

  private constructor(path: string, handle: Deno.FsFile) {
    this.#path = path;
    this.#handle = handle;
    this.#place = new FilePlace(path, handle);
    this.#timer = setInterval(() => this.#sync(), SYNC_MS);
  }

  /**
   * Makes a file that did not exist before.
   *
   * @throws {SinkError} Where the folder does not allow it.
   */
  static open(directory: string, { name, time }: { readonly name: string; readonly time: NameTime }): FileSink {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const path = `${directory}/${recordingFileName(name, { ...time, attempt })}`;
      try {
        const handle = Deno.openSync(path, { write: true, createNew: true });
        tryLock(handle);
        return new FileSink(path, handle);
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw explain(`Cannot make ${path}`, error);
      }
    }
    throw new SinkError(`Cannot make a recording in ${directory}: ${ATTEMPTS} names are taken`, "write-failed");
  }

  /** Absolute path; null once an empty file was removed, or a file was found gone at the end. */
  get file(): string | null {
    return this.#isThere ? this.#path : null;
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Asks the file system, until it is closed. */
  gone(): string | null {
    return this.#closed ? this.#gone : this.#place.lost();
  }

  /** Writes all of `payload`; what fits before the disk is full is kept. */
  write(payload: Uint8Array<ArrayBuffer>): void {
    if (this.#failure !== null) throw explain(`Cannot write ${this.#path} to the disk`, this.#failure);
    let written = 0;
    while (written < payload.length) {
      try {
        const length = this.#handle.writeSync(payload.subarray(written));
        written += length;
        this.#bytes += length;
      } catch (error) {
        // an empty file will be removed: there is none to name
        throw explain(`Cannot write ${this.#bytes > 0 ? `to ${this.#path}` : "anything of the recording"}`, error);
      }
    }
  }

  /** Waits until the disk has everything; removes the file where nothing came. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#syncing;
    this.#sync();
    await this.#syncing;
    const lost = this.#place.lost();
    this.#handle.close();
    this.#isThere = lost === null && !(this.#bytes === 0 && isRemoved(this.#path));
    if (this.#bytes > 0) this.#gone = lost;
    if (this.#failure !== null) throw explain(`Cannot write ${this.#path} to the disk`, this.#failure);
  }

  /** Off this thread: a slow disk must not keep payload waiting. */
  #sync(): void {
    if (this.#bytes === this.#synced) return;
    const bytes = this.#bytes;
    this.#synced = bytes;
    this.#syncing = this.#syncing.then(() => this.#handle.syncData()).catch((error) => {
      this.#failure ??= error;
    });
  }
}

/** Removes the file; false where that cannot be done. */
function isRemoved(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

/** Tells `recover` that the file is being recorded, for as long as this process lives. The file is new: nobody else has it. */
function tryLock(handle: Deno.FsFile): void {
  try {
    handle.lockSync(true);
  } catch {
    // a file system without locks: `recover` says that it cannot know
  }
}

function explain(action: string, cause: unknown): SinkError {
  const words = cause instanceof Error ? cause.message : String(cause);
  const full = /ENOSPC|EDQUOT|os error 28|os error 122/.test(`${words} ${String((cause as { code?: unknown }).code)}`);
  return new SinkError(`${action}: ${words}`, full ? "disk-full" : "write-failed", { cause });
}
