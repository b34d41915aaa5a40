/**
 * The error of a libsrt call that failed: `enum SRT_ERRNO` as constants, and {@linkcode SrtError}.
 *
 * libsrt keeps its last error per thread, so it is read in the same synchronous step as the call, by {@linkcode lastSrtError}.
 *
 * @module
 */

import type { LibsrtSymbols } from "./raw.ts";

/** `SRT_ECONNLOST`: the connection is broken, and its remaining payload is not due yet, or none is left. */
export const SRT_ECONNLOST = 2001;

/** `SRT_ENOCONN`: not connected. */
export const SRT_ENOCONN = 2002;

/** `SRT_EINVSOCK`: libsrt has already removed the socket. */
export const SRT_EINVSOCK = 5004;

/** Errors from here to the next thousand are failures of the system, such as threads that cannot be created (`SRT_ETHREAD`). */
const SYSTEM_RESOURCES = 3000;

/** `SRT_EASYNCSND`: the sender buffer is full. */
export const SRT_EASYNCSND = 6001;

/** `SRT_EASYNCRCV`: nothing to read or to accept now. */
export const SRT_EASYNCRCV = 6002;

/** A libsrt call failed. */
export class SrtError extends Error {
  override readonly name = "SrtError";

  /** `SRT_ERRNO` value, such as 5015. */
  readonly code: number;

  /**
   * Describes one failed call.
   *
   * @param action The failed action, such as `cannot acquire descriptor 5`.
   * @param details libsrt's code and its own text for it.
   */
  constructor(action: string, details: { readonly code: number; readonly text: string }) {
    super(`${action}: libsrt error ${details.code} (${details.text})`, { cause: details });
    this.code = details.code;
  }

  /** Whether the machine had no thread or memory left for the call. */
  get isLackOfResources(): boolean {
    return Math.floor(this.code / 1000) * 1000 === SYSTEM_RESOURCES;
  }
}

/** Returns the `SRT_ERRNO` code of the last call that failed on this thread. Only valid in the same synchronous step. */
export function lastSrtErrorCode(symbols: LibsrtSymbols): number {
  return symbols.srt_getlasterror(null);
}

/** Returns the error of the last call that failed on this thread, to be thrown. Only valid in the same synchronous step. */
export function lastSrtError(symbols: LibsrtSymbols, action: string): SrtError {
  const code = symbols.srt_getlasterror(null);
  const text = symbols.srt_getlasterror_str();
  return new SrtError(action, {
    code,
    text: text === null ? "no text" : Deno.UnsafePointerView.getCString(text).replace(/\.$/, ""),
  });
}
