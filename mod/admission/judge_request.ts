/**
 * Judges a caller by mode, stream ID, bans, rules and limits. Its passphrase is checked elsewhere, and so is whether its address
 * may be forged.
 *
 * @module
 */

import type { Conclusion } from "../packet/conclusion.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import type { StreamId } from "../packet/stream_id.ts";
import type { BannedCaller } from "./bans.ts";
import { judgeLimits, type RunningSession } from "./judge_limits.ts";
import { type HandshakeFacts, judgeHandshake, judgeStreamId } from "./judge_handshake.ts";
import { judgeRules } from "./judge_rules.ts";
import { judgeSrtOptions, optionsFor } from "./judge_srt_options.ts";
import { type AdmissionPolicy, termsFor, type TermsInForce } from "./policy.ts";
import { type Admit, type Reject, reject } from "./verdict.ts";

/** The rejection of callers while the run is ending. */
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
  /** The session whose payload goes to stdout; if there is one, no other session can begin. */
  readonly stdoutSession?: string | null;
  /** Returns the rejection of a banned caller, or null. */
  readonly judgeBan?: (caller: BannedCaller) => Reject | null;
}

/** The facts about a caller. */
export interface RequestFacts {
  readonly conclusion: HandshakeFacts & Pick<Conclusion, "packetFilter">;
  readonly streamId: StreamId;
  readonly address: string;
  readonly port: number;
}

/** An admission that still depends on the passphrase, with the terms that list the valid ones. */
export interface AdmitUnderTerms extends Admit {
  readonly terms: TermsInForce;
}

/** Judges a caller. The first check that fails decides the rejection. */
export function judgeRequest(
  { conclusion, streamId, address, port }: RequestFacts,
  policy: AdmissionPolicy,
  { sessions, stopping, stdoutSession = null, judgeBan = () => null }: AdmissionState,
): AdmitUnderTerms | Reject {
  const unfit = judgeHandshake(conclusion) ?? judgeStreamId(streamId) ?? judgeStreamKey(streamId, policy) ??
    (stopping ? LISTENER_STOPS : null) ?? judgeBan({ address, stream: streamId.name });
  if (unfit !== null) return unfit;
  const terms = termsFor(policy, streamId);
  const subject = { stream: streamId.name, address, port };
  const ruled = judgeRules(policy, { ...subject, table: terms.table });
  if (ruled.kind === "reject") return ruled;
  const unfitForTerms = judgeSrtOptions(conclusion, terms);
  if (unfitForTerms !== null) return unfitForTerms;
  if (stdoutSession !== null) return stdoutTaken(stdoutSession);
  const room = judgeLimits(policy, terms, { subject, sessions });
  if (room.kind === "reject") return room;
  const { latencyMs, idleMs } = terms;
  const srt = optionsFor(conclusion, terms.srt);
  const { replaces, takesOver } = room;
  return { kind: "admit", latencyMs, idleMs, srt, replaces, takesOver, rule: ruled.rule, terms };
}

/** Rejects a caller because the payload of another session goes to stdout. */
function stdoutTaken(session: string): Reject {
  return reject(REJECTION.OVERLOAD, {
    text: `the listener writes one session to stdout, and ${session} is that session`,
    advice: "record several callers into a folder: --out DIR",
    rule: "--out -",
  });
}

/** Rejects a caller that sends the stream name that belongs to a stream key (`as`), instead of the key. */
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
