/**
 * The C library. A process opens it when it starts, and passes it as an argument.
 *
 * @module
 */

import { openLibrary } from "./library_functions.ts";
import { LIBC_SYMBOLS } from "./raw.ts";

/** glibc's name on every Linux that Deno runs on. */
export const LIBC_FILE = "libc.so.6";

/** `errno` values that this program distinguishes (Linux, the same on x86_64 and aarch64). */
export const ERRNO = {
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EBADF: 9,
  EAGAIN: 11,
  EACCES: 13,
  ENOTDIR: 20,
  EINVAL: 22,
  EFBIG: 27,
  EPIPE: 32,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ECONNREFUSED: 111,
  EINPROGRESS: 115,
} as const;

/** A call of the C library failed. */
export class OsError extends Error {
  /** `errno` as the failed call left it. */
  readonly errno: number;

  /** @param message What failed, such as `cannot open FILE`; the system's text is appended, in the form of Deno's errors. */
  constructor(message: string, errno: number, text: string) {
    super(`${message}: ${text} (os error ${errno})`);
    this.name = "OsError";
    this.errno = errno;
  }
}

/** The opened C library. It need not be closed, because the process has it loaded in any case. */
export interface Libc {
  readonly symbols: Deno.DynamicLibrary<typeof LIBC_SYMBOLS>["symbols"];
  /** `errno` of the last synchronous call; read it in the same synchronous step. */
  errno(): number;
  /** The last error as an exception. `action` is what failed, such as `cannot open FILE`. */
  lastError(action: string): OsError;
  /** An error number that a call returned, as an exception. */
  errorOf(action: string, errno: number): OsError;
  /** Its version, such as `2.36`. */
  version(): string;
}

/** Opens the C library. */
export function openLibc(): Libc {
  const { symbols } = openLibrary(LIBC_FILE, LIBC_SYMBOLS);
  // now, because finding it after a call that failed might change errno
  const own = errnoOfThisThread(symbols.__errno_location());
  const errno = () => own[0] ?? 0;
  function errorOf(action: string, value: number): OsError {
    return new OsError(action, value, readCString(symbols.strerror(value)) ?? "unknown");
  }
  const lastError = (action: string) => errorOf(action, errno());
  return { symbols, errno, lastError, errorOf, version: () => readCString(symbols.gnu_get_libc_version()) ?? "" };
}

/**
 * Returns a view of this thread's `errno`, whose address never changes. A session reads it in each round of its loop, and a call
 * of `__errno_location` would take longer.
 */
function errnoOfThisThread(location: Deno.PointerValue): Int32Array {
  return location === null
    ? new Int32Array(1)
    : new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, Int32Array.BYTES_PER_ELEMENT));
}

function readCString(pointer: Deno.PointerValue): string | null {
  return pointer === null ? null : Deno.UnsafePointerView.getCString(pointer);
}

/** A C string: UTF-8 with a NUL at the end. The array must live as long as C may read it. */
export function toCString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
