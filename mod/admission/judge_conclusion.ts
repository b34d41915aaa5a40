/**
 * Whether a caller gets in, told from its CONCLUSION: the one place where that is decided.
 *
 * Called by: the listener, once it has peeked at a CONCLUSION with the right cookie.
 * Fails: never for what a caller sent; every no is a {@linkcode Reject} with a true reason.
 *
 * @module
 */

import type { Conclusion } from "../packet/conclusion.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import type { StreamId } from "../packet/stream_id.ts";
import { passphraseFits } from "./passphrase_check.ts";
import type { Reject, Verdict } from "./verdict.ts";

/** HSREQ flag of callers in stream mode (`draft-sharabayko-srt` 3.2.1.1.1). */
const FLAG_STREAM = 0x40;

/** What the operator wants. */
export interface AdmissionPolicy {
  /** The passphrase that callers must use, or null for callers that do not encrypt. Secret. */
  readonly passphrase: string | null;
  /** Sessions at the same time, or null for no limit. */
  readonly maxSessions: number | null;
}

/** What there is at this moment. */
export interface AdmissionState {
  /** Sessions that run or are being started. */
  readonly sessions: number;
  /** The run is ending. */
  readonly stopping: boolean;
}

/** A caller that asks to get in. */
export interface CallerRequest {
  readonly conclusion: Conclusion;
  readonly streamId: StreamId;
}

/** Judges a caller; the checks stand in the order of their cost. */
export async function judgeConclusion(
  request: CallerRequest,
  policy: AdmissionPolicy,
  state: AdmissionState,
): Promise<Verdict> {
  return judgeMode(request.conclusion) ?? judgeStreamId(request.streamId) ?? judgeLimits(policy, state) ??
    await judgeEncryption(request.conclusion, policy.passphrase);
}

function judgeMode({ hsVersion, group, congestion, flags }: Conclusion): Reject | null {
  if (hsVersion === 4) {
    return reject(
      REJECTION.VERSION,
      "the caller speaks handshake version 4, of SRT before 1.3",
      "update the caller to SRT 1.3 or later",
    );
  }
  if (group !== null) {
    return reject(
      REJECTION.GROUP,
      "the caller wants a bonded connection (group)",
      "turn bonding off in the caller: each session here has one connection",
    );
  }
  if (congestion !== null && congestion !== "live") {
    return reject(
      REJECTION.NOTSUP_MEDIA,
      `the caller uses ${JSON.stringify(congestion)} mode, and only live mode is recorded`,
      "set transtype=live in the caller",
    );
  }
  if ((flags & FLAG_STREAM) !== 0) {
    return reject(
      REJECTION.MESSAGEAPI,
      "the caller sends a byte stream, and only live mode is recorded",
      "set transtype=live (messageapi=1) in the caller",
    );
  }
  return null;
}

function judgeStreamId(streamId: StreamId): Reject | null {
  if (streamId.form === "malformed") {
    return reject(
      REJECTION.BAD_REQUEST,
      `the stream ID is malformed: ${streamId.text}`,
      "write it as #!::r=NAME,m=publish or as a plain name",
    );
  }
  if (streamId.mode === "request") {
    return reject(
      REJECTION.BAD_MODE,
      "the caller wants to receive a stream (m=request), and callers are only recorded here",
      "set m=publish in the caller's stream ID",
    );
  }
  return null;
}

function judgeLimits(policy: AdmissionPolicy, state: AdmissionState): Reject | null {
  if (state.stopping) return reject(REJECTION.DOWN, "the listener is shutting down", "call again when it runs again");
  if (policy.maxSessions !== null && state.sessions >= policy.maxSessions) {
    return reject(
      REJECTION.OVERLOAD,
      `${state.sessions} sessions run, and no more are allowed`,
      "wait for one to end, or raise --max-sessions",
    );
  }
  return null;
}

async function judgeEncryption({ keyMaterial }: Conclusion, passphrase: string | null): Promise<Verdict> {
  if (keyMaterial === null) {
    if (passphrase === null) return { kind: "admit", passphrase: null };
    return reject(
      REJECTION.UNSECURE,
      "the caller does not encrypt, and a passphrase is required here",
      "give the caller the passphrase",
    );
  }
  if (passphrase === null) {
    return reject(
      REJECTION.UNSECURE,
      "the caller encrypts, and no passphrase is set here",
      "start the listener with --passphrase-file, or remove the passphrase from the caller",
    );
  }
  if (!await passphraseFits(passphrase, keyMaterial)) {
    return reject(
      REJECTION.BADSECRET,
      "the caller's passphrase is not the one set here",
      "compare the passphrases on both sides",
    );
  }
  return { kind: "admit", passphrase };
}

function reject(reason: number, text: string, advice: string): Reject {
  return { kind: "reject", reason, text, advice };
}
