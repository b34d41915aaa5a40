/**
 * The values of the vocabulary that a child needs too. This file imports nothing.
 *
 * @module
 */

/** Version of the events and of the summary: in the `listening` event and in the summary. Grows when a field is added. */
export const EVENT_SCHEMA_VERSION = 3;

/** Version of the sidecar. Grows when a field is added. */
export const SIDECAR_SCHEMA_VERSION = 3;

/** Every reason for which a session ends. */
export const END_REASONS = [
  /** The caller closed its connection. */
  "caller-closed",
  /** Nothing arrived any more (libsrt: peer idle timeout). */
  "silence",
  /** Stopped on request. */
  "stopped",
  /** Another caller took its place, or the same one called again. */
  "replaced",
  /** The caller was connected and sent no payload for longer than `--idle`. */
  "idle",
  /** The caller's port changed during the session (a NAT). */
  "moved",
  /** The program that reads stdout (`--out -`) has closed it. */
  "output-closed",
  /** No space left for the recording, or almost none. */
  "disk-full",
  /** The recording could not be written for another reason, or was removed, moved or changed while it was written. */
  "write-failed",
  /** Nothing was recorded, and an output (`--pipe`, `--udp`, `--forward`) failed or did not get all payload. */
  "output-failed",
  /** libsrt failed in an unexpected way. */
  "connection-failed",
  /** The payload can no longer be decrypted. */
  "key-lost",
  /** Payload arrived that libsrt did not deliver. */
  "undelivered",
  /** The child died. */
  "crashed",
] as const;

/** Why a session ended. */
export type EndReason = typeof END_REASONS[number];

/** Reports whether a session that has ended for this reason has not failed. */
export function isCleanEnd(reason: EndReason): boolean {
  return CLEAN_ENDS.has(reason);
}

const CLEAN_ENDS: ReadonlySet<EndReason> = new Set<EndReason>([
  "caller-closed",
  "silence",
  "stopped",
  "replaced",
  "idle",
  "moved",
  "output-closed",
]);

/** The options that can cause a recording to be deleted. */
export const DELETION_REASONS = ["keep", "keep-size", "min-free"] as const;

/** The option that caused a recording to be deleted. */
export type DeletionReason = typeof DELETION_REASONS[number];
