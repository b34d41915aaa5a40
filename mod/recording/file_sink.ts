/**
 * A recording: a new file that grows as payload comes, on disk within a second.
 *
 * Called by: the session.
 * Fails: {@linkcode SinkError} where the file cannot be made or written.
 *
 * @module
 */

import { type NameTime, recordingFileName } from "./file_name.ts";
import { type Sink, SinkError } from "./sink.ts";

/** How old payload may get before the disk has it: what a power cut can cost. */
const SYNC_MS = 500;
/** Names tried; more recordings of one name in one second are not real. */
const ATTEMPTS = 10_000;

/** Owns its file until closed. */
export class FileSink implements Sink {
  readonly #path: string;
  readonly #handle: Deno.FsFile;
  readonly #timer: ReturnType<typeof setInterval>;
  #bytes = 0;
  #synced = 0;
  #syncing: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #closed = false;
  #removed = false;

  private constructor(path: string, handle: Deno.FsFile) {
    this.#path = path;
    this.#handle = handle;
    this.#timer = setInterval(() => this.#sync(), SYNC_MS);
  }

  /**
   * Makes a file that did not exist before.
   *
   * @throws {SinkError} Where the folder does not allow it.
   */
  static open(directory: string, { name, time }: { readonly name: string; readonly time: NameTime }): FileSink {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const path = `${directory}/${recordingFileName(name, time, attempt)}`;
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

  /** Absolute path; null once an empty file was removed. */
  get file(): string | null {
    return this.#removed ? null : this.#path;
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.#bytes;
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
        throw explain(`Cannot write to ${this.#path}`, error);
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
    this.#handle.close();
    if (this.#bytes === 0) this.#removeEmpty();
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

  #removeEmpty(): void {
    try {
      Deno.removeSync(this.#path);
      this.#removed = true;
    } catch {
      // taken away by somebody else, which is what was wanted
    }
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
