/**
 * Judges a caller by its handshake alone: mode, versions, sizes, and what its stream ID asks for.
 *
 * @module
 */

import type { Conclusion } from "../packet/conclusion.ts";
import type { Handshake } from "../packet/handshake.ts";
import { HSREQ_FLAG, versionNumber } from "../packet/hsreq.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import type { StreamId } from "../packet/stream_id.ts";
import { type Reject, reject } from "./verdict.ts";

/** The first SRT version whose handshakes have version 5 (libsrt `SRT_VERSION_FEAT_HSv5`). */
const FIRST_WITH_VERSION_5 = versionNumber("1.3.0");

/**
 * Our choice: more than the longest answer to a CONCLUSION, 284 bytes (IPv4 and UDP headers 28, handshake 64, HSRSP 16, KMRSP
 * 108, packet filter 68). If the caller allows less, libsrt 1.4.4 to 1.5.5 may write past the end of a buffer.
 */
const MIN_MSS = 320;

/** The parts of a CONCLUSION that are judged. */
export interface HandshakeFacts
  extends Pick<Conclusion, "hsVersion" | "srtVersion" | "group" | "congestion" | "flags"> {
  readonly handshake: Pick<Handshake, "mss">;
}

/** Rejects what the session's libsrt would reject, and what cannot be recorded. */
export function judgeHandshake(
  { handshake: { mss }, hsVersion, srtVersion, group, congestion, flags }: HandshakeFacts,
): Reject | null {
  if (hsVersion === 4) {
    return reject(REJECTION.VERSION, {
      text: "the caller uses handshake version 4, of SRT before 1.3",
      advice: "update the caller to SRT 1.3 or later",
    });
  }
  if (srtVersion !== null && versionNumber(srtVersion) < FIRST_WITH_VERSION_5) {
    return reject(REJECTION.ROGUE, {
      text: `the caller states SRT ${srtVersion} in a handshake of version 5, which began with SRT 1.3`,
      advice: "update the caller to SRT 1.3 or later",
    });
  }
  if (mss < MIN_MSS) {
    return reject(REJECTION.ROGUE, {
      text: `the caller allows packets of at most ${mss} bytes (mss), but at least ${MIN_MSS} are required`,
      advice: "set mss=1500 in the caller, or remove mss",
    });
  }
  if (group !== null) {
    return reject(REJECTION.GROUP, {
      text: "the caller wants a bonded connection (group)",
      advice: "turn bonding off in the caller: a session has one connection",
    });
  }
  if (congestion !== null && congestion !== "live") {
    return reject(REJECTION.NOTSUP_MEDIA, {
      text: `the caller uses ${JSON.stringify(congestion)} mode, and only live mode is recorded`,
      advice: "set transtype=live in the caller",
    });
  }
  if ((flags & HSREQ_FLAG.STREAM) !== 0) {
    return reject(REJECTION.MESSAGEAPI, {
      text: "the caller sends a byte stream, and only live mode is recorded",
      advice: "set transtype=live (messageapi=1) in the caller",
    });
  }
  return null;
}

/** Judges by the form of the stream ID, its mode and its type. */
export function judgeStreamId(streamId: StreamId): Reject | null {
  if (streamId.form === "malformed") {
    return reject(REJECTION.BAD_REQUEST, {
      text: `the stream ID is malformed: ${streamId.text}`,
      advice: "use the form #!::r=NAME,m=publish or a plain name",
    });
  }
  if (streamId.mode === "request") {
    return reject(REJECTION.BAD_MODE, {
      text: "the caller wants to receive a stream (m=request), but this listener only records",
      advice: "set m=publish in the caller's stream ID",
    });
  }
  if (streamId.type === "file") {
    return reject(REJECTION.NOTSUP_MEDIA, {
      text: "the caller wants to send a file (t=file), and only live streams are recorded",
      advice: "set t=stream in the caller's stream ID, or remove it",
    });
  }
  return null;
}
