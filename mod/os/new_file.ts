/**
 * Creates files, and writes them without blocking the JavaScript thread.
 *
 * Deno's own files block it (seen in 2.6.8 and 2.9.6): `Deno.open` waits for the disk on the thread that calls it, and each
 * asynchronous operation of a `Deno.FsFile` duplicates the descriptor and closes the duplicate on that thread. On FUSE and on
 * network disks, each close waits for the disk.
 *
 * @module
 */

import { ERRNO, LIBC_FILE, openLibc, toCString } from "./libc.ts";
import { keeping, type OpenLibrary, openLibrary } from "./library_functions.ts";
import { FILE_SYMBOLS, O_CLOEXEC } from "./raw.ts";

// the same on x86_64 and aarch64
const O_WRONLY = 0o1;
const O_CREAT = 0o100;
/** With O_CREAT: fails if anything has that name, also a broken symbolic link. */
const O_EXCL = 0o200;
/** Makes `aio_fsync` an `fdatasync`. */
const O_DSYNC = 0o10000;
/** Permissions before the umask is applied; the same as in `Deno.open`. */
const MODE = 0o666;
const LOCK_EX = 2;
const LOCK_NB = 4;
/** If the path is that of a FIFO, opening it does not block. */
const O_NONBLOCK = 0o4000;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;

/** `struct statx` of `linux/stat.h`: its length, and the offsets of the fields that are used. */
const STATX = { bytes: 256, nlink: 16, ino: 32, deviceMajor: 136, deviceMinor: 140 } as const;
/** `struct aiocb` of glibc 2.36 on 64-bit machines: its length, and the offsets of the fields that are used. */
const AIOCB = { bytes: 168, descriptor: 0, buffer: 16, length: 24, notify: 44, offset: 128 } as const;
/** No signal is sent when the request is complete. */
const SIGEV_NONE = 1;

type FileCalls = OpenLibrary<typeof FILE_SYMBOLS>["symbols"];

/** How the file system identifies a file, as in `Deno.FileInfo`, and how many names the file has. */
export interface NewFileInfo {
  readonly dev: number;
  readonly ino: number;
  readonly nlink: number;
}

/**
 * Creates `path`, which must not exist, and opens it for writing.
 *
 * @throws {Error} The error of `Deno.writeFile`, with the system's `code`.
 */
