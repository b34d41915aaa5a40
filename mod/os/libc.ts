/**
 * The C library, opened once by each role and passed on.
 *
 * @module
 */

import { LIBC_SYMBOLS } from "./raw.ts";

/** glibc's name on every Linux that Deno runs on. */
const LIBC_FILE = "libc.so.6";

/** `errno` values that this program distinguishes (Linux, the same on x86_64 and aarch64). */
export const ERRNO = { EINTR: 4, EAGAIN: 11, EACCES: 13, EINVAL: 22, EADDRINUSE: 98, ECONNREFUSED: 111 } as const;

/** A call of the C library failed. */
export class OsError extends Error {
  /** `errno` as the failed call left it. */
  readonly errno: number;

  /** @param message The failed action first; the system's own text is added. */
  constructor(message: string, errno: number, text: string) {
    super(`${message}: ${text} (errno ${errno})`);
    this.name = "OsError";
    this.errno = errno;
  }
}

/** The opened C library. Owns nothing that has to be closed: the process has it anyway. */
export interface Libc {
  readonly symbols: Deno.DynamicLibrary<typeof LIBC_SYMBOLS>["symbols"];
  /** `errno` of the last synchronous call; read it in the same synchronous step. */
  errno(): number;
  /** The last error as an exception. `action` is what failed, such as `bind 127.0.0.1:9000`. */
  lastError(action: string): OsError;
}

/** Opens the C library. */
export function openLibc(): Libc {
  const { symbols } = Deno.dlopen(LIBC_FILE, LIBC_SYMBOLS);
  function errno(): number {
    const location = symbols.__errno_location();
    return location === null ? 0 : new Deno.UnsafePointerView(location).getInt32();
  }
  function lastError(action: string): OsError {
    const value = errno();
    const text = symbols.strerror(value);
    return new OsError(action, value, text === null ? "unknown" : new Deno.UnsafePointerView(text).getCString());
  }
  return { symbols, errno, lastError };
}

/** A C string: UTF-8 with a NUL at the end. The array must live as long as C may read it. */
export function toCString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
