/**
 * Why payload cannot be kept.
 *
 * @module
 */

import type { EndReason } from "../vocabulary/values.ts";

/** The end reasons that a disk gives a session. */
export type DiskReason = Extract<EndReason, "disk-full" | "write-failed">;

/** `errno` values of a disk (Linux, the same on x86_64 and aarch64). */
export const DISK_ERRNO = {
  EIO: 5,
  ENXIO: 6,
  ENODEV: 19,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  ENAMETOOLONG: 36,
  EILSEQ: 84,
  ENOTCONN: 107,
  ESHUTDOWN: 108,
  ESTALE: 116,
  EDQUOT: 122,
} as const;

/** The errors of a disk or network mount that is gone. */
const GONE: readonly number[] = [
  DISK_ERRNO.EIO,
  DISK_ERRNO.ENXIO,
  DISK_ERRNO.ENODEV,
  DISK_ERRNO.ENOTCONN,
  DISK_ERRNO.ESHUTDOWN,
  DISK_ERRNO.ESTALE,
];

/** The payload cannot be kept. */
export class SinkError extends Error {
  override readonly name = "SinkError";
  /** The end reason that this gives a session. */
  readonly reason: DiskReason;
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, reason: DiskReason, options: ErrorOptions & { readonly hint?: string } = {}) {
    super(message, options);
    this.reason = reason;
    this.hint = options.hint ??
      (reason === "disk-full" ? "free space in the folder of recordings" : "check the disk and its log (dmesg)");
  }
}

/** Explains a failed file operation. `action` comes first, such as `cannot create /rec/cam1.ts`. */
export function explainDiskError(action: string, cause: unknown): SinkError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const number = errnoOf(cause);
  if (number === DISK_ERRNO.ENOSPC || number === DISK_ERRNO.EDQUOT) {
    return new SinkError(`${action}: ${text}`, "disk-full", { cause });
  }
  if (number !== null && GONE.includes(number)) {
    return new SinkError(`${action}: the disk or network mount is gone (${text})`, "write-failed", {
      cause,
      hint: "connect or mount it again, and check its log (dmesg)",
    });
  }
  return new SinkError(`${action}: ${text}`, "write-failed", { cause });
}

/** The system's error number in an error of Deno's file operations, or null. */
export function errnoOf(error: unknown): number | null {
  const found = /\(os error (\d+)\)/.exec(error instanceof Error ? error.message : String(error));
  return found === null ? null : Number(found[1]);
}
