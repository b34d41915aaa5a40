/**
 * A pull: a listener that is called and recorded, and the session of a call.
 *
 * @module
 */

import type { Reject } from "../admission/verdict.ts";
import type { ChildOutcome } from "../handoff/session_child.ts";
import type { SessionEndEvent } from "../vocabulary/events.ts";

/** A listener to call, and how. Null: libsrt's default, or none. */
export interface Pull {
  /** The stream name of its sessions; no two pulls of a run have the same. */
  readonly name: string;
  /** Numeric address without brackets, or a name to look up. */
  readonly host: string;
  readonly port: number;
  /** May hold a secret. */
  readonly streamId: string | null;
  readonly latencyMs: number | null;
  /** AES key length in bytes: 16, 24 or 32. */
  readonly keyLength: number | null;
  readonly connectTimeoutMs: number | null;
  /** 10..79 bytes; null: not encrypted. A secret. */
  readonly passphrase: string | null;
}

/** The session of a pull. */
export interface PulledSession {
  readonly session: string;
  /** Its end in this listener. */
  readonly end: Promise<PullEnd>;
}

/** How the session of a pull ended; `handed-over`: another listener has it. */
export type PullEnd = SessionEndEvent | "handed-over" | NotConnected;

/** Why there was no session. */
export interface NotConnected {
  readonly rejection: Reject;
  /** How the child ended; null if none was started. */
  readonly outcome: ChildOutcome | null;
}
