/**
 * Whether a caller gets in, told from its CONCLUSION: the one place where that is decided.
 *
 * @module
 */

import type { KeyMaterial } from "../packet/kmreq.ts";
import { judgeEncryption } from "./judge_encryption.ts";
import { type AdmissionState, judgeRequest, type PlainRequest } from "./judge_request.ts";
import type { AdmissionPolicy } from "./policy.ts";
import type { TryBudgets } from "./try_budget.ts";
import type { Admit, Challenge, Reject } from "./verdict.ts";

/** Our choice: sessions that may stand at the same time without a byte of payload, before callers have to prove themselves. */
export const MAX_UNPROVEN_SESSIONS = 8;

/** A caller that asks to get in. */
export interface CallerRequest extends PlainRequest {
  readonly keyMaterial: KeyMaterial | null;
  /** It brought back a secret cookie: it can hear what is sent to its address. */
  readonly proven: boolean;
}

/** What judging needs besides the request. */
export interface AdmissionContext<Result> {
  readonly policy: AdmissionPolicy;
  /** Looked at twice: trying passphrases takes a moment in which others may get in. */
  readonly state: () => AdmissionState;
  readonly budgets: TryBudgets;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
  /**
   * Lets the caller in and returns what comes of it. Called in the very step in which the limits were looked at: several callers
   * may be judged at once, and none may come between.
   */
  readonly letIn: (admit: Admit) => Result;
}

/** Judges a caller; the checks stand in the order of their cost. */
export async function judgeConclusion<Result>(
  request: CallerRequest,
  { policy, state, budgets, now, letIn }: AdmissionContext<Result>,
): Promise<Result | Reject | Challenge> {
  const first = judgeRequest(request, policy, state());
  if (first.kind === "reject") return first;
  if (needsProof(request, state())) return { kind: "challenge" };
  const { address, proven, keyMaterial } = request;
  const encryption = await judgeEncryption(keyMaterial, first.terms, { address, proven, budgets, nowMs: now() });
  if (encryption.kind !== "fits") return encryption;
  const last = judgeRequest(request, policy, state());
  if (last.kind === "reject") return last;
  if (needsProof(request, state())) return { kind: "challenge" };
  const { terms: { latencyMs, idleMs }, room: { replaces, takesOver }, rule } = last;
  return letIn({ kind: "admit", passphrase: encryption.passphrase, latencyMs, idleMs, replaces, takesOver, rule });
}

function needsProof({ proven }: CallerRequest, { sessions }: AdmissionState): boolean {
  return !proven && sessions.filter((session) => !session.proven).length >= MAX_UNPROVEN_SESSIONS;
}
