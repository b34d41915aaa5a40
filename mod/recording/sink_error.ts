/**
 * Explains why payload cannot be written to a file or to stdout: the end reason, a text and a hint.
 *
 * @module
 */

import { messageOf, systemProblem } from "../report/problem.ts";
import type { EndReason } from "../vocabulary/values.ts";

/** The end reasons that a disk or another output can cause. */
export type DiskReason = Extract<EndReason, "disk-full" | "write-failed" | "output-closed">;

/** `errno` values of a disk (Linux, the same on x86_64 and aarch64). */
export const DISK_ERRNO = {
  EIO: 5,
  ENXIO: 6,
  EACCES: 13,
  ENODEV: 19,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  ENAMETOOLONG: 36,
  EILSEQ: 84,
  ENOTCONN: 107,
  ESHUTDOWN: 108,
  ESTALE: 116,
  EDQUOT: 122,
} as const;

/** What an error means. */
interface Meaning {
  readonly reason: DiskReason;
  /** Stands before the system's text; null if that is clear by itself. */
  readonly what: string | null;
  readonly hint: string;
}

const GONE: Meaning = {
  reason: "write-failed",
  what: "the disk or network mount is gone",
  hint: "connect or mount it again, and check its log (dmesg)",
};
const OTHER: Meaning = { reason: "write-failed", what: null, hint: "check the disk and its log (dmesg)" };

const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [DISK_ERRNO.EIO, GONE],
  [DISK_ERRNO.ENXIO, GONE],
  [DISK_ERRNO.ENODEV, GONE],
  [DISK_ERRNO.ENOTCONN, GONE],
  [DISK_ERRNO.ESHUTDOWN, GONE],
  [DISK_ERRNO.ESTALE, GONE],
  [DISK_ERRNO.EACCES, { ...OTHER, hint: "check the permissions of the folder of recordings" }],
  [DISK_ERRNO.EROFS, {
    ...OTHER,
    hint: "mount it for writing; a disk that fails becomes read-only, see its log (dmesg)",
  }],
  [DISK_ERRNO.EDQUOT, {
    reason: "disk-full",
    what: null,
    hint: "raise the disk quota of the user, group or project, or remove files that count against it",
  }],
  [DISK_ERRNO.ENOSPC, {
    reason: "disk-full",
    what: null,
    hint:
      "make room in the folder of recordings; if df reports free space, check df -i and the pool or image of the disk",
  }],
]);

/** The payload cannot be written. */
export class SinkError extends Error {
  override readonly name = "SinkError";
  /** The end reason that this gives a session. */
  readonly reason: DiskReason;
  /** What to do about it. */
  readonly hint: string;

  constructor(
    message: string,
    { reason, hint, ...options }: Pick<SinkError, "reason" | "hint"> & Pick<ErrorOptions, "cause">,
  ) {
    super(message, options);
    this.reason = reason;
    this.hint = hint;
  }
}

/**
 * Explains a failed operation. The text begins with `action`, such as `cannot create /rec/cam1.ts`; null if the message of the
 * error names the operation.
 *
 * @param options `hint`: what to do, if that is not the same as for a file in the folder of recordings
 */
export function explainDiskError(
  action: string | null,
  cause: unknown,
  { hint: ownHint }: { readonly hint?: string | undefined } = {},
): SinkError {
  const { reason, what, hint } = MEANINGS.get(errnoOf(cause) ?? 0) ?? OTHER;
  const text = systemProblem(cause);
  return new SinkError(`${action === null ? "" : `${action}: `}${what === null ? text : `${what} (${text})`}`, {
    reason,
    hint: ownHint ?? hint,
    cause,
  });
}

/** Returns the system's error number in an error of Deno's file operations, or null. */
export function errnoOf(error: unknown): number | null {
  const found = /\(os error (\d+)\)/.exec(messageOf(error));
  return found === null ? null : Number(found[1]);
}
