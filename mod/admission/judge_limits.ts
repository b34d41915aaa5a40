/**
 * Judges a caller by the limits, and chooses the running sessions that it replaces.
 *
 * @module
 */

import { REJECTION } from "../packet/rejection_reason.ts";
import { type AdmissionPolicy, isRelay, type TermsInForce } from "./policy.ts";
import { type Admit, type Reject, reject } from "./verdict.ts";

/** A session that runs or is being started. */
export interface RunningSession {
  /** Session ID. */
  readonly session: string;
  readonly address: string;
  readonly port: number;
  readonly stream: string | null;
  /** Whether another session takes its place, or its recording is complete. If so, it is not counted. */
  readonly ending: boolean;
}

/** The caller that is judged. */
export interface JudgedCaller {
  readonly stream: string | null;
  readonly address: string;
  readonly port: number;
}

/** There is room. The sessions in `replaces` and `takesOver` are not counted, because they will end. */
export interface Room extends Pick<Admit, "replaces" | "takesOver"> {
  readonly kind: "room";
}

/** Judges by the limits and by `onReturn`. `judgeRules` judges by `--allow`, `--deny` and the like. */
export function judgeLimits(
  policy: Pick<AdmissionPolicy, "maxSessions" | "maxPerAddress" | "relays" | "sources">,
  terms: Pick<TermsInForce, "maxPerStream" | "onReturn" | "sources">,
  { subject, sessions }: { readonly subject: JudgedCaller; readonly sessions: readonly RunningSession[] },
): Reject | Room {
  const { stream, address, port } = subject;
  const counted = sessions.filter(({ ending }) => !ending);
  // a call from the same address and port is from the same caller, which has given up its old session
  const own = counted.filter((session) => session.address === address && session.port === port);
  const others = counted.filter((session) => !own.includes(session));
  const sameName = stream === null ? [] : others.filter((session) => session.stream === stream);
  const takesOver = terms.onReturn === "take-over" ? sameName : [];
  const stay = others.filter((session) => !takesOver.includes(session));
  const full = rejectIfFull(policy, terms, { stay, address, stream });
  if (full !== null) return full;
  if (terms.onReturn === "refuse" && sameName.length > 0) {
    return reject(REJECTION.CONFLICT, {
      text: `its stream name is in use by ${sameName.map(({ session }) => session).join(", ")}`,
      advice: "end that session, set another stream ID in the caller, or set on-return to take-over or new-file",
      rule: terms.sources.onReturn,
    });
  }
  return { kind: "room", replaces: own.map(sessionId), takesOver: takesOver.map(sessionId) };
}

function sessionId({ session }: RunningSession): string {
  return session;
}

function rejectIfFull(
  policy: Pick<AdmissionPolicy, "maxSessions" | "maxPerAddress" | "relays" | "sources">,
  terms: Pick<TermsInForce, "maxPerStream" | "sources">,
  { stay, address, stream }: {
    readonly stay: readonly RunningSession[];
    readonly address: string;
    readonly stream: string | null;
  },
): Reject | null {
  const { maxSessions, maxPerAddress, sources } = policy;
  if (maxSessions !== null && stay.length >= maxSessions) {
    return reject(REJECTION.OVERLOAD, {
      text: `${running(stay.length, "")}, and no more are allowed`,
      advice: "wait for one to end, or raise --max-sessions",
      rule: sources.maxSessions,
    });
  }
  const ofAddress = stay.filter((session) => session.address === address).length;
  if (maxPerAddress !== null && ofAddress >= maxPerAddress && !isRelay(policy, address)) {
    return reject(REJECTION.OVERLOAD, {
      text: `${running(ofAddress, " from its address")}, and no more are allowed`,
      advice:
        "wait for one to end, or raise --max-per-address; if the address is that of a relay, add --relay with that address",
      rule: sources.maxPerAddress,
    });
  }
  const ofStream = stream === null ? 0 : stay.filter((session) => session.stream === stream).length;
  if (terms.maxPerStream !== null && ofStream >= terms.maxPerStream) {
    return reject(REJECTION.OVERLOAD, {
      text: `${running(ofStream, " with its stream name")}, and no more are allowed`,
      advice: "wait for one to end, or raise the limit (--max-per-stream, or max-sessions of its [[stream]] table)",
      rule: terms.sources.maxPerStream,
    });
  }
  return null;
}

function running(count: number, which: string): string {
  return count === 1 ? `1 session${which} is running` : `${count} sessions${which} are running`;
}
