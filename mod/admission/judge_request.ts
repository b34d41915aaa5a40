/**
 * Judges a caller by everything but its passphrase and its return path: mode, stream ID, rules, limits.
 *
 * @module
 */

import type { Conclusion } from "../packet/conclusion.ts";
import { HSREQ_FLAG } from "../packet/hsreq.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import type { StreamId } from "../packet/stream_id.ts";
import { judgeLimits, type RunningSession } from "./judge_limits.ts";
import { judgeRules } from "./judge_rules.ts";
import { judgeSrtOptions, optionsFor } from "./judge_srt_options.ts";
import { type AdmissionPolicy, termsFor, type TermsInForce } from "./policy.ts";
import { type Admit, type Reject, reject } from "./verdict.ts";

/** The rejection of every caller once the run is ending. */
export const LISTENER_STOPS: Reject = reject(REJECTION.DOWN, {
  text: "the listener is shutting down",
  advice: "call again when it is running again",
});

/** The state of the run at this moment. */
export interface AdmissionState {
  /** Sessions that run or are being started. */
  readonly sessions: readonly RunningSession[];
  /** The run is ending. */
  readonly stopping: boolean;
}

/** The facts about a caller. */
export interface RequestFacts {
  readonly conclusion: Pick<Conclusion, "hsVersion" | "srtVersion" | "group" | "congestion" | "packetFilter" | "flags">;
  readonly streamId: StreamId;
  readonly address: string;
  readonly port: number;
}

/** An admission that still depends on the passphrase, with the terms that list the valid ones. */
export interface AdmitUnderTerms extends Admit {
  readonly terms: TermsInForce;
}

/** Judges a caller; the checks are in the order of their cost. */
export function judgeRequest(
  { conclusion, streamId, address, port }: RequestFacts,
  policy: AdmissionPolicy,
  { sessions, stopping }: AdmissionState,
): AdmitUnderTerms | Reject {
  const unfit = judgeMode(conclusion) ?? judgeStreamId(streamId) ?? judgeStreamKey(streamId, policy) ??
    (stopping ? LISTENER_STOPS : null);
  if (unfit !== null) return unfit;
  const terms = termsFor(policy, streamId);
  const subject = { stream: streamId.name, address, port };
  const ruled = judgeRules(policy, { ...subject, table: terms.table });
  if (ruled.kind === "reject") return ruled;
  const unfitForTerms = judgeSrtOptions(conclusion, terms);
  if (unfitForTerms !== null) return unfitForTerms;
  const room = judgeLimits(policy, terms, { subject, sessions });
  if (room.kind === "reject") return room;
  const { latencyMs, idleMs } = terms;
  const srt = optionsFor(conclusion, terms.srt);
  const { replaces, takesOver } = room;
  return { kind: "admit", latencyMs, idleMs, srt, replaces, takesOver, rule: ruled.rule, terms };
}

function judgeMode({ hsVersion, group, congestion, flags }: RequestFacts["conclusion"]): Reject | null {
  if (hsVersion === 4) {
    return reject(REJECTION.VERSION, {
      text: "the caller uses handshake version 4, of SRT before 1.3",
      advice: "update the caller to SRT 1.3 or later",
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

/** A name that the operator gives for a stream key is for callers with that key. */
function judgeStreamKey(
  { name, streamKey }: StreamId,
  { streams }: Pick<AdmissionPolicy, "streams">,
): Reject | null {
  const table = streamKey === null ? streams.find(({ as }) => as !== null && as === name) : undefined;
  if (table === undefined) return null;
  return reject(REJECTION.FORBIDDEN, {
    text: "its stream name is for callers with a stream key",
    advice: "send the stream key as the stream ID",
    rule: table.source,
  });
}

function judgeStreamId(streamId: StreamId): Reject | null {
  if (streamId.form === "malformed") {
    return reject(REJECTION.BAD_REQUEST, {
      text: `the stream ID is malformed: ${streamId.text}`,
      advice: "use the form #!::r=NAME,m=publish or a plain name",
    });
  }
  if (streamId.mode === "request") {
    return reject(REJECTION.BAD_MODE, {
      text: "the caller wants to receive a stream (m=request), and callers are only recorded here",
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