export async function createNewFile(path: string): Promise<NewFile> {
  const libc = openLibrary(LIBC_FILE, FILE_SYMBOLS);
  try {
    const descriptor = await libc.symbols.open(toCString(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
    if (descriptor >= 0) return new NewFile(libc, descriptor);
    // `errno` stayed on the other thread; this call fails for the same reason, and throws an error that has it
    await Deno.writeFile(path, new Uint8Array(), { createNew: true });
  } catch (error) {
    libc.close();
    throw error;
  }
  libc.close();
  await Deno.remove(path); // what had the name is gone, so the call above created an empty file
  return await createNewFile(path);
}

/** Opens a file for writing; null if that fails. Writing begins at its start. Follows symbolic links. */
export async function openExistingFile(path: string): Promise<NewFile | null> {
  const libc = openLibrary(LIBC_FILE, FILE_SYMBOLS);
  const descriptor = await libc.symbols.open(toCString(path), O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0);
  if (descriptor >= 0) return new NewFile(libc, descriptor);
  libc.close();
  return null;
}

/**
 * A file that {@linkcode createNewFile} made, or {@linkcode openExistingFile} opened. Owns its descriptor until it is closed. A
 * write or a sync that fails throws an error whose message ends in `(os error N)`, as those of Deno's files do; the other calls
 * fail without the system's reason.
 */
export class NewFile implements AsyncDisposable {
  readonly #libc: OpenLibrary<typeof FILE_SYMBOLS>;
  readonly #descriptor: number;
  /** Where the next {@linkcode write} begins. */
  #position = 0;
  readonly #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | null = null;

  /** Owns `libc` and the descriptor until it is closed. */
  constructor(libc: OpenLibrary<typeof FILE_SYMBOLS>, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /** Writes at the current position, and returns how many bytes the disk accepted. `bytes` must not change until then. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const request = this.#request();
    request.setBigUint64(AIOCB.buffer, addressOf(bytes), true);
    request.setBigUint64(AIOCB.length, BigInt(bytes.length), true);
    request.setBigInt64(AIOCB.offset, BigInt(this.#position), true);
    const written = await this.#complete(request, [bytes], ({ aio_write }) => aio_write(request));
    this.#position += written;
    return written;
  }

  /** Settles once the disk has everything that was written. */
  async syncData(): Promise<void> {
    const request = this.#request();
    await this.#complete(request, [], ({ aio_fsync }) => aio_fsync(O_DSYNC, request));
  }

  /** Cuts the file to `length` bytes, or extends it with zeros. Does not change the position. */
  async truncate(length: number): Promise<void> {
    const result = await this.#run(({ ftruncate }) => ftruncate(this.#descriptor, BigInt(length)));
    if (result !== 0) throw new Error("cannot change the size of the file");
  }

  /** Moves the position of the next {@linkcode write} to the start. */
  rewind(): void {
    this.#position = 0;
  }

  /** Moves the position of the next {@linkcode write} to `bytes` from the start. */
  moveTo(bytes: number): void {
    this.#position = bytes;
  }

  /** Like {@linkcode lock}, but does not wait. Returns false if another process has the lock, or the file system has no locks. */
  async tryLock(): Promise<boolean> {
    return await this.#run(({ flock }) => flock(this.#descriptor, LOCK_EX | LOCK_NB)) === 0;
  }

  /** Waits for the lock of the file (`flock(2)`). The lock lasts until the file is closed or this process ends. */
  async lock(): Promise<void> {
    const result = await this.#run(({ flock }) => flock(this.#descriptor, LOCK_EX));
    if (result !== 0) throw new Error("cannot lock the file");
  }

  /** Reads how the file system identifies the file. */
  async stat(): Promise<NewFileInfo> {
    const found = new DataView(new ArrayBuffer(STATX.bytes));
    const result = await this.#run(({ statx }) =>
      statx(this.#descriptor, toCString(""), AT_EMPTY_PATH, STATX_BASIC_STATS, found)
    );
    if (result !== 0) throw new Error("cannot read the state of the file");
    return {
      dev: deviceNumber(found.getUint32(STATX.deviceMajor, true), found.getUint32(STATX.deviceMinor, true)),
      ino: Number(found.getBigUint64(STATX.ino, true)),
      nlink: found.getUint32(STATX.nlink, true),
    };
  }

  /** Closes it after the calls in progress. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#running).then(async () => {
      await this.#libc.symbols.close(this.#descriptor);
      this.#libc.close();
    });
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Makes the request for a call that glibc runs on a thread of its own (`aio(7)`). The request keeps the `errno` of the call.
   */
  #request(): DataView<ArrayBuffer> {
    const request = new DataView(new ArrayBuffer(AIOCB.bytes));
    request.setInt32(AIOCB.descriptor, this.#descriptor, true);
    request.setInt32(AIOCB.notify, SIGEV_NONE, true);
    return request;
  }

  /**
   * Begins a request, waits for it, and returns its result.
   *
   * @param memory What the request uses besides itself.
   * @param begin Calls `aio_write` or `aio_fsync`; returns 0 if the request was accepted.
   */
  #complete(
    request: DataView<ArrayBuffer>,
    memory: readonly unknown[],
    begin: (libc: FileCalls) => number,
  ): Promise<number> {
    return this.#run((libc) =>
      keeping([request, ...memory], async () => {
        if (begin(libc) !== 0) throw diskError(ERRNO.EAGAIN); // the system has no thread or memory left for it
        const list = new BigUint64Array([addressOf(request)]);
        while (libc.aio_error(request) === ERRNO.EINPROGRESS) await libc.aio_suspend(list, 1, null);
        const errno = libc.aio_error(request);
        const result = Number(libc.aio_return(request));
        if (errno !== 0) throw diskError(errno);
        return result;
      })
    );
  }

  /** Runs a call, and keeps the descriptor open until it ends. */
  async #run<Result>(call: (libc: FileCalls) => Promise<Result>): Promise<Result> {
    if (this.#closed !== null) throw new TypeError("the file is closed");
    const running = call(this.#libc.symbols);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

function addressOf(memory: ArrayBufferView<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
}

/** Makes an error with the message that Deno's files have for an `errno`. */
function diskError(errno: number): Error {
  const { message } = openLibc().errorOf("", errno);
  return new Error(message.slice(": ".length));
}

/** `makedev(3)` of glibc: the device number as `stat(2)` has it. */
function deviceNumber(major: number, minor: number): number {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return Number((high & 0xffff_f000n) << 32n | (high & 0xfffn) << 8n | (low & 0xffff_ff00n) << 12n | low & 0xffn);
}
